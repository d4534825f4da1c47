"""What all models have in common."""

from typing import ClassVar

from pydantic import BaseModel, ConfigDict

__all__ = ["Model"]


class Model(BaseModel):
    """A schema of the document.

    Members that came after this document was written are ignored. An optional member that is
    absent has the value `pydantic.MISSING`, which is not sent; None is sent as null.
    """

    model_config: ClassVar[ConfigDict] = ConfigDict(
        extra="ignore",
        # Members whose names Python has a use for are called otherwise: `class_`, sent as `class`.
        serialize_by_alias=True,
        validate_by_alias=True,
        validate_by_name=True,
        # Building validators at first use halves what importing the models costs.
        defer_build=True,
    )
