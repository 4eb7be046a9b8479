"""What tests share: Docker, and sites of their own that leave nothing behind."""

import os
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import docker
import pytest
from rich.console import Console

from hubwright import labels
from hubwright.deploy import engine, services
from hubwright.deploy.down import down, labs
from hubwright.deploy.up import Outcome, up
from hubwright.errors import UserError
from hubwright.hub_api import HubApi
from hubwright.images.environment import BuildEnvironment
from hubwright.settings import Settings
from hubwright.steps import PlainSteps

STEPS = PlainSteps(Console(stderr=True, highlight=False))


def pytest_collection_modifyitems(items):
    """Tests below docker/, browser/ and nix/ need what the directory is called after."""
    for item in items:
        for marker in ("docker", "browser", "nix"):
            if f"/tests/{marker}/" in item.path.as_posix():
                item.add_marker(marker)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    """Keeps whether the test failed where fixtures find it."""
    report = yield
    if report.failed:
        item.session.stash.setdefault(FAILED, set()).add(item.nodeid)
    return report


FAILED = pytest.StashKey[set[str]]()


@pytest.fixture(scope="session")
def docker_client() -> docker.DockerClient:
    """Docker, started where that can be done."""
    try:
        return engine.ensure(STEPS)
    except UserError as error:
        pytest.skip(f"needs Docker: {error}")


class TestSite:
    """A site of a test's own: name, ports, network and state directory."""

    __test__ = False

    def __init__(self, client: docker.DockerClient, **areas: dict[str, Any]) -> None:
        self.client = client
        self.state = Path(tempfile.mkdtemp(prefix="hubwright-test-"))
        self.name = f"hw-{secrets.token_hex(3)}"
        self._ports = free_ports(3)
        self.settings = self.with_changes(**areas)

    def with_changes(self, **areas: dict[str, Any]) -> Settings:
        """The settings of this site with some areas changed."""
        port, hub_port, api_port = self._ports
        document: dict[str, Any] = {
            "hub": {
                "name": self.name,
                "address": "127.0.0.1",
                "port": port,
                "state_directory": str(self.state),
            },
            "network": {"hub_port": hub_port, "proxy_api_port": api_port},
            "profiles": {
                "small": {"title": "Small", "cpu": 1, "memory": "1G", "shm": "64M"},
                "large": {"title": "Large", "cpu": 1.5, "memory": "2G"},
            },
        }
        for area, changes in areas.items():
            document[area] = {**document.get(area, {}), **changes}
        return Settings.model_validate(document)

    def up(self, **areas: dict[str, Any]) -> Outcome:
        """Brings the site up, with changed settings if some are given."""
        if areas:
            self.settings = self.with_changes(**areas)
        return up(self.settings, STEPS, BuildEnvironment.from_mapping(os.environ))

    @property
    def url(self) -> str:
        return services.public_url(self.settings)

    @property
    def api(self) -> HubApi:
        return services.hub_api_of(self.settings)

    @property
    def site_file(self) -> Path:
        """The settings as a site file."""
        path = self.state / "site.json"
        path.write_text(self.settings.model_dump_json())
        return path

    def container(self, role: str) -> Any:
        return self.client.containers.get(f"{self.name}-{role}")

    def labs(self) -> list[Any]:
        return labs(self.client, self.settings)

    def containers(self) -> list[Any]:
        return self.client.containers.list(all=True, filters={"label": f"{labels.HUB}={self.name}"})

    def print_logs(self) -> None:
        for container in self.containers():
            print(f"\n===== {container.name} ({container.status})")
            print(container.logs(tail=150).decode(errors="replace"))

    def remove(self) -> None:
        """Leaves nothing behind."""
        down(self.client, self.settings, STEPS, stop_labs=True)
        for container in self.containers():
            container.remove(force=True)
        for found in self.client.networks.list(names=[self.name]):
            found.remove()
        shutil.rmtree(self.state, ignore_errors=True)


def free_ports(number: int) -> list[int]:
    """Ports of loopback that nobody listens on right now."""
    probes = [socket.socket() for _ in range(number)]
    for probe in probes:
        probe.bind(("127.0.0.1", 0))
    ports = [probe.getsockname()[1] for probe in probes]
    for probe in probes:
        probe.close()
    return ports


@contextmanager
def _site(request, client: docker.DockerClient, **areas: Any) -> Iterator[TestSite]:
    failed_before = set(request.session.stash.get(FAILED, set()))
    site = TestSite(client, **areas)
    try:
        yield site
    finally:
        if request.session.stash.get(FAILED, set()) - failed_before:
            site.print_logs()
        site.remove()


@pytest.fixture
def new_site(request, docker_client) -> Iterator[Callable[..., TestSite]]:
    """Makes sites that are not up yet; all are removed after the test."""
    opened = []

    def make(**areas: Any) -> TestSite:
        context = _site(request, docker_client, **areas)
        opened.append(context)
        return context.__enter__()

    yield make
    for context in reversed(opened):
        context.__exit__(None, None, None)


@pytest.fixture(scope="module")
def site(request, docker_client) -> Iterator[TestSite]:
    """A running site for all tests of a module."""
    with _site(request, docker_client) as made:
        made.up()
        yield made


@pytest.fixture
def hubwright(site) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Runs the command line against the module's site."""

    def run(*arguments: str, **options: Any) -> subprocess.CompletedProcess[str]:
        return run_hubwright(*arguments, "--site", str(site.site_file), **options)

    return run


def run_hubwright(*arguments: str, **options: Any) -> subprocess.CompletedProcess[str]:
    """Runs the command line as a user does."""
    command = [str(Path(sys.executable).parent / "hubwright"), *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=600, **options)
