"""What can be wrong with a database, as errors whose text says what to do.

DatabaseError
 ├─ DatabaseInUse         another process owns the SQLite file
 ├─ DatabaseUnwritable    the place can't be created or written
 ├─ DatabaseTooNew        made by a newer release
 ├─ DatabaseUnusable      no database, or a URL we can't use
 ├─ DatabaseUnavailable   can't be reached (now), or the connection broke
 └─ DatabaseBusy          too many operations are waiting
"""


class DatabaseError(Exception):
    """Base of all errors of the data layer; its text is fit for the person at the keyboard."""


class DatabaseInUse(DatabaseError):
    """Another process owns this SQLite database."""


class DatabaseUnwritable(DatabaseError):
    """The database's directory or file can't be created or written."""


class DatabaseTooNew(DatabaseError):
    """The database carries a revision that this release doesn't know."""


class DatabaseUnusable(DatabaseError):
    """What the URL points to isn't a database of ours, or the URL itself is no good."""


class DatabaseUnavailable(DatabaseError):
    """The database can't be reached, or the connection broke during an operation."""


class DatabaseBusy(DatabaseError):
    """So many operations are waiting that another one is refused; retry later."""
