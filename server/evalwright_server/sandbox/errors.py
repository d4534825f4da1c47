"""What the sandbox raises instead of running code without isolation."""


class SandboxUnavailable(RuntimeError):
    """This host can't isolate code right now.

    Nothing is ever run with less isolation instead.

    Attributes:
        cause: What went wrong, in one sentence.
        cure: What whoever runs the server can do about it.
    """

    def __init__(self, cause: str, cure: str) -> None:
        super().__init__(f"The sandbox is not available: {cause} {cure}")
        self.cause = cause
        self.cure = cure
