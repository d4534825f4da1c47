"""The command `evalwright`, also as `python -m evalwright`."""

import sys


def main() -> None:
    """Run the command line, or say how to install it."""
    try:
        from evalwright._cli.app import run  # noqa: PLC0415 - typer may be missing
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in {"typer", "rich"}:
            raise
        sys.exit("The command line needs the extra 'cli': pip install 'evalwright[cli]'")
    run()


if __name__ == "__main__":
    main()
