"""The command line's way to the hub: its REST API, with a token that only root can read."""

import time
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx

from hubwright.errors import UserError

_STOP_PATIENCE = 120.0
"""Seconds that a lab may take to stop; a hub that just started looks at it for up to a minute."""


class HubApi:
    """Calls of JupyterHub's API. Everything raises UserError where the hub refuses or is silent."""

    def __init__(self, url: str, token_file: Path) -> None:
        """url: the hub itself, such as `http://172.18.0.1:8081/hub`."""
        try:
            token = token_file.read_text().strip()
        except PermissionError:
            raise UserError(f"{token_file}: permission denied; run this as root") from None
        except FileNotFoundError:
            raise UserError(f"{token_file}: missing; 'hubwright up' makes it") from None
        self._client = httpx.Client(
            base_url=f"{url}/api",
            headers={"Authorization": f"token {token}"},
            timeout=60,
            trust_env=False,  # a proxy for the outside is not for this host
        )

    def accounts(self) -> list[dict[str, Any]]:
        """Every account: name, admin, last_activity, has_password, server."""
        found: list[dict[str, Any]] = self._call("GET", "accounts")
        return found

    def add(self, name: str, *, admin: bool = False, password: str | None = None) -> str | None:
        """Makes an account; the path of the link to choose a password, if none was given."""
        body = {"admin": admin, "password": password}
        link: str | None = self._call("POST", f"accounts/{quote(name, safe='')}", body)["link"]
        return link

    def new_link(self, name: str) -> str:
        """Takes the account's password away; the path of a link to choose a new one."""
        link: str = self._call("POST", f"accounts/{quote(name, safe='')}/link")["link"]
        return link

    def set_admin(self, name: str, *, admin: bool) -> None:
        self._call("PUT", f"accounts/{quote(name, safe='')}/admin", {"admin": admin})

    def remove(self, name: str) -> None:
        """Stops the user's lab and removes the account; the home is moved aside."""
        self.stop_lab(name)
        self._call("DELETE", f"users/{quote(name, safe='')}")

    def stop_lab(self, name: str) -> None:
        """Stops the user's lab, also one that is just starting, and waits until it is gone."""
        path = f"users/{quote(name, safe='')}"
        deadline = time.monotonic() + _STOP_PATIENCE
        while (model := self._call("GET", path))["servers"] or model["pending"]:
            if time.monotonic() > deadline:
                raise UserError(f"{name}: the lab does not stop; see 'hubwright logs {name}'")
            if model["pending"] not in {"stop", "check"}:  # a hub that just started checks labs
                self._call("DELETE", f"{path}/server")
            time.sleep(0.1)

    def user(self, name: str) -> dict[str, Any]:
        """JupyterHub's model of a user, with the servers."""
        found: dict[str, Any] = self._call("GET", f"users/{quote(name, safe='')}")
        return found

    def info(self) -> dict[str, Any]:
        """Versions and classes of the hub."""
        found: dict[str, Any] = self._call("GET", "info")
        return found

    def _call(self, method: str, path: str, body: Any = None) -> Any:
        try:
            answer = self._client.request(method, path, json=body)
        except httpx.TransportError as error:
            raise UserError(
                f"the hub at {self._client.base_url} does not answer ({error}); "
                "start it with 'hubwright up', look with 'hubwright logs hub'"
            ) from None
        if answer.is_error:
            raise UserError(_reason(answer))
        return answer.json() if answer.content else None


def _reason(answer: httpx.Response) -> str:
    try:
        message = str(answer.json()["message"] or "")
    except (ValueError, KeyError, TypeError):
        message = answer.reason_phrase
    message = message or answer.reason_phrase
    if answer.status_code == 404 and message == "Not Found":
        message = "no such user; 'hubwright user list' shows who there is"
    return message
