"""A user's journey in a browser: log-in, spawn form, progress, JupyterLab, stop, log-out."""

import io
import json
import os
import re
import secrets
from contextlib import suppress

import pytest
from playwright.sync_api import TimeoutError, expect

from acceptance.person import until
from conftest import STEPS
from hubwright.images import builder
from hubwright.images.environment import BuildEnvironment

PASSWORD = "correct horse battery"
expect.set_options(timeout=20_000)


@pytest.fixture(scope="module")
def ends_soon(docker_client):
    """An image whose lab ends after three seconds: time to see the page of its start."""
    environment = BuildEnvironment.from_mapping(os.environ)
    hub = builder.ensure(docker_client, ["hub"], STEPS, environment)["hub"]
    end = ["sh", "-c", "sleep 3; echo no licence for this lab; exit 3"]
    file = io.BytesIO(f"FROM {hub}\nCMD {json.dumps(end)}\n".encode())
    tag = f"hubwright-test/ends-soon:{secrets.token_hex(3)}"
    docker_client.images.build(fileobj=file, tag=tag, rm=True)
    yield tag
    docker_client.images.remove(tag, force=True)


@pytest.fixture(scope="module")
def areas(ends_soon, tmp_path_factory):
    return {
        "gpus": {"cdi_directories": [str(tmp_path_factory.mktemp("cdi"))]},
        "images": {"broken": {"reference": ends_soon, "title": "One that ends"}},
        "profiles": {
            "small": {"title": "Small <script>alert(1)</script>", "cpu": 1, "memory": "1G"},
            "large": {
                "title": "Large",
                "description": "For data that fills the memory of a desk's machine.",
                "cpu": 1.5,
                "memory": "2G",
                "hours": 8,
            },
            "gpu": {"title": "One GPU", "memory": "1G", "gpus": 1},
            "broken": {"title": "Broken", "memory": "1G", "image": "broken"},
        },
    }


@pytest.fixture
def user(site, visitor):
    """Adds a user and logs in; the account and its lab are removed afterwards."""
    added = []

    def new(name):
        site.api.add(name, password=PASSWORD)
        added.append(name)
        one = visitor()
        assert one.log_in(name, PASSWORD)
        return one

    yield new
    for lab in site.labs():  # shown where the test failed
        print(f"===== {lab.name}\n{lab.logs().decode(errors='replace')}")
    for name in added:
        site.api.remove(name)


def profile(page, title):
    """A profile on the spawn form, as a screen reader finds it."""
    return page.get_by_role("radio", name=title)


def test_the_whole_journey(site, user):
    ada = user("ada")
    page = ada.page

    expect(profile(page, "Small <script>")).to_be_checked()
    assert not ada.dialogs, "what a title says was run"
    expect(profile(page, "Large")).to_have_accessible_description(
        re.compile(r"data that fills.*1\.5 cores.*2G memory.*up to 8 hours")
    )
    ada.picture("spawn")
    profile(page, "Small <script>").focus()
    page.keyboard.press("ArrowDown")
    expect(profile(page, "Large")).to_be_checked()
    page.keyboard.press("Enter")

    page.wait_for_url("**/spawn-pending/**")
    expect(page.locator("#progress-log")).to_contain_text("Getting your home ready")
    page.wait_for_url(f"{site.url}user/ada/lab**")
    run_in_notebook(page, "6 * 7", "42")

    page.get_by_role("menuitem", name="File", exact=True).click()
    with ada.context.expect_page() as opened:
        page.get_by_role("menuitem", name="Hub Control Panel").click()
    lab_url, ada.page = page.url, opened.value
    page.close()
    page = ada.page
    page.wait_for_function("window._jupyterhub_page_loaded")  # before, a click does nothing
    page.get_by_role("button", name="Stop My Server").click()
    until("the lab is gone", lambda: not site.labs())
    page.get_by_role("button", name="Start My Server").click()
    expect(profile(page, "Large")).to_be_checked()

    page.click("#logout")
    page.goto(lab_url)
    assert page.url.startswith(f"{site.url}hub/login?")
    expect(page.get_by_label("Username")).to_be_visible()


def run_in_notebook(page, code, output):
    """Opens a notebook from JupyterLab's launcher and runs a cell."""
    page.locator(".jp-LauncherCard[data-category=Notebook]").first.click()
    cell = page.locator(".jp-Notebook .jp-CodeCell .cm-content").first
    shown = page.locator(".jp-OutputArea-output")

    def ran():
        """JupyterLab forgets what was run before its kernel was connected: then once more."""
        cell.fill(code)
        cell.press("Control+Enter")
        with suppress(TimeoutError):
            shown.first.wait_for(timeout=3000)
        return shown.count()

    until("the cell has run", ran, patience=60)
    expect(shown.first).to_have_text(output)


def test_a_profile_that_cannot_be_had_says_why(user):
    page = user("gustav").page
    expect(profile(page, "One GPU")).to_be_disabled()
    expect(profile(page, "One GPU")).to_have_accessible_description(
        re.compile(r"1 GPU.*Not on this machine\. It has no GPU")
    )


def test_a_start_that_fails_says_why(user):
    unlucky = user("unlucky")
    page = unlucky.page
    profile(page, "Broken").check()
    page.get_by_role("button", name="Start").click()
    expect(page.get_by_role("heading", name="Your lab is starting")).to_be_visible()
    message = page.locator("#progress-message")
    expect(message).to_have_text("Waiting for JupyterLab")
    unlucky.picture("progress")
    reason = (
        "Your lab ended while it started: exit code 3. Its last words:\nno licence for this lab"
    )
    message = page.locator("#progress-message")
    expect(message).to_contain_text("ended", timeout=90_000)
    assert message.inner_text() == reason
    expect(page.get_by_role("heading", name="Your lab did not start")).to_be_visible()
    unlucky.picture("start-failed")
    page.reload()
    assert unlucky.alert() == reason
    unlucky.picture("start-failed-later")
    page.get_by_role("button", name="Choose again").click()
    expect(profile(page, "Broken")).to_be_checked()
