"""What the acceptance suite works with: a running site, and people who use it."""

import math
import secrets
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import docker
import pytest

from acceptance.person import Person
from hubwright import sitefile
from hubwright.deploy import engine, services
from hubwright.errors import UserError
from hubwright.homes import REMOVED
from hubwright.hub_api import HubApi
from hubwright.names import slug
from hubwright.settings import Profile, Settings
from hubwright.status import read_status


def pytest_addoption(parser):
    group = parser.getgroup("hubwright")
    group.addoption("--site", help="site file of the running site (hubwright.toml)")
    group.addoption("--profile", help="profile to start; the first one if not given")


def pytest_configure(config):
    """testinfra's option is known to pytest: what we can't do yet must not look done."""
    elsewhere = config.getoption("hosts", default=None)
    if elsewhere and elsewhere != "local://":
        raise pytest.UsageError(
            f"--hosts={elsewhere}: pytest runs the suite on the host itself so far; "
            f"'hubwright validate --hosts={elsewhere}' runs it there"
        )


@dataclass
class Site:
    """The running site."""

    settings: Settings
    client: docker.DockerClient
    api: HubApi
    url: str
    profile_key: str

    @property
    def profile(self) -> Profile:
        return self.settings.profiles[self.profile_key]

    @property
    def least_profile(self) -> str:
        """The profile that takes the fewest devices."""
        profiles = self.settings.profiles
        return min(
            profiles,
            key=lambda key: math.inf if profiles[key].gpus == "all" else profiles[key].gpus,
        )

    def has_free_device(self) -> bool:
        devices = read_status(self.client, self.settings).devices
        return any(d.slots == "unlimited" or d.labs < d.slots for d in devices)

    def home(self, name: str) -> Path:
        return Path(self.settings.homes) / slug(name)

    def remove(self, name: str) -> None:
        """Removes a user with home, as far as they exist."""
        if name in {account["name"] for account in self.api.accounts()}:
            self.api.remove(name)
        kept = (Path(self.settings.homes) / REMOVED).glob(f"{slug(name)}.*")
        for home in [self.home(name), *kept]:
            shutil.rmtree(home, ignore_errors=True)


@pytest.fixture(scope="session")
def site(request) -> Site:
    try:
        given = request.config.getoption("--site")
        settings = sitefile.load_or_default(Path(given) if given else None)
        client = engine.connect()
        api = services.hub_api_of(settings)
        api.info()
    except UserError as error:
        pytest.exit(f"the site can't be reached: {error}", returncode=2)
    profile = request.config.getoption("--profile") or next(iter(settings.profiles))
    return Site(settings, client, api, services.public_url(settings), profile)


@dataclass
class Journey:
    """Two throw-away users; `first` walks the journey."""

    first: Person
    second: Person


@pytest.fixture(scope="session")
def journey(site) -> Iterator[Journey]:
    """The users' names are free; whatever happens, they and their homes are gone afterwards."""
    tag = secrets.token_hex(4)
    people = [Person(site.url, f"probe-{tag}-{number}") for number in (1, 2)]
    yield Journey(*people)
    for person in people:
        person.close()
        site.remove(person.name)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    """Remembers the first failure of a class of steps: what follows it makes no sense."""
    report = yield
    if report.failed and item.cls is not None:
        item.cls.broken_at = item.name
    return report


def pytest_runtest_setup(item):
    if item.cls is not None and getattr(item.cls, "broken_at", None):
        pytest.skip("not reached: an earlier step failed")
