"""The two hubs under test: ours and stock, each on ports of its own, both gone afterwards."""

import io
import ipaddress
import secrets
import shutil
import socket
import tarfile
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import docker
import httpx

from bench.client import Target
from hubwright import labels
from hubwright.deploy import services
from hubwright.deploy.down import down
from hubwright.deploy.up import up
from hubwright.images import builder
from hubwright.images.environment import BuildEnvironment
from hubwright.images.recipe import python_recipe
from hubwright.project import root
from hubwright.runtime import secrets_directory
from hubwright.settings import Auth, Hub, Network, Settings
from hubwright.steps import Steps

STOCK = "hubwright-bench-stock"
LABEL = {"hubwright.bench": "stock"}


def free_ports(number: int) -> list[int]:
    """Ports that nobody listens on right now."""
    probes = [socket.socket() for _ in range(number)]
    for probe in probes:
        probe.bind(("127.0.0.1", 0))
    ports = [probe.getsockname()[1] for probe in probes]
    for probe in probes:
        probe.close()
    return ports


@contextmanager
def ours(
    client: docker.DockerClient, steps: Steps, environment: BuildEnvironment
) -> Iterator[Target]:
    """Our hub with the default profile; log-in is not what is measured."""
    port, hub_port, api_port = free_ports(3)
    state = Path(tempfile.mkdtemp(prefix="hubwright-bench-"))
    settings = Settings(
        hub=Hub(name="hubwright-bench", address="127.0.0.1", port=port, state_directory=str(state)),
        auth=Auth(kind="dummy"),
        network=Network(hub_port=hub_port, proxy_api_port=api_port),
    )
    try:
        up(settings, steps, environment)
        token = (secrets_directory(settings) / "command-line-token").read_text().strip()
        yield Target("ours", f"{services.public_url(settings)}hub/api/", token)
    finally:
        down(client, settings, steps, stop_labs=True)
        for network in client.networks.list(names=[settings.hub.name]):
            network.remove()
        shutil.rmtree(state, ignore_errors=True)


@contextmanager
def stock(
    client: docker.DockerClient, steps: Steps, environment: BuildEnvironment
) -> Iterator[Target]:
    """Stock JupyterHub and DockerSpawner, from the same hub and proxy images."""
    tags = builder.ensure(client, ["hub", "proxy", "base"], steps, environment)
    with steps.step("Building the stock lab image"):
        image = _build_stock_lab(client, environment)
    port, hub_port, api_port = free_ports(3)
    token = secrets.token_hex(32)
    folder = Path(tempfile.mkdtemp(prefix="hubwright-bench-"))
    folder.chmod(0o755)
    (folder / "proxy-token").write_text(token)
    pool = client.networks.get("bridge").attrs["IPAM"]["Config"][0]
    gateway = pool.get("Gateway") or str(next(ipaddress.ip_network(pool["Subnet"]).hosts()))
    environment_of_hub = {
        "PORT": port,
        "HUB_ADDRESS": gateway,
        "HUB_PORT": hub_port,
        "PROXY_API_PORT": api_port,
        "TOKEN": token,
        "IMAGE": image,
        "PREFIX": f"{STOCK}-lab",
    }
    common: dict[str, Any] = {"detach": True, "network_mode": "host", "labels": LABEL}
    try:
        client.containers.run(
            tags["proxy"],
            [f"--port={port}", "--ip=127.0.0.1", "--api-ip=127.0.0.1", f"--api-port={api_port}"],
            name=f"{STOCK}-proxy",
            volumes={str(folder / "proxy-token"): {"bind": "/run/secrets/proxy-token"}},
            **common,
        )
        config = root() / "bench" / "stock" / "jupyterhub_config.py"
        client.containers.run(
            tags["hub"],
            ["jupyterhub", "-f", "/srv/stock.py"],
            name=f"{STOCK}-hub",
            user="0:0",
            working_dir="/tmp",
            environment=environment_of_hub,
            volumes={
                str(config): {"bind": "/srv/stock.py", "mode": "ro"},
                "/var/run/docker.sock": {"bind": "/var/run/docker.sock"},
            },
            **common,
        )
        _wait(client, f"http://127.0.0.1:{port}/hub/health")
        yield Target("stock", f"http://127.0.0.1:{port}/hub/api/", token)
    finally:
        for container in client.containers.list(all=True):
            if container.name.startswith(STOCK):
                container.remove(force=True)
        shutil.rmtree(folder, ignore_errors=True)


def our_lab_image(environment: BuildEnvironment, client: docker.DockerClient) -> str:
    """The image that our labs are started from."""
    return builder.tag_of("base", environment)


def memory(client: docker.DockerClient, target: Target) -> tuple[list[int], list[int]]:
    """Memory in use, in bytes: of hub and proxy, and of each lab. Page cache is left out."""
    services_used, labs_used = [], []
    for container in client.containers.list():
        name = container.name
        if target.name == "ours":
            lab = container.labels.get(labels.ROLE) == labels.ROLE_LAB
            mine = name.startswith("hubwright-bench-") and not name.startswith(STOCK)
        else:
            lab = name.startswith(f"{STOCK}-lab")
            mine = name.startswith(STOCK)
        if mine:
            (labs_used if lab else services_used).append(_in_use(container))
    return services_used, labs_used


def _in_use(container: Any) -> int:
    deadline = time.monotonic() + 30
    while "stats" not in (usage := container.stats(stream=False)["memory_stats"]):
        if time.monotonic() > deadline:  # Docker has none for a container that just started
            raise TimeoutError(f"{container.name}: Docker has no statistics")
        time.sleep(0.5)
    details = usage["stats"]
    cache = details.get("total_inactive_file", details.get("inactive_file", 0))
    return int(usage["usage"] - cache)


def _build_stock_lab(client: docker.DockerClient, environment: BuildEnvironment) -> str:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        archive.add(root() / "bench" / "stock" / "Dockerfile", "Dockerfile")
        archive.add(root() / "images" / "locks" / "base.txt", "base.txt")
    buffer.seek(0)
    client.images.build(
        fileobj=buffer,
        custom_context=True,
        tag=f"{STOCK}-lab",
        buildargs={"PYTHON": python_recipe(environment).tag, **environment.arguments},
        network_mode="host",
        rm=True,
    )
    return f"{STOCK}-lab"


def _wait(client: docker.DockerClient, url: str) -> None:
    deadline = time.monotonic() + 60
    while True:
        try:
            if httpx.get(url, trust_env=False).status_code == 200:
                return
        except httpx.TransportError:
            pass
        if time.monotonic() > deadline:
            raise TimeoutError(client.containers.get(f"{STOCK}-hub").logs().decode())
        time.sleep(0.2)
