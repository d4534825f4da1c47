"""The root of the tree and the errors about the library itself."""

from collections.abc import Mapping


class EvalwrightError(Exception):
    """The base of every error this library raises."""

    def __reduce__(self) -> "tuple[object, ...]":
        # The default calls the class with `args`, which fails for keyword-only constructors.
        return _restore, (type(self), self.args, self.__dict__.copy())


def _restore(
    kind: type[EvalwrightError], args: tuple[object, ...], state: Mapping[str, object]
) -> EvalwrightError:
    error = kind.__new__(kind, *args)
    error.args = args
    error.__dict__.update(state)
    return error


class ClientClosed(EvalwrightError, RuntimeError):
    """The client was used after `close()` or after its `with` block."""


class MissingExtra(EvalwrightError, ImportError):
    """A part of the library needs a package that a plain install leaves out."""

    extra: str
    """The extra to install, as in `pip install 'evalwright[async]'`."""

    def __init__(self, what: str, extra: str) -> None:
        super().__init__(f"{what} needs the extra {extra!r}: pip install 'evalwright[{extra}]'")
        self.extra = extra
