"""What red teams may attack: a system behind a URL, a model, or what their owner runs."""

import asyncio
from collections.abc import Callable, Mapping
from typing import Any, Final

from evalwright_server.egress.addresses import plain
from evalwright_server.egress.route import Resolve, look_up
from evalwright_server.red_team.exchange import RequestTemplate
from evalwright_server.red_team.systems import PRIVATE_TARGETS_VARIABLE
from evalwright_server.services.analysis_judges import read_judge
from evalwright_server.services.errors import FieldError, Findings, InvalidRequest
from evalwright_server.webhooks.destination import Destination, may_receive
from evalwright_server.webhooks.headers import find_faults

LOOK_UP_SECONDS: Final = 2.0
"""How long a request waits until a name is found. One that is not is looked up again later."""
NOTHING: Final = (
    "there is nothing to attack: send target_url for a system that takes requests; or "
    "openai_api_key, judge.base_url or judge.ai_integration_id for a model, with its instructions "
    "in target_prompt; or generate_only, to run the attacks yourself"
)


def check_target(body: Mapping[str, Any], findings: Findings) -> None:
    """Note what a request says of a target that can't be attacked.

    Args:
        body: The request, of any form.
        findings: Where it is noted.
    """
    wish = read_judge(body, findings)
    url = body.get("target_url")
    if isinstance(url, str) and url:
        _note(findings, "/target_url", lambda: Destination.parse(url))
    elif not wish.is_there and body.get("generate_only") is not True:
        findings.add("/target_url", NOTHING)
    headers = body.get("target_headers")
    if isinstance(headers, dict):
        texts = {name: value for name, value in headers.items() if isinstance(value, str)}
        for name, fault in find_faults(texts):
            escaped = name.replace("~", "~0").replace("/", "~1")
            findings.add(f"/target_headers/{escaped}", fault)
    template = body.get("target_request_template")
    if isinstance(template, (dict, str)):
        read = RequestTemplate.parse
        _note(findings, "/target_request_template", lambda: read(template))


def _note(findings: Findings, pointer: str, read: Callable[[], object]) -> None:
    """Note why something can't be read."""
    try:
        read()
    except ValueError as error:
        findings.add(pointer, str(error))


def shown_url(url: str | None) -> str | None:
    """Return a URL without what may be secret in it."""
    return Destination.parse(url).shown if url else None


async def require_public(
    url: str, *, resolve: Resolve = look_up, seconds: float = LOOK_UP_SECONDS
) -> None:
    """Refuse a target that is not out on the internet.

    It is looked up again, and checked, by whoever connects to it: this only tells it early.

    Args:
        url: Where it is, as `check_target` has let it through.
        resolve: Looks names up.
        seconds: How long that may take.

    Raises:
        InvalidRequest: All its addresses are private ones.
    """
    destination = Destination.parse(url)
    if destination.literal is not None:
        found = [destination.literal]
    else:
        try:
            async with asyncio.timeout(seconds):
                found = await resolve(destination.host, destination.port)
        except OSError:  # TimeoutError is one
            return
    if found and not any(may_receive(plain(address)) for address in found):
        message = (
            f"{destination.host} is not out on the public internet, and this server attacks "
            "nothing else: whoever runs it can allow it by starting it with "
            f"{PRIVATE_TARGETS_VARIABLE}=1; with generate_only you can run the attacks yourself"
        )
        raise InvalidRequest(f"/target_url: {message}", [FieldError("/target_url", message)])
