"""The command line where no hub is needed: every mistake is one line, exit code 2, no traceback."""

import json
import os
import socket
import sys

import pytest

from conftest import run_hubwright
from hubwright.cli import main


def refused(done):
    """The one line that says why."""
    assert done.returncode == 2, done.stdout + done.stderr
    assert "Traceback" not in done.stdout + done.stderr
    (line,) = done.stderr.strip().splitlines()
    return line


@pytest.fixture
def site_file(tmp_path):
    path = tmp_path / "hubwright.toml"
    path.write_text(f'[hub]\naddress = "127.0.0.1"\nstate_directory = "{tmp_path}/state"\n')
    return path


def test_check_and_show_a_sound_file(site_file):
    assert run_hubwright("config", "check", str(site_file)).returncode == 0
    shown = run_hubwright("config", "show", "--site", str(site_file))
    assert json.loads(shown.stdout)["hub"]["address"] == "127.0.0.1"


def test_the_site_file_in_the_directory_is_taken(site_file):
    shown = run_hubwright("config", "show", cwd=site_file.parent)
    assert json.loads(shown.stdout)["hub"]["address"] == "127.0.0.1"


def test_schema():
    schema = json.loads(run_hubwright("config", "schema").stdout)
    assert {"hub", "profiles", "gpus"} <= set(schema["properties"])


def test_every_mistake_of_a_file_is_a_line(tmp_path):
    path = tmp_path / "bad.toml"
    path.write_text("[hub]\nprot = 1\nport = 'x'\n")
    done = run_hubwright("config", "check", str(path))
    assert done.returncode == 2 and done.stdout == ""
    lines = done.stderr.strip().splitlines()
    assert len(lines) == 2
    assert all(line.startswith(f"hubwright: {path}: hub.") for line in lines)


def test_an_unknown_lab_image(tmp_path):
    path = tmp_path / "bad.toml"
    path.write_text("[profiles.x]\ntitle = 'X'\nimage = 'tourch'\n")
    line = refused(run_hubwright("config", "check", str(path)))
    assert "profiles.x.image" in line and "did you mean 'torch'" in line


@pytest.mark.parametrize("command", [["status"], ["down"], ["logs"], ["images", "list"], ["up"]])
def test_docker_does_not_answer(site_file, command):
    environment = {**os.environ, "DOCKER_HOST": "unix:///nowhere/docker.sock"}
    options = ["--site", str(site_file)] if command[0] != "images" else []
    line = refused(run_hubwright(*command, *options, env=environment))
    assert "Docker (unix:///nowhere/docker.sock)" in line
    assert not (site_file.parent / "state").exists()


def test_docker_accepts_but_never_answers(site_file, tmp_path):
    with socket.socket(socket.AF_UNIX) as silent:
        silent.bind(str(tmp_path / "docker.sock"))
        silent.listen()
        environment = {**os.environ, "DOCKER_HOST": f"unix://{tmp_path}/docker.sock"}
        line = refused(run_hubwright("up", "--site", str(site_file), env=environment))
    assert "does not answer" in line


def test_a_docker_elsewhere_is_not_accepted(site_file):
    environment = {**os.environ, "DOCKER_HOST": "tcp://127.0.0.1:1"}
    line = refused(run_hubwright("up", "--site", str(site_file), env=environment))
    assert "DOCKER_HOST" in line or "Docker (tcp://127.0.0.1:1)" in line


def test_not_root(site_file, monkeypatch, capsys):
    monkeypatch.setattr(os, "geteuid", lambda: 65534)
    monkeypatch.setattr(sys, "argv", ["hubwright", "up", "--site", str(site_file)])
    with pytest.raises(SystemExit) as exit_:
        main()
    assert exit_.value.code == 2
    assert "not root" in capsys.readouterr().err
    assert not (site_file.parent / "state").exists()


@pytest.mark.parametrize("name", ["a b", "../x", "x" * 300, "a/b", ""])
def test_user_names_that_nobody_can_have(site_file, name):
    line = refused(run_hubwright("user", "add", name, "--site", str(site_file)))
    assert "user name" in line


def test_an_unknown_profile_to_validate(site_file):
    line = refused(run_hubwright("validate", "--profile", "x", "--site", str(site_file)))
    assert "--profile: 'x'" in line and "standard" in line


@pytest.mark.parametrize(
    "host", ["gpuhost", "ssh://", "ssh://-oProxyCommand=x", "ssh://-l@it", "docker://it"]
)
def test_a_host_that_can_not_be_reached(host):
    line = refused(run_hubwright("validate", f"--hosts={host}"))
    assert host in line and "ssh://[USER@]HOST[:PORT]" in line


def test_an_unknown_image_to_build():
    # said before Docker is asked, or even installed and started
    nowhere = {**os.environ, "DOCKER_HOST": "unix:///nowhere.sock"}
    line = refused(run_hubwright("images", "build", "nothing-like-this", env=nowhere))
    assert "nothing-like-this: no such image" in line
