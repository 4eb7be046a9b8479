"""Labs: what each one is, who may start what, and what happens when something is in the way."""

import os
import subprocess

import httpx
import pytest

from acceptance.person import PASSWORD, Person, until
from hubwright import labels
from hubwright.errors import UserError
from hubwright.images import builder
from hubwright.images.environment import BuildEnvironment
from hubwright.lab import container_name
from hubwright.names import normalize, slug
from hubwright.runtime import secrets_directory


@pytest.fixture(scope="module")
def rest(site):
    """JupyterHub's REST API, with the command line's token."""
    token = (secrets_directory(site.settings) / "command-line-token").read_text().strip()
    headers = {"Authorization": f"token {token}"}
    with httpx.Client(
        base_url=f"{site.url}hub/api/", headers=headers, timeout=120, trust_env=False
    ) as client:
        yield client


@pytest.fixture
def user(site, rest):
    """Adds users who have a password; removes them with labs afterwards."""
    added = []

    def add(name):
        site.api.add(name, password=PASSWORD)
        added.append(normalize(name))
        return name

    yield add
    for name in added:
        site.api.remove(name)


def start(rest, name, **options):
    """Starts a lab by REST; waits until it is ready. Returns the answer to the request."""
    answer = rest.post(f"users/{name}/server", **options)
    if answer.is_success:
        until("the lab is ready", lambda: server(rest, name).get("ready"), patience=60)
    return answer


def server(rest, name):
    return rest.get(f"users/{name}").json()["servers"].get("", {})


def lab(site, name):
    return site.client.containers.get(container_name(site.settings, name, ""))


def test_every_lab_is_confined(site, rest, user):
    name = user("confined")
    start(rest, name, json={"profile": "large"})
    attrs = lab(site, name).attrs
    host = attrs["HostConfig"]
    assert attrs["Config"]["User"] == "1000:1000"
    assert host["CapDrop"] == ["ALL"] and not host["CapAdd"] and not host["Privileged"]
    assert host["SecurityOpt"] == ["no-new-privileges"]
    assert host["Init"] is True and host["AutoRemove"] is False
    assert host["RestartPolicy"]["Name"] in {"", "no"}
    assert host["PidsLimit"] == 1024
    assert host["Memory"] == host["MemorySwap"] == 2 << 30
    assert host["CpuQuota"] / host["CpuPeriod"] == 1.5
    assert host["ShmSize"] == 1 << 30
    assert host["LogConfig"]["Config"]["max-size"] == "10m"
    assert host["NetworkMode"] == site.name
    assert attrs["Config"]["Healthcheck"]["Interval"] >= 30_000_000_000
    assert "NVIDIA_VISIBLE_DEVICES=void" in attrs["Config"]["Env"]
    assert {key: attrs["Config"]["Labels"][key] for key in (labels.HUB, labels.USER)} == {
        labels.HUB: site.name,
        labels.USER: name,
    }
    assert attrs["Config"]["Labels"][labels.PROFILE] == "large"
    assert attrs["Config"]["Labels"][labels.SERVER] == ""
    inside = lab(site, name).exec_run(["cat", "/proc/1/status"]).output.decode()
    assert "CapEff:\t0000000000000000" in inside and "NoNewPrivs:\t1" in inside


@pytest.mark.parametrize(
    "body",
    [
        {"profile": "gone"},
        {"image": "debian:13"},
        {"profile": "small", "mem_limit": "64G"},
        {"profile": ["small"]},
        {"user_options": {"profile": "gone"}, "display_name": ""},
    ],
)
def test_rest_takes_no_other_choice_than_the_form(rest, user, site, body):
    name = user("rester")
    answer = rest.post(f"users/{name}/server", json=body)
    assert answer.status_code == 400, answer.text
    assert "profile" in answer.json()["message"]
    assert not server(rest, name)
    assert start(rest, name).is_success, "the refused choice locks the user out"
    assert lab(site, name).labels[labels.PROFILE] == "small"


def test_a_choice_that_is_no_longer_offered_locks_nobody_out(rest, user, site):
    name = user("former")
    start(rest, name, json={"profile": "large"})
    site.api.stop_lab(name)
    before = site.settings
    small_only = {"small": before.profiles["small"]}
    try:
        site.settings = before.model_copy(update={"profiles": small_only})
        site.up()
        assert start(rest, name).is_success
        assert lab(site, name).labels[labels.PROFILE] == "small"
    finally:
        site.settings = before
        site.up()


