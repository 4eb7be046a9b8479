"""Wrong passwords are slowed down, the same way for names that exist and names that don't."""

import math
import time
from collections import OrderedDict
from collections.abc import Callable

CAPACITY = 10_000
"""Names remembered at most; the one that was tried longest ago is forgotten first."""


class Attempts:
    """Attempts in a row without the right password, by name."""

    def __init__(
        self, allowed: int, wait: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._allowed = allowed
        self._wait = wait
        self._clock = clock
        self._tried: OrderedDict[str, tuple[int, float]] = OrderedDict()

    def begin(self, name: str) -> int:
        """Count an attempt and return 0; or, if `name` has to wait, how many seconds.

        It counts before the password is looked at, so that many at once count as many.
        """
        count, last = self._tried.get(name, (0, 0.0))
        now = self._clock()
        if count >= self._allowed and now < last + self._wait:
            return math.ceil(last + self._wait - now)
        self._tried[name] = (count + 1, now)
        self._tried.move_to_end(name)
        if len(self._tried) > CAPACITY:
            self._tried.popitem(last=False)
        return 0

    def forget(self, name: str) -> None:
        """The password was right, or is a new one."""
        self._tried.pop(name, None)
