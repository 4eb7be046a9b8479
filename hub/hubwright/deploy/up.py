"""`hubwright up`: brings this host to what the site file says. Every step may be repeated."""

import errno
import os
import socket
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import docker

from hubwright.deploy import engine, service, services, state
from hubwright.deploy.accounts import ensure_accounts
from hubwright.deploy.prepare import SiteImages, last_runtime, prepare, write_runtime
from hubwright.errors import UserError
from hubwright.exclusive import exclusively
from hubwright.gpus.inventory import read_inventory
from hubwright.images import builder, catalogue
from hubwright.images.environment import BuildEnvironment
from hubwright.runtime import LabImage
from hubwright.settings import Settings
from hubwright.steps import Steps

_CDI_SINCE = 25
"""Docker's major version from which it gives devices by CDI."""


@dataclass(frozen=True)
class Outcome:
    """What `up` has done."""

    changed: list[str]
    """The services that were made or replaced; empty where nothing had to change."""
    url: str
    administrator: str | None
    """Name of the first administrator, where the hub keeps accounts."""
    password: str | None
    """The first administrator's password, in the run that made it."""
    password_file: Path


def up(settings: Settings, steps: Steps, environment: BuildEnvironment) -> Outcome:
    """Makes the site run. Raises UserError before anything is made, as far as that can be known."""
    if os.geteuid() != 0:
        raise UserError("hubwright up: not root; it makes directories with owners: use sudo")
    catalogue.check_profiles(settings)
    with exclusively("up"):
        return _up(settings, steps, environment)


def _up(settings: Settings, steps: Steps, environment: BuildEnvironment) -> Outcome:
    client = engine.ensure(steps)
    engine.socket_path()  # refuses another machine's Docker
    before = last_runtime(settings)
    for role in ("hub", "proxy"):
        service.find(client, settings.hub.name, role)
    _check_devices(client, settings)
    _check_free(client, before, settings.hub.name, "proxy", _proxy_ports(settings))

    tags = builder.ensure(client, _to_build(settings), steps, environment)
    images = SiteImages(
        hub=tags["hub"],
        labs={
            name: LabImage(reference=tags[name], title=spec.title)
            for name, spec in catalogue.load().items()
            if name in tags
        },
    )
    runtime = prepare(client, settings, images, steps)
    hub_port = ("network.hub_port", runtime.gateway, settings.network.hub_port)
    _check_free(client, before, settings.hub.name, "hub", [hub_port])
    write_runtime(runtime)

    hub = services.hub_service(runtime, tags["hub"])
    proxy = services.proxy_service(settings, runtime.gateway, tags["proxy"])
    changed = []
    with steps.step("Starting the proxy"):
        if service.converge(client, proxy):
            changed.append("proxy")
    with steps.step("Starting the hub"):
        if service.converge(client, hub):
            changed.append("hub")
        hub_url = services.hub_url(settings, runtime.gateway)
        service.wait_until(client, hub, lambda: services.answers(f"{hub_url}/health"))
        url = services.public_url(settings)
        service.wait_until(client, proxy, lambda: services.answers(f"{url}hub/health"))

    password_file = Path(settings.hub.state_directory) / state.ADMIN_PASSWORD
    if settings.auth.kind != "accounts":
        return Outcome(changed, services.advertised_url(settings), None, None, password_file)
    with steps.step("Preparing accounts"):
        password = ensure_accounts(services.hub_api_of(settings), settings)
    shown = services.advertised_url(settings)
    return Outcome(changed, shown, settings.users.admins[0], password, password_file)


Port = tuple[str, str, int]
"""Key in the site file, address, number."""


def _proxy_ports(settings: Settings) -> list[Port]:
    return [
        ("hub.port", settings.hub.address, settings.hub.port),
        ("network.proxy_api_port", "127.0.0.1", settings.network.proxy_api_port),
    ]


def _check_free(
    client: docker.DockerClient, before: Any, site: str, role: str, ports: list[Port]
) -> None:
    """Raises UserError for a port that somebody else listens on."""
    container = service.find(client, site, role)
    ours: set[int] = set()
    if before and container is not None and container.status == "running":
        network = before["settings"]["network"]
        port = before["settings"]["hub"]["port"]
        ours = {port, network["proxy_api_port"], network["hub_port"]}
    problems = [
        f"{key}: {problem}"
        for key, address, port in ports
        if port not in ours and (problem := _listen_problem(key, address, port))
    ]
    if problems:
        raise UserError(*problems)


def _listen_problem(key: str, address: str, port: int) -> str | None:
    """Why nobody could listen there; None if somebody could."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((address, port))
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                return (
                    f"port {port} of {address} is taken by another program; "
                    f"set {key} to a free one, or end that program"
                )
            if error.errno == errno.EADDRNOTAVAIL:
                return f"this machine has no address {address}; set hub.address to one that it has"
            return f"port {port} of {address} can't be used: {error.strerror}"
    return None


def _check_devices(client: docker.DockerClient, settings: Settings) -> None:
    wanting = [key for key, profile in settings.profiles.items() if profile.gpus]
    directories = [Path(directory) for directory in settings.gpus.cdi_directories]
    if not wanting or not read_inventory(directories, settings.gpus.kind, settings.gpus.ignore):
        return
    version = client.version()["Version"]
    if int(version.split(".")[0]) < _CDI_SINCE:
        raise UserError(
            f"profiles.{wanting[0]}.gpus: Docker {version} can't give devices to labs; "
            f"it can from version {_CDI_SINCE} on: update Docker, or set gpus = 0"
        )


def _to_build(settings: Settings) -> list[str]:
    known = catalogue.load()
    labs = {profile.image for profile in settings.profiles.values()} - set(settings.images)
    return ["hub", "proxy", *(name for name in known if name in labs)]
