"""User names, and what Docker and the file system call a user.

A user name becomes part of a container's name and of a path. `slug` maps names one to one into
[a-z0-9-], so no two users ever meet in one home or container, and nothing leaves its directory.
"""

import hashlib
import unicodedata

MAX_NAME = 100
"""Longest user name, in characters: room for every e-mail address in use."""

MAX_SLUG = 63
"""Longest slug: it is a file name, part of a container's name, and a host name (RFC 1035)."""

_SAFE = frozenset("abcdefghijklmnopqrstuvwxyz0123456789")
_DIGEST = 16


def normalize(name: str) -> str:
    """The one way in which a user name is written: Unicode NFKC, lower case.

    Raises ValueError where no account can have that name.
    """
    normal = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).lower()).strip()
    if problem := name_problem(normal):
        raise ValueError(problem)
    return normal


def name_problem(name: str) -> str | None:
    """Why `name` (normalized) can't be a user name; None if it can."""
    if not name:
        return "a user name has at least one character"
    if len(name) > MAX_NAME:
        return f"a user name has at most {MAX_NAME} characters, this one has {len(name)}"
    if bad := sorted({c for c in name if not (c.isalnum() or c in "._@+-" or _is_mark(c))}):
        shown = " ".join(repr(c) for c in bad)
        return f"letters, digits and . _ @ + - are accepted in a user name, not {shown}"
    if not name[0].isalnum():
        return "a user name starts with a letter or a digit"
    return None


def _is_mark(character: str) -> bool:
    """Accents and vowel signs that have no composed form of their own."""
    return unicodedata.category(character) in {"Mn", "Mc"}


def slug(name: str) -> str:
    """`name` in [a-z0-9-], at most MAX_SLUG characters, different for different names.

    Other characters become `-` and the hexadecimal digits of their UTF-8 bytes, as in
    DockerSpawner. What is too long ends in `--` and a digest, which no short slug contains.
    """
    safe = "".join(
        c if c in _SAFE else "".join(f"-{byte:02x}" for byte in c.encode()) for c in name
    )
    if len(safe) <= MAX_SLUG:
        return safe
    digest = hashlib.sha256(name.encode()).hexdigest()[:_DIGEST]
    return f"{safe[: MAX_SLUG - _DIGEST - 2].rstrip('-')}--{digest}"
