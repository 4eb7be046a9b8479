"""A person with a browser: cookies, forms and XSRF tokens, no API token."""

import html
import json
import re
import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import quote, urlencode

import httpx
from websockets.sync.client import ClientConnection, connect

PASSWORD = secrets.token_urlsafe(18)
"""What throw-away users log in with, in this run."""

PATIENCE = 120.0
"""Seconds after which waiting for anything is a failure."""


def until(what: str, condition: Callable[[], Any], patience: float = PATIENCE) -> Any:
    """Polls `condition` until it holds; its value. AssertionError after `patience` seconds."""
    deadline = time.monotonic() + patience
    while not (value := condition()):
        assert time.monotonic() < deadline, f"after {patience:.0f} s still not: {what}"
        time.sleep(0.1)
    return value


class Person:
    """One user of the site, at one browser."""

    def __init__(self, url: str, name: str) -> None:
        """url: where users reach the hub, such as `http://127.0.0.1:8000/`."""
        self.name = name
        self.url = url.rstrip("/")
        self.http = httpx.Client(
            follow_redirects=True, timeout=PATIENCE, trust_env=False, max_redirects=20
        )

    def close(self) -> None:
        self.http.close()

    @property
    def lab_url(self) -> str:
        return f"{self.url}/user/{quote(self.name, safe='@')}"

    # Forms

    def submit(self, page_url: str, fields: dict[str, str]) -> httpx.Response:
        """Opens a page and sends its form, hidden fields included, as a browser does."""
        page = self.http.get(page_url)
        assert page.status_code == 200, f"{page_url}: {page.status_code}\n{page.text[-2000:]}"
        form = re.search(
            r"<form\b[^>]*method=[\"']post[\"'][^>]*>.*?</form>", page.text, re.S | re.I
        )
        assert form, f"{page_url}: no form on the page\n{page.text[-2000:]}"
        action = re.search(r"<form\b[^>]*action=[\"']([^\"']*)", form[0])
        target = html.unescape(action[1]) if action and action[1] else str(page.url)
        hidden = {
            _attribute(tag, "name"): _attribute(tag, "value")
            for tag in re.findall(r"<input\b[^>]*type=[\"']hidden[\"'][^>]*>", form[0])
        }
        return self.http.post(
            page.url.join(target), data={**hidden, **fields}, headers={"Referer": str(page.url)}
        )

    def choose_password(self, link: str, password: str) -> httpx.Response:
        """Opens the one-time link and chooses a password."""
        return self.submit(link, {"new_password": password, "new_password_again": password})

    def log_in(self, password: str) -> httpx.Response:
        return self.submit(f"{self.url}/hub/login", {"username": self.name, "password": password})

    def spawn_page(self) -> str:
        answer = self.http.get(f"{self.url}/hub/spawn")
        assert answer.status_code == 200, f"spawn page: {answer.status_code}"
        return answer.text

    def start_lab(self, profile: str) -> httpx.Response:
        """Chooses a profile on the spawn form; returns the page that follows."""
        answer = self.submit(f"{self.url}/hub/spawn", {"profile": profile})
        assert answer.status_code == 200, f"{answer.status_code}: {answer.text[-2000:]}"
        return answer

    def progress(self) -> list[dict[str, Any]]:
        """Follows the progress events to their end."""
        url = f"{self.url}/hub/api/users/{quote(self.name, safe='@')}/server/progress"
        events: list[dict[str, Any]] = []
        headers = {"Accept": "text/event-stream", **self._xsrf("/hub/")}
        with self.http.stream("GET", url, headers=headers) as stream:
            assert stream.status_code == 200, f"progress: {stream.status_code}"
            for line in stream.iter_lines():
                if line.startswith("data:"):
                    events.append(json.loads(line.removeprefix("data:")))
                    if events[-1].get("ready") or events[-1].get("failed"):
                        break
        return events

    def stop_lab(self) -> None:
        url = f"{self.url}/hub/api/users/{quote(self.name, safe='@')}"
        answer = self.http.delete(f"{url}/server", headers=self._hub_headers())
        assert answer.status_code in {202, 204}, f"stop: {answer.status_code} {answer.text}"
        until(
            "the lab is stopped",
            lambda: not self.http.get(url, headers=self._hub_headers()).json()["servers"],
        )

    # The lab

    def open_lab(self) -> httpx.Response:
        """Opens JupyterLab; the log-in to the lab happens on the way, by redirects."""
        return self.http.get(f"{self.lab_url}/lab")

    def lab_get(self, path: str) -> httpx.Response:
        return self.http.get(f"{self.lab_url}/api/{path}")

    @contextmanager
    def kernel(self) -> Iterator["Kernel"]:
        """A kernel in the person's lab, ended afterwards."""
        headers = self._xsrf(f"/user/{quote(self.name, safe='@')}/")
        answer = self.http.post(f"{self.lab_url}/api/kernels", json={}, headers=headers)
        assert answer.status_code == 201, f"new kernel: {answer.status_code} {answer.text}"
        kernel_id = answer.json()["id"]
        query = urlencode({"_xsrf": headers["X-XSRFToken"]})
        url = f"{self.lab_url}/api/kernels/{kernel_id}/channels?{query}"
        cookies = self.http.build_request("GET", url).headers["Cookie"]
        try:
            with connect(
                url.replace("http", "ws", 1),
                additional_headers={"Cookie": cookies, "Origin": _origin(self.url)},
                proxy=None,
                max_size=None,
            ) as socket:
                yield Kernel(socket)
        finally:
            self.http.delete(f"{self.lab_url}/api/kernels/{kernel_id}", headers=headers)

    def _hub_headers(self) -> dict[str, str]:
        return {**self._xsrf("/hub/"), "Referer": f"{self.url}/hub/home"}

    def _xsrf(self, path: str) -> dict[str, str]:
        """The XSRF token that belongs to a path, as the pages' scripts send it."""
        found = [
            cookie
            for cookie in self.http.cookies.jar
            if cookie.name == "_xsrf" and cookie.path.endswith(path)
        ]
        assert found, f"no XSRF cookie for {path}: {[c.path for c in self.http.cookies.jar]}"
        return {"X-XSRFToken": found[0].value or ""}


