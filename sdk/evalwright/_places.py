"""Places inside request bodies: where an error is, and what could stand there."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, get_args

if TYPE_CHECKING:
    from pydantic import BaseModel

Step = str | int


def locate(
    model: "type[BaseModel]", location: Iterable[Step]
) -> "tuple[list[Step], list[type[BaseModel]]]":
    """Follow a location of pydantic's through nested models.

    Returns:
        The members and positions on the way, without the tags by which pydantic names the chosen
        member of a union; and the models that the last step is, or should have been, a member of.
    """
    steps: list[Step] = []
    here: list[type[BaseModel]] = [model]
    around = here
    for step in location:
        around = here
        fields = [known.model_fields[step] for known in here if step in known.model_fields]
        chosen = [known for known in here if _has_tag(known, step)]
        if fields:
            here = [inner for field in fields for inner in _models_in(field.annotation)]
        elif chosen:
            here = chosen
            continue
        steps.append(step)
    return steps, around


def dotted(steps: Iterable[Step]) -> str:
    """Write a place as `evaluators[0].evaluator_id`."""
    path = ""
    for step in steps:
        if isinstance(step, int):
            path += f"[{step}]"
        else:
            path += f".{step}" if path else step
    return path


def root(path: str) -> str:
    """Give the argument that a place is in."""
    return path.partition(".")[0].partition("[")[0]


def pointed(pointer: str) -> str:
    """Rewrite a pointer of the server, `/a/0` or `query:limit`, in the notation of `dotted`."""
    if not pointer.startswith("/"):
        return pointer.partition(":")[2] or pointer
    steps = [part.replace("~1", "/").replace("~0", "~") for part in pointer.split("/")[1:]]
    return dotted(int(step) if step.isdecimal() else step for step in steps)


def _has_tag(model: "type[BaseModel]", step: Step) -> bool:
    return any(step in get_args(field.annotation) for field in model.model_fields.values())


def _models_in(annotation: object) -> "list[type[BaseModel]]":
    from pydantic import BaseModel  # noqa: PLC0415 - importing this module stays cheap

    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    # A named union keeps what it stands for in __value__.
    parts = get_args(getattr(annotation, "__value__", annotation))
    return [model for part in parts for model in _models_in(part)]
