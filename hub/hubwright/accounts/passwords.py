"""Passwords as bcrypt keeps them. It takes a third of a second, so never on the event loop."""

import asyncio
import os
from concurrent.futures import ThreadPoolExecutor

import bcrypt

MAX_BYTES = 72
"""bcrypt looks at no more than this."""

SHORTEST_NAME = 3
"""A password may contain a shorter name: it would by chance."""

_UNUSABLE = b"." * 31
"""In place of the hash behind the salt: no known password has it, and comparing takes as long."""

_threads = ThreadPoolExecutor(os.cpu_count(), "bcrypt")


def unusable() -> bytes:
    """A hash that no password has, different every time."""
    return bcrypt.gensalt() + _UNUSABLE


def is_usable(hashed: bytes) -> bool:
    """Whether `hashed` is the hash of a password."""
    return not hashed.endswith(_UNUSABLE)


async def hash_of(password: str) -> bytes:
    """The hash of a password in which `problem` finds nothing."""
    loop = asyncio.get_running_loop()
    hashed: bytes = await loop.run_in_executor(
        _threads, bcrypt.hashpw, password.encode(), bcrypt.gensalt()
    )
    return hashed


async def matches(password: str, hashed: bytes) -> bool:
    """Whether `hashed` is the hash of `password`; takes the same time whichever it is."""
    given = password.encode(errors="replace")
    loop = asyncio.get_running_loop()
    same: bool = await loop.run_in_executor(_threads, bcrypt.checkpw, given[:MAX_BYTES], hashed)
    return same and len(given) <= MAX_BYTES


def problem(password: str, name: str, minimum: int) -> str | None:
    """Which rule `password` breaks for the user `name`; None if none."""
    if len(password) < minimum:
        return f"The password is too short: it needs at least {minimum} characters."
    if not password.isprintable():
        return "The password contains a control character; use letters, digits, signs and spaces."
    if len(password.encode()) > MAX_BYTES:
        return f"The password is too long: it has at most {MAX_BYTES} bytes."
    if len(name) >= SHORTEST_NAME and name in password.lower():
        return "The password must not contain the user name."
    return None
