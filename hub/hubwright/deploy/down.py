"""`hubwright down`: stops hub and proxy; labs and data stay unless asked otherwise."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import docker

from hubwright import labels
from hubwright.deploy import service
from hubwright.settings import Settings
from hubwright.steps import Steps


def down(client: docker.DockerClient, settings: Settings, steps: Steps, *, stop_labs: bool) -> None:
    """Stops and removes the containers; directories, accounts and network stay."""
    site = settings.hub.name
    for role in (labels.ROLE_HUB, labels.ROLE_PROXY):
        container = service.find(client, site, role)
        if container is not None:
            with steps.step(f"Stopping the {role}"):
                service.remove(container)
    if stop_labs and (running := labs(client, settings)):
        with steps.step(f"Stopping {len(running)} labs"), ThreadPoolExecutor(8) as pool:
            list(pool.map(service.remove, running))


def labs(client: docker.DockerClient, settings: Settings) -> list[Any]:
    """The containers of the site's labs, running or not."""
    filters = [f"{labels.HUB}={settings.hub.name}", f"{labels.ROLE}={labels.ROLE_LAB}"]
    found: list[Any] = client.containers.list(all=True, filters={"label": filters})
    return found
