"""A client that starts and stops labs by JupyterHub's REST API, many at once."""

import asyncio
import json
import time
from dataclasses import dataclass

import httpx


@dataclass(frozen=True)
class Target:
    """One hub under test."""

    name: str
    url: str
    """The hub's API as its users reach it: through the proxy."""
    token: str


@dataclass(frozen=True)
class Start:
    """One start of a lab."""

    seconds: float
    """From the request until the hub says that the lab is ready."""
    failure: str
    """Why it failed; empty if it did not."""


class Client:
    """Calls of one hub."""

    def __init__(self, target: Target) -> None:
        self._http = httpx.AsyncClient(
            base_url=target.url,
            headers={"Authorization": f"token {target.token}"},
            timeout=httpx.Timeout(600),
            limits=httpx.Limits(max_connections=None),
            trust_env=False,
        )

    async def __aenter__(self) -> "Client":
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self._http.aclose()

    async def add(self, users: list[str]) -> None:
        answer = await self._http.post("users", json={"usernames": users})
        assert answer.status_code in {201, 409}, answer.text

    async def start(self, user: str) -> Start:
        """Starts the user's lab and waits until it is ready."""
        started = time.perf_counter()
        failure = await self._start(user)
        return Start(time.perf_counter() - started, failure)

    async def start_together(self, users: list[str]) -> list[Start]:
        return await asyncio.gather(*(self.start(user) for user in users))

    async def stop(self, users: list[str]) -> None:
        """Stops the labs, and waits until they are gone."""
        await asyncio.gather(*(self._stop(user) for user in users))

    async def _start(self, user: str) -> str:
        answer = await self._http.post(f"users/{user}/server")
        if answer.is_error:
            return f"{answer.status_code}: {answer.text[:200]}"
        async with self._http.stream("GET", f"users/{user}/server/progress") as stream:
            if stream.is_error:
                return f"progress: {stream.status_code}"
            async for line in stream.aiter_lines():
                if not line.startswith("data:"):
                    continue
                event = json.loads(line.removeprefix("data:"))
                if event.get("ready"):
                    return ""
                if event.get("failed"):
                    return str(event.get("message", "failed"))[:200]
        return "the progress ended without a lab"

    async def _stop(self, user: str) -> None:
        deadline = time.monotonic() + 300
        while time.monotonic() < deadline:
            model = (await self._http.get(f"users/{user}")).json()
            if not model["servers"]:
                return
            if not model["pending"]:
                await self._http.delete(f"users/{user}/server")
            await asyncio.sleep(0.1)
        raise TimeoutError(f"{user}: the lab does not stop")
