"""Homes: a directory of the host for each user, made with the right owner before the lab starts.

The hub is not root and can't look into homes. What needs root is done by a short-lived container
of the hub's own image that sees nothing but the directory of homes.
"""

import os
import time
from pathlib import Path
from typing import Any

import docker

from hubwright import labels
from hubwright.names import slug
from hubwright.runtime import Runtime

WORK = "work"
"""Where notebooks belong; the lab opens there."""

SHARED = "SHARED"
"""Where the shared data is seen, read-only."""

REMOVED = ".removed"
"""Below the homes: the homes of removed users, kept until an administrator deletes them."""

_CAPABILITIES = ["CHOWN", "DAC_OVERRIDE", "FOWNER"]
_PATIENCE = 120
"""Seconds that the file system may take for making or moving a directory."""


class HomeError(Exception):
    """A home can't be made or moved; the message is for the user's eyes."""


class Homes:
    """The homes of one hub. All methods block; call them outside of the event loop."""

    def __init__(self, client: docker.APIClient, runtime: Runtime) -> None:
        self._client = client
        self._runtime = runtime
        self._directory = Path(runtime.settings.homes)

    def path(self, user: str) -> Path:
        """The user's home on the host."""
        return self._directory / slug(user)

    def ensure(self, user: str) -> bool:
        """Makes the home, or gives it its owner's rights back; True if something was done.

        Raises HomeError.
        """
        storage = self._runtime.settings.storage
        home = self.path(user)
        try:
            if os.statvfs(self._directory).f_flag & os.ST_RDONLY:
                raise HomeError(f"The disk with the homes ({self._directory}) is read-only.")
            found = home.stat()
            if found.st_uid == storage.uid and found.st_mode & 0o700 == 0o700:
                return False
            if found.st_uid not in {storage.uid, 0}:  # root's: just being made, or brought back
                raise HomeError(
                    f"Your home {home} belongs to user id {found.st_uid}, and labs run as "
                    f"{storage.uid} (storage.uid)."
                )
        except FileNotFoundError:
            pass
        except OSError as error:
            raise HomeError(f"Your home {home} can't be reached: {error.strerror}.") from None
        directories = [str(home), str(home / WORK), str(home / SHARED)]
        self._as_root(
            f"The home {home} can't be made",
            ["install", "-d", "-m", "0700", "-o", str(storage.uid), "-g", str(storage.gid)],
            directories,
        )
        return True

    def archive(self, user: str) -> None:
        """Moves a removed user's home aside, so that nobody of the same name inherits it.

        Raises HomeError.
        """
        home = self.path(user)
        if not home.exists():
            return
        removed = self._directory / REMOVED
        aside = removed / f"{home.name}.{time.strftime('%Y%m%dT%H%M%S')}"
        problem = f"The home {home} can't be moved to {removed}"
        self._as_root(problem, ["install", "-d", "-m", "0700"], [str(removed)])
        self._as_root(problem, ["mv", "-T"], [str(home), str(aside)])

    def _as_root(self, problem: str, command: list[str], paths: list[str]) -> None:
        host_config: dict[str, Any] = self._client.create_host_config(
            binds={str(self._directory): {"bind": str(self._directory), "mode": "rw"}},
            cap_drop=["ALL"],
            cap_add=_CAPABILITIES,
            network_mode="none",
            read_only=True,
            security_opt=["no-new-privileges"],
        )
        container = self._client.create_container(
            image=self._runtime.helper_image,
            entrypoint=command[0],
            command=[*command[1:], "--", *paths],
            user="0:0",
            labels={
                labels.HUB: self._runtime.settings.hub.name,
                labels.ROLE: labels.ROLE_HELPER,
            },
            host_config=host_config,
        )
        try:
            self._client.start(container)
            status = self._client.wait(container, timeout=_PATIENCE)["StatusCode"]
            if status != 0:
                output = self._client.logs(container).decode(errors="replace").strip()
                raise HomeError(f"{problem}: {output or f'exit code {status}'}.")
        finally:
            self._client.remove_container(container, force=True)
