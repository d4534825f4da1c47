"""How a provider is asked for a form: as well as it can, learnt from what it refuses."""

import json
import re
from dataclasses import dataclass, replace
from typing import Final

from pydantic import JsonValue

from evalwright_server.judging.forms import Form, schema_of

SEED: Final = 7
STRUCTURED, OBJECT, PLAIN = "json_schema", "json_object", "plain"
WAYS: Final = (STRUCTURED, OBJECT, PLAIN)
"""How the form is asked for, best first; not every provider knows the first two."""
STEADYING: Final[dict[str, JsonValue]] = {"temperature": 0, "seed": SEED}
"""What makes answers alike each time. Models that reason refuse the first, some gateways both."""

_ABOUT_FORMS: Final = re.compile(
    r"response_format|json_schema|json_object|structured output", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Manner:
    """One way of asking.

    Attributes:
        way: Index in `WAYS`.
        left_out: Names of `STEADYING` that the provider refuses.
    """

    way: int = 0
    left_out: frozenset[str] = frozenset()

    def parameters(self, form: type[Form]) -> dict[str, JsonValue]:
        """Return the members of a request that asks for a form in this way."""
        members = {name: value for name, value in STEADYING.items() if name not in self.left_out}
        if WAYS[self.way] == STRUCTURED:
            schema = json.loads(json.dumps(schema_of(form)))
            members["response_format"] = {
                "type": STRUCTURED,
                "json_schema": {"name": form.__name__, "strict": True, "schema": schema},
            }
        elif WAYS[self.way] == OBJECT:
            members["response_format"] = {"type": OBJECT}
        return members

    def after(self, refusal: str) -> "Manner | None":
        """Return the manner to try next; None if the refusal is about something else."""
        if _ABOUT_FORMS.search(refusal) and self.way + 1 < len(WAYS):
            return replace(self, way=self.way + 1)
        for name in sorted(STEADYING.keys() - self.left_out):
            if re.search(rf"\b{name}\b", refusal):
                return replace(self, left_out=self.left_out | {name})
        return None