@pytest.mark.parametrize(
    "name", ["ada.lovelace", "ada-lovelace", "ada-2elovelace", "åsa", "李雷", "x" * 100, "a@b.org"]
)
def test_awkward_names(site, rest, user, name):
    user(name)
    person = Person(site.url, name)
    assert "/hub/login" not in str(person.log_in(PASSWORD).url)
    person.start_lab("small")
    assert person.progress()[-1].get("ready")
    person.open_lab()
    assert person.lab_get("status").status_code == 200
    home = site.state / "homes" / slug(name)
    assert home.stat().st_uid == 1000 and oct(home.stat().st_mode)[-3:] == "700"
    with person.kernel() as kernel:
        kernel.run("import pathlib; (pathlib.Path.home() / 'work' / 'mine').touch()")
    assert (home / "work" / "mine").exists()


def test_names_that_differ_in_case_are_one_account(site, user):
    user("Mixed.Case")
    person = Person(site.url, "MIXED.case")
    assert "/hub/login" not in str(person.log_in(PASSWORD).url)
    assert "mixed.case" in {account["name"] for account in site.api.accounts()}


@pytest.mark.parametrize("name", ["x" * 300, "a\x00b", "../../etc", "<script>", "a b", "", "💥"])
def test_names_that_nobody_has_just_fail_to_log_in(site, name):
    answer = Person(site.url, name).log_in(PASSWORD)
    assert answer.status_code in {200, 401, 403}, answer.status_code
    assert "/hub/login" in str(answer.url)
    assert "<script>alert" not in answer.text


def test_a_cancelled_start_leaves_nothing(site, rest, user):
    name = user("hasty")
    for _ in range(3):
        assert rest.post(f"users/{name}/server").is_success
        site.api.stop_lab(name)
        until(
            "nothing is left",
            lambda: (
                not site.client.containers.list(
                    all=True, filters={"name": f"^{container_name(site.settings, name, '')}$"}
                )
            ),
            patience=20,
        )
    assert start(rest, name).is_success


def test_an_image_that_is_gone(site, rest, user):
    name = user("imageless")
    environment = BuildEnvironment.from_mapping(os.environ)
    reference = builder.tag_of("base", environment)
    kept = "hubwright-test/kept:1"
    site.client.images.get(reference).tag(kept)
    site.client.images.remove(reference, noprune=True)
    try:
        answer = rest.post(f"users/{name}/server")
        assert answer.status_code == 503
        assert "is not on this machine" in answer.json()["message"]
    finally:
        site.client.images.get(kept).tag(reference)
        site.client.images.remove(kept, noprune=True)
    assert start(rest, name).is_success


def test_a_container_of_somebody_else_under_our_name(site, rest, user):
    name = user("stolen")
    lab_name = container_name(site.settings, name, "")
    image = site.container("hub").image
    alien = site.client.containers.run(image, ["sleep", "600"], name=lab_name, detach=True)
    try:
        answer = rest.post(f"users/{name}/server")
        assert answer.status_code == 503
        assert "not ours" in answer.json()["message"]
        alien.reload()
        assert alien.status == "running", "we touched what is not ours"
    finally:
        alien.remove(force=True)
    assert start(rest, name).is_success


def test_a_lab_that_ends_at_once_says_why(new_site, docker_client):
    image = docker_client.images.list(name="hubwright/hub")[0]
    site = new_site(
        images={"broken": {"reference": image.tags[0]}},
        profiles={"broken": {"title": "Broken", "image": "broken"}},
    )
    site.up()
    site.api.add("unlucky", password=PASSWORD)
    person = Person(site.url, "unlucky")
    person.log_in(PASSWORD)
    person.start_lab("broken")
    last = person.progress()[-1]
    assert last.get("failed")
    assert "ended while it started" in last["message"]
    assert site.labs() == []


