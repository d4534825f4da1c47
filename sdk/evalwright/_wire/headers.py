"""What every request carries."""

from evalwright._config import Config
from evalwright._version import __version__


def default_headers(config: Config) -> dict[str, str]:
    """Give the headers of a client; the caller's own win."""
    headers = {"User-Agent": f"evalwright/{__version__}"}
    if config.api_key is not None:
        headers["Authorization"] = f"Bearer {config.api_key}"
    own = {name.lower() for name in config.headers}
    kept = {name: value for name, value in headers.items() if name.lower() not in own}
    return {**kept, **config.headers}
