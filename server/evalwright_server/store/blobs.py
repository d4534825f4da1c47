"""Contents kept by their SHA-256, in chunks that any process can hold in memory.

Writers send the chunks of a content in any order and as often as they like, then ask whether it is
complete; only then may something refer to it.
"""

from collections.abc import Iterator
from typing import Final

from sqlalchemy import Connection, bindparam, delete, exists, func, select

from evalwright_server.store.clock import now, seconds_from_now
from evalwright_server.store.dialects import insert_into
from evalwright_server.store.tables.blobs import CHUNK_BYTES, blob_chunks, blobs
from evalwright_server.store.tables.jobs import job_artifacts

GRACE_SECONDS: Final = 24 * 3600.0
"""How long a content is kept that nothing refers to: a run may be about to."""

_CHUNK: Final = select(blob_chunks.c.data).where(
    blob_chunks.c.digest == bindparam("digest"), blob_chunks.c.position == bindparam("position")
)
_HELD: Final = select(
    func.coalesce(func.sum(func.length(blob_chunks.c.data)), 0), func.count()
).where(blob_chunks.c.digest == bindparam("digest"))


def put_chunk(connection: Connection, digest: str, size: int, position: int, data: bytes) -> None:
    """Keep one chunk of a content; sending it again changes nothing.

    Args:
        connection: The transaction.
        digest: SHA-256 of the whole content, as hexadecimal digits.
        size: Of the whole content, in bytes.
        position: Which chunk, from 0.
        data: `CHUNK_BYTES` of it, or the rest.
    """
    touch(connection, digest, size)
    if data:
        statement = insert_into(connection, blob_chunks).on_conflict_do_nothing()
        connection.execute(statement, {"digest": digest, "position": position, "data": data})


def touch(connection: Connection, digest: str, size: int) -> None:
    """Note that a content is about to be referred to, so that it isn't swept before."""
    statement = insert_into(connection, blobs)
    connection.execute(
        statement.values(touched_at=now()).on_conflict_do_update(
            index_elements=["digest"], set_={"touched_at": now()}
        ),
        {"digest": digest, "size": size},
    )


def put(connection: Connection, digest: str, content: bytes) -> None:
    """Keep a whole content."""
    touch(connection, digest, len(content))
    for position, start in enumerate(range(0, len(content), CHUNK_BYTES)):
        chunk = content[start : start + CHUNK_BYTES]
        put_chunk(connection, digest, len(content), position, chunk)


def is_complete(connection: Connection, digest: str, size: int) -> bool:
    """Return whether all of a content has been sent in."""
    held, count = connection.execute(_HELD, {"digest": digest}).one()
    return bool(held == size and count == chunk_count(size))


def chunk_count(size: int) -> int:
    """Return how many chunks a content of so many bytes has."""
    return -(-size // CHUNK_BYTES)


def read_chunk(connection: Connection, digest: str, position: int) -> bytes:
    """Return one chunk of a content.

    Raises:
        LookupError: There is none.
    """
    found: bytes | None = connection.execute(
        _CHUNK, {"digest": digest, "position": position}
    ).scalar_one_or_none()
    if found is None:
        raise LookupError(f"there is no chunk {position} of the content {digest}")
    return bytes(found)


def read(connection: Connection, digest: str, size: int) -> Iterator[bytes]:
    """Return the chunks of a content, in order."""
    return (read_chunk(connection, digest, position) for position in range(chunk_count(size)))


def sweep(connection: Connection, older_than: float = GRACE_SECONDS, at_most: int = 1_000) -> int:
    """Delete contents that nothing refers to, and return how many.

    Args:
        connection: The transaction.
        older_than: Seconds since somebody last sent them in.
        at_most: How many; others are left for the next time.
    """
    is_used = exists().where(job_artifacts.c.sha256 == blobs.c.digest)
    is_old = blobs.c.touched_at < seconds_from_now(-older_than)
    some = select(blobs.c.digest).where(~is_used, is_old).limit(at_most)
    # Once more with the condition: it may have been sent in again meanwhile.
    unused = delete(blobs).where(blobs.c.digest.in_(some.scalar_subquery()), ~is_used, is_old)
    digests = connection.execute(unused.returning(blobs.c.digest)).scalars().all()
    if digests:
        connection.execute(delete(blob_chunks).where(blob_chunks.c.digest.in_(digests)))
    return len(digests)
