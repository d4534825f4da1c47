"""What can keep a model from answering. Texts never hold secrets: whoever raises scrubs them.

ModelError
 +-- RequestRefused       this one request; others may pass
 +-- ModelUnavailable     this one request, after all retries
 +-- IntegrationUnusable  whatever is asked through this integration
"""

from dataclasses import dataclass


class ModelError(Exception):
    """A model gave no answer; the text says why, in the provider's words where it has any."""


class RequestRefused(ModelError):
    """The provider understood the request and will not answer it."""


class ModelUnavailable(ModelError):
    """The provider did not answer, however often it was asked."""


class IntegrationUnusable(ModelError):
    """No request through this integration can succeed until somebody changes something."""


@dataclass(slots=True, eq=False)
class ProviderError(Exception):
    """One attempt failed. Only between transports and the client, which decides what follows.

    Attributes:
        message: What the provider said, or what happened instead; may hold secrets.
        status: The HTTP status, or None when there was no answer.
        retry_after: After how many seconds the provider wants to be asked again.
        code: The provider's word for the error.
    """

    message: str
    status: int | None = None
    retry_after: float | None = None
    code: str | None = None
