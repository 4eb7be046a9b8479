"""`up`: repeated, interrupted, with changed settings, and with things in its way."""

import json
import os
import signal
import socket
import stat
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from acceptance.person import PASSWORD, Person, until
from conftest import run_hubwright
from hubwright import labels
from hubwright.deploy import network
from hubwright.deploy.down import down
from hubwright.errors import UserError
from hubwright.steps import QuietSteps


def ids(site):
    return {role: site.container(role).id for role in ("hub", "proxy")}


def test_a_second_up_changes_nothing(site):
    before = ids(site)
    outcome = site.up()
    assert outcome.changed == []
    assert outcome.password is None
    assert ids(site) == before


def test_only_what_must_restart_restarts(site):
    before = ids(site)
    outcome = site.up(profiles={"small": {"title": "Tiny", "cpu": 1, "memory": "1G"}})
    assert outcome.changed == ["hub"]
    assert ids(site)["proxy"] == before["proxy"]

    extra = site.state / "jupyterhub_config.d" / "10-extra.py"
    extra.write_text("c.JupyterHub.template_vars = {'announcement': 'hello from config.d'}\n")
    assert site.up().changed == ["hub"]
    assert "hello from config.d" in Person(site.url, "x").http.get(f"{site.url}hub/login").text
    extra.unlink()
    assert site.up().changed == ["hub"]


def test_a_container_removed_by_hand_comes_back(site):
    site.container("hub").remove(force=True)
    assert site.up().changed == ["hub"]
    site.container("proxy").remove(force=True)
    assert site.up().changed == ["proxy"]
    until(
        "routes are back", lambda: Person(site.url, "x").http.get(f"{site.url}hub/login").is_success
    )


def test_a_stopped_hub_starts_again(site):
    site.container("hub").stop()
    assert site.up().changed == ["hub"]


def test_secrets_are_for_their_owners_alone(site):
    modes = {
        path.name: (stat.S_IMODE(path.stat().st_mode), path.stat().st_uid)
        for path in (site.state / "secrets").iterdir()
    }
    assert modes == {
        "cookie-secret": (0o600, 60800),
        "proxy-token": (0o640, 60800),
        "command-line-token": (0o600, 60800),
        "metrics-token": (0o600, 60800),
    }
    password = site.state / "admin-password"
    assert (stat.S_IMODE(password.stat().st_mode), password.stat().st_uid) == (0o600, 0)


def test_no_secret_shows_in_docker_inspect(site):
    secrets = [path.read_text().strip() for path in (site.state / "secrets").iterdir()]
    secrets.append((site.state / "admin-password").read_text().strip())
    for container in site.containers():
        shown = str(container.attrs) + container.logs().decode(errors="replace")
        assert not [secret for secret in secrets if secret in shown], container.name


def test_hub_and_proxy_are_confined(site):
    for role in ("hub", "proxy"):
        container = site.container(role)
        host = container.attrs["HostConfig"]
        assert host["CapDrop"] == ["ALL"] and not host["CapAdd"]
        assert host["ReadonlyRootfs"] and "no-new-privileges" in host["SecurityOpt"]
        assert container.attrs["Config"]["User"] not in {"", "0", "root"}
        assert container.exec_run(["id", "-u"]).output.strip() != b"0"


def test_accounts_survive_a_rebuilt_hub(site):
    site.api.add("keeper", admin=True, password=PASSWORD)
    before = site.container("hub").id
    site.container("hub").remove(force=True)
    site.up()
    assert site.container("hub").id != before
    accounts = {account["name"]: account for account in site.api.accounts()}
    assert accounts["keeper"]["admin"]
    keeper = Person(site.url, "keeper")
    assert "/hub/login" not in str(keeper.log_in(PASSWORD).url)


