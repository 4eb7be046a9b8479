"""`hubwright status`: what runs, told by Docker and the CDI specifications."""

from pathlib import Path
from typing import Any

import docker
import httpx
from pydantic import BaseModel

from hubwright import labels
from hubwright.deploy import service, services
from hubwright.deploy.down import labs
from hubwright.gpus.holders import held_devices, split_devices
from hubwright.gpus.inventory import read_inventory
from hubwright.settings import Settings


class ServiceStatus(BaseModel):
    name: str
    state: str
    """Docker's word for it; 'missing' where there is no container."""
    since: str | None = None
    image: str | None = None
    answers: bool = False


class LabStatus(BaseModel):
    user: str
    profile: str
    state: str
    since: str
    devices: list[str]
    image: str
    container: str


class DeviceStatus(BaseModel):
    id: str
    slots: int | str
    labs: int
    """Containers that hold it now."""


class Status(BaseModel):
    """The site as it is right now. Times are ISO 8601, UTC."""

    site: str
    url: str
    ok: bool
    """Hub and proxy run and answer."""
    hub: ServiceStatus
    proxy: ServiceStatus
    labs: list[LabStatus]
    devices: list[DeviceStatus]


def read_status(client: docker.DockerClient, settings: Settings) -> Status:
    """Asks Docker, hub and proxy. Raises UserError and docker's errors."""
    url = services.public_url(settings)
    hub = _service(client, settings, labels.ROLE_HUB)
    proxy = _service(client, settings, labels.ROLE_PROXY)
    hub.answers = services.answers(f"{url}hub/health")
    proxy.answers = hub.answers or _answers_at_all(url)
    return Status(
        site=settings.hub.name,
        url=services.advertised_url(settings),
        ok=hub.answers and hub.state == proxy.state == "running",
        hub=hub,
        proxy=proxy,
        labs=[_lab(container) for container in labs(client, settings)],
        devices=_devices(client, settings),
    )


def _service(client: docker.DockerClient, settings: Settings, role: str) -> ServiceStatus:
    name = f"{settings.hub.name}-{role}"
    container = service.find(client, settings.hub.name, role)
    if container is None:
        return ServiceStatus(name=name, state="missing")
    return ServiceStatus(
        name=name,
        state=container.status,
        since=_seconds(container.attrs["State"]["StartedAt"]),
        image=container.attrs["Config"]["Image"],
    )


def _lab(container: Any) -> LabStatus:
    return LabStatus(
        user=container.labels[labels.USER],
        profile=container.labels[labels.PROFILE],
        state=container.status,
        since=_seconds(container.attrs["State"]["StartedAt"]),
        devices=split_devices(container.labels.get(labels.DEVICES, "")),
        image=container.attrs["Config"]["Image"],
        container=container.name,
    )


def _devices(client: docker.DockerClient, settings: Settings) -> list[DeviceStatus]:
    gpus = settings.gpus
    inventory = read_inventory([Path(d) for d in gpus.cdi_directories], gpus.kind, gpus.ignore)
    if not inventory:
        return []
    held = held_devices(client.api)
    return [DeviceStatus(id=d.id, slots=gpus.slots, labs=held[d.id]) for d in inventory]


def _seconds(time: str) -> str:
    """Docker's time with nanoseconds, cut to seconds."""
    return f"{time[:19]}Z"


def _answers_at_all(url: str) -> bool:
    try:
        httpx.get(url, timeout=5, trust_env=False)
    except httpx.TransportError:
        return False
    return True
