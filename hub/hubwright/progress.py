"""What happens while a lab starts, told to whoever watches the progress page."""

import asyncio
from collections.abc import AsyncIterator
from typing import TypedDict


class ProgressEvent(TypedDict):
    progress: int
    message: str


class StartProgress:
    """The messages of one start: kept, so that a page opened later sees them all."""

    def __init__(self) -> None:
        self._events: list[ProgressEvent] = []
        self._changed = asyncio.Event()
        self._ended = False

    def tell(self, percent: int, message: str) -> None:
        self._events.append({"progress": percent, "message": message})
        self._wake()

    def end(self) -> None:
        self._ended = True
        self._wake()

    async def follow(self) -> AsyncIterator[ProgressEvent]:
        """Every event from the first on, until the start has ended."""
        seen = 0
        while True:
            changed = self._changed
            for event in self._events[seen:]:
                yield event
            seen = len(self._events)
            if self._ended:
                return
            if changed is self._changed:
                await changed.wait()

    def _wake(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()
