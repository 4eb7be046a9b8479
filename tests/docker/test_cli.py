"""The command line against a running site."""

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from acceptance.person import PASSWORD, Person, until
from conftest import run_hubwright
from hubwright import labels


def test_the_journey(hubwright):
    done = hubwright("validate", "--profile", "large")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "the site is sound" in done.stdout


def test_a_site_that_is_not_sound_is_found_out(site, hubwright):
    site.container("proxy").stop()
    try:
        done = hubwright("validate")
        assert done.returncode == 1, done.stdout
        assert "not sound" in done.stdout
        assert hubwright("status").returncode == 1
    finally:
        site.up()
    assert not [name for name in names(site) if name.startswith("probe-")]


@pytest.mark.parametrize("interrupt", [signal.SIGINT, signal.SIGTERM])
def test_the_journey_interrupted_cleans_up(site, interrupt):
    hubwright = Path(sys.executable).parent / "hubwright"
    process = subprocess.Popen(
        [hubwright, "validate", "--site", site.site_file],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    until("a lab runs", lambda: site.labs() or process.poll() is not None)
    assert process.poll() is None, process.communicate()
    process.send_signal(interrupt)
    output, _ = process.communicate(timeout=60)
    assert process.returncode == 2, output
    assert "interrupted" in output
    assert site.labs() == []
    assert not [name for name in names(site) if name.startswith("probe-")]
    homes = site.state / "homes"
    assert not [home.name for home in homes.rglob("*") if home.name.startswith("probe-")]


def test_a_site_that_is_down_can_not_be_validated(new_site, docker_client):
    site = new_site()
    done = run_hubwright("validate", "--site", str(site.site_file))
    assert done.returncode == 2, done.stdout + done.stderr
    assert (
        done.stderr.strip()
        == f"hubwright: {site.name}: not set up on this machine; run 'hubwright up'"
    )
    assert not docker_client.networks.list(names=[site.name])


def test_a_hub_that_does_not_answer(site, hubwright):
    site.container("hub").stop()
    try:
        for command in (["validate"], ["user", "list"]):
            done = hubwright(*command)
            assert done.returncode == 2 and "does not answer" in done.stderr
    finally:
        site.up()


def test_status(site, hubwright):
    site.api.add("seen", password=PASSWORD)
    person = Person(site.url, "seen")
    person.log_in(PASSWORD)
    person.start_lab("large")
    assert person.progress()[-1].get("ready")
    done = hubwright("status", "--json")
    found = json.loads(done.stdout)
    assert done.returncode == 0 and found["ok"]
    assert found["hub"]["state"] == found["proxy"]["state"] == "running"
    (lab,) = [lab for lab in found["labs"] if lab["user"] == "seen"]
    assert (lab["profile"], lab["state"], lab["devices"]) == ("large", "running", [])
    assert "seen" in hubwright("status").stdout
    assert "ServerApp" in hubwright("logs", "seen").stdout
    assert "JupyterHub" in hubwright("logs", "hub").stdout
    assert "no container of 'nobody'" in hubwright("logs", "nobody").stderr
    site.api.remove("seen")


def test_users(site, hubwright):
    added = hubwright("user", "add", "Grace.Hopper", "--admin")
    assert added.returncode == 0, added.stderr
    link = next(line for line in added.stdout.splitlines() if line.startswith("http"))
    person = Person(site.url, "grace.hopper")
    assert person.choose_password(link, PASSWORD).status_code == 200
    assert "/hub/login" not in str(person.log_in(PASSWORD).url)
    assert "exists" in hubwright("user", "add", "grace.hopper").stderr

    listed = json.loads(hubwright("user", "list", "--json").stdout)
    assert {"name": "grace.hopper", "admin": True}.items() <= by_name(listed)[
        "grace.hopper"
    ].items()
    assert hubwright("user", "admin", "grace.hopper", "--revoke").returncode == 0
    assert not by_name(site.api.accounts())["grace.hopper"]["admin"]

    reset = hubwright("user", "reset-password", "grace.hopper")
    assert "/hub/login" in str(Person(site.url, "grace.hopper").log_in(PASSWORD).url)
    again = next(line for line in reset.stdout.splitlines() if line.startswith("http"))
    assert person.choose_password(again, PASSWORD).status_code == 200
    assert "/hub/login" not in str(person.log_in(PASSWORD).url)

    assert hubwright("user", "remove", "grace.hopper").returncode == 0
    assert "grace.hopper" not in by_name(site.api.accounts())
    gone = hubwright("user", "remove", "grace.hopper")
    assert gone.returncode == 2 and "Traceback" not in gone.stderr


def test_removing_a_user_with_the_home(site, hubwright):
    site.api.add("whole", password=PASSWORD)
    person = Person(site.url, "whole")
    person.log_in(PASSWORD)
    person.start_lab("small")
    assert person.progress()[-1].get("ready")
    assert (site.state / "homes" / "whole").exists()
    assert hubwright("user", "remove", "whole", "--delete-home").returncode == 0
    assert not list((site.state / "homes").rglob("whole*"))
    assert not [lab for lab in site.labs() if lab.labels[labels.USER] == "whole"]


def test_the_last_administrator_stays(hubwright):
    done = hubwright("user", "admin", "admin", "--revoke")
    assert done.returncode == 2 and "administrator" in done.stderr


def test_up_and_down_as_a_user_types_them(new_site):
    site = new_site()
    file = ["--site", str(site.site_file)]
    first = run_hubwright("up", *file)
    assert first.returncode == 0, first.stderr
    password = (site.state / "admin-password").read_text().strip()
    assert password in first.stdout and site.url in first.stdout
    again = run_hubwright("up", "--quiet", *file)
    assert "nothing had to change" in again.stdout and again.stderr == ""
    assert password not in again.stdout
    assert run_hubwright("down", *file).returncode == 0
    assert site.containers() == []


def names(site):
    return list(by_name(site.api.accounts()))


def by_name(accounts):
    return {account["name"]: account for account in accounts}
