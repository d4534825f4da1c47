"""Operations of Account that are still to be written."""

from evalwright_server.services.errors import Unavailable
from evalwright_server.web.call import Answer, Call


async def validate_key(_call: Call) -> Answer:
    """Refuse."""
    raise Unavailable("validate_key is not there yet", "wait for it")


async def get_usage(_call: Call) -> Answer:
    """Refuse."""
    raise Unavailable("get_usage is not there yet", "wait for it")
