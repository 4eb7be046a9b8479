"""One at a time on this machine: what two commands at once would spoil."""

import fcntl
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from hubwright.errors import UserError


@contextmanager
def exclusively(name: str) -> Iterator[None]:
    """Holds the machine-wide lock `name`; waits for whoever holds it. It ends with its process.

    Raises UserError where the lock's file belongs to somebody else.
    """
    folder = Path("/run/lock")
    if not os.access(folder, os.W_OK):
        folder = Path(tempfile.gettempdir())
    path = folder / f"hubwright-{name}.lock"
    try:
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise UserError(
            f"{path}: {error.strerror}; it belongs to another user: run as root"
        ) from None
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)