def test_labs_and_kernels_outlive_the_hub(site):
    site.api.add("steady", password=PASSWORD)
    person = Person(site.url, "steady")
    person.log_in(PASSWORD)
    person.start_lab("small")
    assert person.progress()[-1].get("ready")
    person.open_lab()
    lab = [lab.id for lab in site.labs() if lab.labels[labels.USER] == "steady"]
    with person.kernel() as kernel:
        kernel.run("import itertools, threading, time; n = 0")
        kernel.run("def count():\n    global n\n    while True:\n        n += 1; time.sleep(0.01)")
        kernel.run("threading.Thread(target=count, daemon=True).start()")
        site.container("hub").remove(force=True)
        first = int(kernel.run("print(n)"))  # by the same websocket, with no hub at all
        until("the kernel counts on", lambda: int(kernel.run("print(n)")) > first, patience=10)
        site.up()
        assert int(kernel.run("print(n)")) > first
    assert person.lab_get("status").status_code == 200
    model = site.api.user("steady")
    assert model["servers"][""]["ready"]
    assert [lab.id for lab in site.labs() if lab.labels[labels.USER] == "steady"] == lab
    site.api.stop_lab("steady")


def test_down_leaves_labs_and_data(new_site, docker_client):
    site = new_site()
    site.up()
    site.api.add("stay", password=PASSWORD)
    person = Person(site.url, "stay")
    person.log_in(PASSWORD)
    person.start_lab("small")
    assert person.progress()[-1].get("ready")
    person.open_lab()
    steps = QuietSteps()
    down(docker_client, site.settings, steps, stop_labs=False)
    assert [container.labels[labels.ROLE] for container in site.containers()] == ["lab"]
    assert site.labs()[0].status == "running"
    assert (site.state / "hub" / "jupyterhub.sqlite").exists()
    assert site.up().changed == ["proxy", "hub"]
    until("the hub knows the lab", lambda: site.api.user("stay")["servers"])
    until("the lab is served", lambda: person.lab_get("status").status_code == 200)
    down(docker_client, site.settings, steps, stop_labs=True)
    assert site.containers() == []


def test_a_port_that_is_taken(new_site):
    site = new_site()
    with socket.socket() as other:
        other.bind(("127.0.0.1", site.settings.hub.port))
        other.listen()
        with pytest.raises(UserError, match=r"hub\.port: port \d+ .* is taken"):
            site.up()
    assert site.containers() == [] and not list(site.state.iterdir()), "something is half-made"


def test_names_that_belong_to_somebody_else(new_site, docker_client):
    site = new_site()
    name = f"{site.name}-hub"
    image = docker_client.images.list(name="hubwright/hub")[0]
    alien = docker_client.containers.create(image, "true", name=name)
    try:
        with pytest.raises(UserError, match=rf"hub\.name: .*'{name}' that is not hubwright's"):
            site.up()
        alien.reload()
    finally:
        alien.remove()


def test_an_own_image_that_is_not_there(new_site):
    site = new_site(
        images={"ours": {"reference": "hubwright-test/never-made:1"}},
        profiles={"own": {"title": "Own", "image": "ours"}},
    )
    with pytest.raises(UserError, match=r"images\.ours\.reference: .*can't be pulled"):
        site.up()
    assert site.containers() == []


def test_an_unknown_image_in_a_profile(new_site):
    site = new_site(profiles={"own": {"title": "Own", "image": "bose"}})
    with pytest.raises(UserError, match=r"profiles\.own\.image.*'bose'.*base"):
        site.up()


def test_a_state_directory_that_cannot_be_written(new_site):
    site = new_site(hub={"state_directory": "/proc/hubwright"})
    with pytest.raises(UserError, match=r"hub\.state_directory: .*/proc/hubwright"):
        site.up()
    assert site.containers() == []


def test_two_sites_in_one_state_directory(site, new_site):
    other = new_site(hub={"state_directory": str(site.state)})
    with pytest.raises(UserError, match=rf"hub\.state_directory: .* the site '{site.name}'"):
        other.up()
    assert site.up().changed == []


def test_an_address_that_this_machine_has_not(new_site):
    site = new_site(hub={"address": "192.0.2.77"})
    with pytest.raises(UserError, match=r"hub\.port: this machine has no address 192\.0\.2\.77"):
        site.up()


@pytest.mark.parametrize("secret", ["command-line-token", "proxy-token", "cookie-secret"])
def test_a_new_secret_is_taken_up(site, secret):
    (site.state / "secrets" / secret).unlink()
    changed = site.up().changed
    assert changed == (["proxy", "hub"] if secret == "proxy-token" else ["hub"])
    assert site.api.accounts()


