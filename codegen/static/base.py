"""What all models have in common."""

from pydantic import BaseModel, ConfigDict

__all__ = ["Model"]


class Model(BaseModel):
    """A schema of the document.

    Members that came after this document was written are ignored. An optional member that is
    absent has the value `pydantic.MISSING`, which is not sent; None is sent as null.
    """

    # Building validators at first use halves what importing the models costs.
    model_config = ConfigDict(extra="ignore", serialize_by_alias=True, defer_build=True)
