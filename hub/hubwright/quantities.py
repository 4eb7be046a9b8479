"""Amounts as people write them: memory in the units of JupyterHub and Docker."""

import re
from collections.abc import Callable
from typing import Annotated, Any

from pydantic import BeforeValidator, PlainSerializer, WithJsonSchema

_UNITS = {"": 1, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30, "T": 1 << 40}
_PATTERN = r"^([0-9]+(?:\.[0-9]+)?)\s*([KMGT]?)(?:i?B)?$"


def parse_memory(given: Any) -> int:
    """Bytes from `4G`, `512M`, `1.5 GiB` or a plain number; units are powers of 1024.

    Raises ValueError with what is accepted.
    """
    if isinstance(given, int) and not isinstance(given, bool):
        amount = given
    else:
        match = re.match(_PATTERN, given.strip()) if isinstance(given, str) else None
        if not match:
            raise ValueError("an amount of memory such as '512M' or '4G' is accepted")
        amount = int(float(match[1]) * _UNITS[match[2]])
    if amount <= 0:
        raise ValueError("an amount of memory above zero is accepted")
    return amount


def format_memory(amount: int) -> str:
    """The shortest exact way to write `amount` bytes: `4G`, `1536M`."""
    for unit in ("T", "G", "M", "K"):
        if amount % _UNITS[unit] == 0:
            return f"{amount // _UNITS[unit]}{unit}"
    return str(amount)


_MOST = "1024T"


def at_least(least: str) -> Callable[[int], int]:
    """A check that an amount lies between `least` and what any machine could have."""

    def check(amount: int) -> int:
        if not parse_memory(least) <= amount <= parse_memory(_MOST):
            raise ValueError(f"from {least} to {_MOST} is accepted")
        return amount

    return check


Memory = Annotated[
    int,
    BeforeValidator(parse_memory),
    PlainSerializer(format_memory, return_type=str),
    WithJsonSchema(
        {"anyOf": [{"type": "string", "pattern": _PATTERN}, {"type": "integer", "minimum": 1}]}
    ),
]
