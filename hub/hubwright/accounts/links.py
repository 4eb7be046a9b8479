"""Links with which a user chooses a password, once.

Nothing is stored for a link. It is signed together with the account's present password hash, so
the new password ends it, and so does the next link, for which the hash is replaced.
"""

import hashlib
import hmac
from enum import Enum

_PURPOSE = b"hubwright choose-password"


class Verdict(Enum):
    """What a link is worth."""

    GOOD = "good"
    EXPIRED = "expired"
    DEAD = "dead"
    """Forged, for someone else, used, or replaced by a newer one."""


def make(secret: bytes, name: str, password_hash: bytes, expires: int) -> str:
    """The last part of a link for `name` that is good until `expires`, seconds since the epoch."""
    key = hmac.digest(secret, _PURPOSE, hashlib.sha256)
    message = b"\0".join([name.encode(), str(expires).encode(), password_hash])
    return f"{expires}-{hmac.digest(key, message, hashlib.sha256).hex()}"


def check(secret: bytes, name: str, password_hash: bytes, token: str, now: float) -> Verdict:
    """What `token`, the last part of a link, is worth for `name` at the time `now`."""
    number = token.partition("-")[0]
    if not (number.isascii() and number.isdigit() and len(number) <= 12):
        return Verdict.DEAD
    expires = int(number)
    good = make(secret, name, password_hash, expires)
    if not hmac.compare_digest(good.encode(), token.encode(errors="replace")):
        return Verdict.DEAD
    return Verdict.GOOD if now < expires else Verdict.EXPIRED