def test_directories_that_are_there_keep_their_owner(new_site, tmp_path):
    homes = tmp_path / "homes"
    homes.mkdir()
    homes.chmod(0o775)
    os.chown(homes, 12345, 12345)
    new_site(storage={"homes": str(homes)}).up()
    found = homes.stat()
    assert (found.st_uid, stat.S_IMODE(found.st_mode)) == (12345, 0o775)


def test_homes_where_the_hub_can_not_look(new_site, tmp_path):
    homes = tmp_path / "homes"
    homes.mkdir(mode=0o700)
    with pytest.raises(UserError, match=r"storage\.homes: .* chmod o\+x"):
        new_site(storage={"homes": str(homes)}).up()


def test_another_first_administrator_has_a_password_of_their_own(new_site):
    site = new_site()
    first = site.up().password
    second = site.up(users={"admins": ["zoe"]}).password
    assert first and second and first != second
    assert "/hub/login" in str(Person(site.url, "zoe").log_in(first).url)
    assert "/hub/login" not in str(Person(site.url, "zoe").log_in(second).url)


def test_two_ups_at_once(new_site):
    site = new_site()
    command = [Path(sys.executable).parent / "hubwright", "up", "--site", site.site_file]
    both = [
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        for _ in range(2)
    ]
    outputs = [process.communicate(timeout=300)[0] for process in both]
    assert [process.returncode for process in both] == [0, 0], outputs
    assert sum("nothing had to change" in output for output in outputs) == 1
    assert len(site.containers()) == 2


def test_a_network_made_twice_is_one_again(new_site, docker_client):
    site = new_site()
    for _ in range(2):  # as an `up` that was cut short, and the next one, can leave them
        docker_client.networks.create(
            site.name, labels={labels.HUB: site.name}, options=network.OPTIONS
        )
    site.up()
    assert len(docker_client.networks.list(names=[site.name])) == 1
    gateway = json.loads((site.state / "hub" / "runtime.json").read_text())["gateway"]
    docker_client.networks.create(
        site.name, labels={labels.HUB: site.name}, options=network.OPTIONS
    )
    assert site.api.accounts(), "a late second network leads astray"
    assert site.up().changed == []
    assert json.loads((site.state / "hub" / "runtime.json").read_text())["gateway"] == gateway


def test_a_network_on_which_labs_reach_each_other_is_refused(new_site, docker_client):
    site = new_site()
    docker_client.networks.create(site.name, labels={labels.HUB: site.name})
    with pytest.raises(UserError, match="lets labs reach each other"):
        site.up()
    assert site.containers() == []


@pytest.mark.parametrize("moment", ["secrets", "runtime.json", "hub-container"])
def test_an_interrupted_up_is_finished_by_the_next(new_site, moment):
    site = new_site()
    hubwright = Path(sys.executable).parent / "hubwright"
    process = subprocess.Popen(
        [hubwright, "up", "--site", site.site_file],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    reached = {
        "secrets": lambda: (site.state / "secrets").exists(),
        "runtime.json": lambda: (site.state / "hub" / "runtime.json").exists(),
        "hub-container": lambda: len(site.containers()) == 2,
    }[moment]
    until("the moment", lambda: reached() or process.poll() is not None)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    outcome = site.up()
    assert site.container("hub").status == site.container("proxy").status == "running"
    password = (site.state / "admin-password").read_text().strip()
    admin = Person(site.url, "admin")
    assert "/hub/login" not in str(admin.log_in(password).url)
    assert outcome.password in {None, password}


def test_behind_a_web_server(new_site):
    """Links lead where people reach the hub; this host reaches it as before."""
    site = new_site(hub={"public_url": "https://hub.example.org"})
    assert site.up().url == "https://hub.example.org/"
    added = run_hubwright("user", "add", "ada", "--site", str(site.site_file))
    assert "https://hub.example.org/hub/" in added.stdout
    status = run_hubwright("status", "--json", "--site", str(site.site_file))
    assert json.loads(status.stdout)["url"] == "https://hub.example.org/"
    assert httpx.get(f"{site.url}hub/health", trust_env=False).status_code == 200
