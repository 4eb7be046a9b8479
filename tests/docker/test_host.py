"""`hubwright host`: what a service manager runs in the place of `hubwright up`."""

import json
import os
import stat

import pytest

from conftest import run_hubwright
from hubwright.images import builder
from hubwright.images.environment import BuildEnvironment


@pytest.fixture
def prepared(new_site, tmp_path):
    """A site that is prepared with secrets of its own, and not started."""
    site = new_site(network={"bridge": f"hw{os.getpid() % 100000}"})
    secrets = tmp_path / "secrets"
    secrets.mkdir()
    (secrets / "cookie-secret").write_text("ab" * 32 + "\n")
    (secrets / "admin-password").write_text("correct horse battery\n")
    images = tmp_path / "images.json"
    hub = builder.tag_of("hub", BuildEnvironment.from_mapping(os.environ))
    images.write_text(json.dumps({"hub": hub, "labs": {"base": {"reference": "x", "title": "X"}}}))

    def prepare():
        return run_hubwright(
            *("host", "prepare", "--site", str(site.site_file)),
            *("--images", str(images), "--secrets", str(secrets)),
        )

    site.prepare, site.secrets, site.images = prepare, secrets, images
    return site


def test_prepare(prepared, docker_client):
    done = prepared.prepare()
    assert done.returncode == 0, done.stderr
    runtime = json.loads((prepared.state / "hub" / "runtime.json").read_text())
    assert runtime["lab_images"] == {"base": {"reference": "x", "title": "X"}}
    network = docker_client.networks.get(prepared.name)
    bridge = network.attrs["Options"]["com.docker.network.bridge.name"]
    assert bridge == prepared.settings.network.bridge
    assert runtime["gateway"] == network.attrs["IPAM"]["Config"][0]["Gateway"]


def test_own_secrets_replace_what_was_made(prepared):
    prepared.prepare()
    (prepared.secrets / "cookie-secret").write_text("cd" * 32 + "\n")
    before = (prepared.state / "secrets" / "proxy-token").read_text()
    assert prepared.prepare().returncode == 0
    cookie = prepared.state / "secrets" / "cookie-secret"
    assert cookie.read_text() == "cd" * 32 + "\n"
    assert (stat.S_IMODE(cookie.stat().st_mode), cookie.stat().st_uid) == (0o600, 60800)
    assert (prepared.state / "secrets" / "proxy-token").read_text() == before


def test_a_document_of_images_that_is_none(prepared):
    prepared.images.write_text('{"hub": 1}')
    done = prepared.prepare()
    (line,) = done.stderr.strip().splitlines()
    assert done.returncode == 2
    assert str(prepared.images) in line and "hub" in line
    assert not (prepared.state / "secrets").exists()


def test_secrets_that_are_not_there(prepared):
    """A systemd that has no credentials must not end in secrets that are made up."""
    (prepared.secrets / "cookie-secret").unlink()
    (prepared.secrets / "admin-password").unlink()
    prepared.secrets.rmdir()
    done = prepared.prepare()
    (line,) = done.stderr.strip().splitlines()
    assert done.returncode == 2
    assert str(prepared.secrets) in line
    assert not (prepared.state / "secrets").exists()


def test_another_bridge_than_the_network_has(prepared):
    prepared.prepare()
    changed = prepared.with_changes(network={"bridge": "hwother"})
    prepared.site_file.write_text(changed.model_dump_json())
    prepared.settings = changed
    done = prepared.prepare()
    assert done.returncode == 2
    assert "network.bridge: 'hwother' was given" in done.stderr


def test_accounts_come_with_the_given_password(prepared):
    prepared.up()
    first = prepared.settings.users.admins[0]
    prepared.api.add("other", admin=True)
    prepared.api.remove(first)
    done = run_hubwright(
        *("host", "accounts", "--site", str(prepared.site_file)),
        *("--secrets", str(prepared.secrets)),
    )
    assert done.returncode == 0, done.stderr
    accounts = {account["name"]: account for account in prepared.api.accounts()}
    assert accounts[first]["has_password"] and accounts[first]["admin"]
    again = run_hubwright("host", "accounts", "--site", str(prepared.site_file))
    assert again.returncode == 0
    assert again.stdout == ""
