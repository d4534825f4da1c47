"""Functions of another module, one with a name that is there twice."""


def twin() -> int:
    return 2


def calls_twin() -> int:
    return twin()
