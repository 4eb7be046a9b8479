"""Hub and proxy as containers: what each is made from, and bringing one up to date."""

import hashlib
import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import docker

from hubwright import labels
from hubwright.errors import UserError

_PATIENCE = 90.0
"""Seconds that a service may take to answer after its start."""


@dataclass(frozen=True)
class Service:
    """One container that should run."""

    role: str
    site: str
    arguments: dict[str, Any]
    """Keyword arguments for docker-py's `containers.create`."""
    inputs: dict[str, str] = field(default_factory=dict)
    """Contents that the container reads at its start: when they change, it must restart."""

    @property
    def name(self) -> str:
        return f"{self.site}-{self.role}"

    @property
    def spec(self) -> str:
        """Hash of everything the container depends on."""
        document = json.dumps([self.arguments, self.inputs], sort_keys=True, default=str)
        return hashlib.sha256(document.encode()).hexdigest()


def find(client: docker.DockerClient, site: str, role: str) -> Any | None:
    """The container of that role, running or not; None if there is none.

    Raises UserError where a container that is not ours bears its name.
    """
    name = f"{site}-{role}"
    try:
        container = client.containers.get(name)
    except docker.errors.NotFound:
        return None
    if container.labels.get(labels.HUB) != site or container.labels.get(labels.ROLE) != role:
        raise UserError(
            f"hub.name: Docker has a container '{name}' that is not hubwright's; "
            "choose another hub.name, or rename that container"
        )
    return container


def is_current(container: Any | None, service: Service) -> bool:
    """Whether the container runs and is made from just this."""
    return (
        container is not None
        and container.status == "running"
        and container.labels.get(labels.SPEC) == service.spec
    )


def converge(client: docker.DockerClient, service: Service) -> bool:
    """Makes the container run as described; True if anything had to be done."""
    container = find(client, service.site, service.role)
    if is_current(container, service):
        return False
    if container is not None:
        remove(container)
    container = client.containers.create(
        name=service.name,
        labels={
            labels.HUB: service.site,
            labels.ROLE: service.role,
            labels.SPEC: service.spec,
        },
        **service.arguments,
    )
    container.start()
    return True


def remove(container: Any) -> None:
    """Stops the container, which gets time to end well, and removes it."""
    try:
        container.stop(timeout=10)
        container.remove(force=True)
    except docker.errors.NotFound:
        pass  # somebody else was faster


def wait_until(client: docker.DockerClient, service: Service, answers: Callable[[], bool]) -> None:
    """Waits until the service answers. Raises UserError, with its last words, if it does not."""
    deadline = time.monotonic() + _PATIENCE
    while not answers():
        container = find(client, service.site, service.role)
        ended = container is None or container.status in {"exited", "dead"}
        if container is not None and container.attrs["RestartCount"] > 2:
            ended = True
        if ended or time.monotonic() > deadline:
            words = _last_words(container) if container is not None else "it was removed"
            raise UserError(f"{service.name}: it does not come up; its last words:\n{words}")
        time.sleep(0.1)


def _last_words(container: Any) -> str:
    return str(container.logs(tail=15).decode(errors="replace")).strip()