def test_homes_on_a_read_only_disk(new_site, tmp_path):
    disk = tmp_path / "disk"
    disk.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "tmpfs", disk], check=True)
    try:
        site = new_site(storage={"homes": str(disk)})
        site.up()
        site.api.add("writer", password=PASSWORD)
        site.container("hub").remove(force=True)
        subprocess.run(["mount", "-o", "remount,ro", disk], check=True)
        with pytest.raises(UserError, match=rf"storage\.homes: {disk}: Read-only file system"):
            site.up()
        subprocess.run(["mount", "-o", "remount,rw", disk], check=True)
        site.up()
        subprocess.run(["mount", "-o", "remount,ro", disk], check=True)
        person = Person(site.url, "writer")
        person.log_in(PASSWORD)
        answer = person.submit(f"{site.url}hub/spawn", {"profile": "small"})
        text = answer.text if answer.status_code != 200 else str(person.progress()[-1])
        assert "read-only" in text
        assert site.labs() == []
        site.remove()
    finally:
        subprocess.run(["umount", "-l", disk], check=True)


def test_a_home_that_belongs_to_somebody_else_is_left_alone(site, rest, user):
    name = user("owner")
    home = site.state / "homes" / name
    home.mkdir(mode=0o755)
    os.chown(home, 12345, 12345)
    answer = rest.post(f"users/{name}/server")
    assert answer.status_code == 503
    assert "belongs to user id 12345" in answer.json()["message"]
    assert home.stat().st_uid == 12345 and home.stat().st_mode & 0o777 == 0o755
    os.chown(home, 1000, 1000)
    assert start(rest, name).is_success


def test_a_home_closed_by_its_user_opens_again(site, rest, user):
    name = user("closer")
    start(rest, name)
    site.api.stop_lab(name)
    (site.state / "homes" / name).chmod(0)
    assert start(rest, name).is_success


def test_a_user_whose_lab_is_starting_is_removed_whole_or_not_at_all(site, rest, user):
    name = user("mover")
    assert rest.post(f"users/{name}/server").is_success
    answer = rest.delete(f"users/{name}")
    if answer.status_code == 400:
        assert "just starting" in answer.json()["message"]
        assert name in {a["name"] for a in site.api.accounts() if a["has_password"]}
    else:
        assert answer.status_code == 204
        site.api.add(name)


def test_nobody_is_renamed(rest, user):
    name = user("steadfast")
    answer = rest.patch(f"users/{name}", json={"name": "other"})
    assert answer.status_code == 400 and "renamed" in answer.json()["message"]
    assert rest.get("users/other").status_code == 404


def test_a_removed_users_home_is_not_inherited(site, rest, user):
    name = user("leaver")
    start(rest, name)
    (site.state / "homes" / name / "work" / "secret").write_text("mine")
    site.api.remove(name)
    assert not (site.state / "homes" / name).exists()
    kept = list((site.state / "homes" / ".removed").glob(f"{name}.*"))
    assert len(kept) == 1 and (kept[0] / "work" / "secret").read_text() == "mine"
    site.api.add(name, password=PASSWORD)
    start(rest, name)
    assert not (site.state / "homes" / name / "work" / "secret").exists()


def test_hours_that_are_over(new_site):
    site = new_site(profiles={"short": {"title": "Short", "hours": 0.001}})
    site.up()
    site.api.add("brief", password=PASSWORD)
    person = Person(site.url, "brief")
    person.log_in(PASSWORD)
    person.start_lab("short")
    assert person.progress()[-1].get("ready")
    until("its hours are over", lambda: not site.labs(), patience=60)
    until("the hub knows", lambda: not site.api.user("brief")["servers"], patience=60)


def test_a_broken_home_does_not_break_its_lab(site, user):
    name = user("tinkerer")
    person = Person(site.url, name)
    person.log_in(PASSWORD)
    person.start_lab("small")
    assert person.progress()[-1].get("ready")
    person.open_lab()
    code = """
import pathlib, sys
home = pathlib.Path.home()
packages = home / ".local" / "lib" / f"python{sys.version_info[0]}.{sys.version_info[1]}"
packages = packages / "site-packages"
packages.mkdir(parents=True)
(packages / "jupyter_server.py").write_text("raise SystemExit('broken by its user')")
(packages / "mine.py").write_text("answer = 42")
(home / ".jupyter").mkdir(exist_ok=True)
(home / ".jupyter" / "jupyter_server_config.py").write_text("raise SystemExit('broken too')")
"""
    with person.kernel() as kernel:
        kernel.run(code)
    person.stop_lab()
    person.start_lab("small")
    assert person.progress()[-1].get("ready")
    person.open_lab()
    with person.kernel() as kernel:
        assert kernel.run("import mine; print(mine.answer)") == "42\n"