class Kernel:
    """A kernel by its websocket (Jupyter's messaging protocol 5, JSON framing)."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket
        self._count = 0

    def run(self, code: str) -> str:
        """Runs Python; what it printed. AssertionError with the traceback where it raised."""
        self._count += 1
        header = {
            "msg_id": f"acceptance-{self._count}",
            "msg_type": "execute_request",
            "username": "acceptance",
            "session": "acceptance",
            "version": "5.3",
            "date": "",
        }
        content = {"code": code, "silent": False, "store_history": False, "stop_on_error": True}
        message = {
            "channel": "shell",
            "header": header,
            "parent_header": {},
            "metadata": {},
            "content": content,
            "buffers": [],
        }
        self._socket.send(json.dumps(message))
        printed = []
        while True:
            answer = json.loads(self._socket.recv(timeout=PATIENCE))
            if answer["parent_header"].get("msg_id") != header["msg_id"]:
                continue
            content = answer["content"]
            if answer["msg_type"] == "stream":
                printed.append(content["text"])
            elif answer["msg_type"] == "error":
                raise AssertionError("\n".join(content["traceback"]))
            elif answer["msg_type"] == "status" and content["execution_state"] == "idle":
                return "".join(printed)


def _attribute(tag: str, name: str) -> str:
    found = re.search(rf"\b{name}=[\"']([^\"']*)", tag)
    return html.unescape(found[1]) if found else ""


def _origin(url: str) -> str:
    parsed = httpx.URL(url)
    return f"{parsed.scheme}://{parsed.netloc.decode()}"
