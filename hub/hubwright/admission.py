"""Admission: as many labs start at once as the machine can bear; the others wait in order."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

Tell = Callable[[int], None]


class Admission:
    """A first come, first served gate with `places` places; who waits is told its position."""

    def __init__(self, places: int) -> None:
        self._free = places
        self._waiting: deque[tuple[asyncio.Future[None], Tell]] = deque()

    @asynccontextmanager
    async def place(self, tell: Tell) -> AsyncIterator[None]:
        """Holds a place. `tell` is called with the position (1 is next) whenever it changes."""
        if self._free > 0:
            self._free -= 1
        else:
            await self._wait(tell)
        try:
            yield
        finally:
            self._release()

    async def _wait(self, tell: Tell) -> None:
        turn = asyncio.get_running_loop().create_future()
        entry = (turn, tell)
        self._waiting.append(entry)
        tell(len(self._waiting))
        try:
            await turn
        except asyncio.CancelledError:
            if turn.cancelled():
                if entry in self._waiting:
                    self._waiting.remove(entry)
                    self._tell_positions()
            else:
                self._release()  # the place was given in the same moment
            raise

    def _release(self) -> None:
        while self._waiting:
            turn, _ = self._waiting.popleft()
            if not turn.done():
                turn.set_result(None)
                self._tell_positions()
                return
        self._free += 1

    def _tell_positions(self) -> None:
        for position, (_, tell) in enumerate(self._waiting, start=1):
            tell(position)
