"""The lease rule: which devices a lab gets. No input or output, no state of its own.

Every device has slots, the number of labs that it takes at once. A lab that asks for n devices
gets the n least-loaded ones that have a free slot; among equals the one that was given longest ago.
Exclusive, shared and round-robin are settings of this one rule.
"""

from collections.abc import Mapping, Sequence
from typing import Literal

Wanted = int | Literal["all"]
Slots = int | Literal["unlimited"]


def choose(
    devices: Sequence[str],
    held: Mapping[str, int],
    wanted: Wanted,
    slots: Slots,
    last_given: Mapping[str, int],
) -> list[str] | None:
    """Ids of the devices to lease, in the inventory's order; None where too few are free.

    devices: ids of the inventory. held: labs on each device now. wanted: devices for this lab.
    last_given: for each device a number that is larger the later it was given.
    """
    free = [d for d in devices if slots == "unlimited" or held.get(d, 0) < slots]
    number = len(devices) if wanted == "all" else wanted
    if number > len(free):
        return None
    ranked = sorted(free, key=lambda d: (held.get(d, 0), last_given.get(d, -1)))
    chosen = set(ranked[:number])
    return [d for d in devices if d in chosen]
