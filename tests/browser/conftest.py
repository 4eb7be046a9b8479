"""A running site, and browsers to visit it with."""

import shutil
import time
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, sync_playwright

from browser.visitor import Visitor
from conftest import TestSite
from hubwright.runtime import secrets_directory

CHROMIUM = ("chromium", "chromium-browser", "google-chrome")


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """A browser; while it is there, its event loop is the one of this thread."""
    executable = next(filter(None, map(shutil.which, CHROMIUM)), None)
    if executable is None:
        pytest.skip(f"needs a browser: none of {', '.join(CHROMIUM)} is installed")
    with sync_playwright() as playwright:
        # Chromium's own sandbox refuses to work for root
        browser = playwright.chromium.launch(executable_path=executable, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def areas() -> dict[str, Any]:
    """What a module's site is like, as areas of a site file; modules say it anew."""
    return {}


@pytest.fixture(scope="module")
def running_site(docker_client, chromium, areas) -> Iterator[TestSite]:
    """The module's site; without a browser there is none."""
    made = TestSite(docker_client, **areas)
    try:
        made.up()
        yield made
    except BaseException:
        made.print_logs()
        raise
    finally:
        made.remove()


@pytest.fixture
def site(running_site) -> Iterator[TestSite]:
    """The module's site; what it logs during a failing test is shown with the failure."""
    since = int(time.time())
    yield running_site
    for container in running_site.containers():
        print(f"\n===== {container.name} ({container.status})")
        print(container.logs(since=since).decode(errors="replace"))


@pytest.fixture
def rest(site) -> Iterator[httpx.Client]:
    """The hub's API as the command line asks it."""
    token = (secrets_directory(site.settings) / "command-line-token").read_text().strip()
    headers = {"Authorization": f"token {token}"}
    with httpx.Client(
        base_url=f"{site.url}hub/api/", headers=headers, timeout=60, trust_env=False
    ) as client:
        yield client


@pytest.fixture
def visitor(chromium, site) -> Iterator[Callable[[], Visitor]]:
    """Makes visitors."""
    visitors: list[Visitor] = []

    def new() -> Visitor:
        visitors.append(Visitor(chromium, site.url))
        return visitors[-1]

    yield new
    for one in visitors:
        one.context.close()
