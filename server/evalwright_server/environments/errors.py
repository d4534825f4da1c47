"""What can go wrong with an environment."""


class EnvironmentBuildFailed(Exception):
    """Requirements can't be resolved or installed.

    Attributes:
        cause: What went wrong, in one sentence.
        advice: What to do about it.
        log: The end of what the installer said, without secrets.
        is_outage: Whether the package index could not be reached, so that it says nothing about
            the requirements.
    """

    def __init__(self, cause: str, advice: str, log: str = "", *, is_outage: bool = False) -> None:
        said = f"\n{log}" if log else ""
        super().__init__(f"{cause} {advice}{said}")
        self.cause = cause
        self.advice = advice
        self.log = log
        self.is_outage = is_outage


class EnvironmentInUse(Exception):
    """An environment can't be removed while a job runs with it."""


class UnknownEnvironment(LookupError):
    """There is no environment of that key on this host."""


class PackageSettingsError(ValueError):
    """A setting about packages is wrong; the text says what was expected."""
