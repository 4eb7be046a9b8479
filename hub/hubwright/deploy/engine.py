"""Docker on this host: connected to, and made available where that can be done."""

import os
import shutil
import subprocess
import time
from pathlib import Path

import docker
import requests

from hubwright.errors import UserError
from hubwright.steps import Steps

SOCKET = "/var/run/docker.sock"
LOG = Path("/var/log/dockerd.log")
"""Output of a dockerd that we started ourselves."""

_PATIENCE = 60.0
"""Seconds that dockerd may take to answer after its start."""

_PING_PATIENCE = 10
"""Seconds after which a Docker that says nothing counts as silent."""

_CALL_PATIENCE = 60
"""Seconds for any other call."""


def connect() -> docker.DockerClient:
    """A client of the running Docker. Raises UserError where none answers."""
    client, problem = _try_connect()
    if client is None:
        raise UserError(f"{problem}; 'hubwright up' as root makes Docker available")
    return client


def ensure(steps: Steps) -> docker.DockerClient:
    """A client; installs and starts Docker first where it is missing and we may.

    Raises UserError that says what to do where we may not.
    """
    client, problem = _try_connect()
    if client is not None:
        return client
    if os.environ.get("DOCKER_HOST"):
        raise UserError(f"{problem}; DOCKER_HOST names it: start it, or unset DOCKER_HOST")
    if not shutil.which("dockerd", path=_PATH):
        _install(steps)
    with steps.step("Starting Docker"):
        return _start()


def socket_path() -> str:
    """Path of the socket on which Docker is reached.

    Raises UserError for a Docker on another machine: homes and networks are this host's.
    """
    url = os.environ.get("DOCKER_HOST") or f"unix://{SOCKET}"
    if not url.startswith("unix://"):
        raise UserError(f"DOCKER_HOST: {url} was given; a socket of this host is accepted: unix://")
    return url.removeprefix("unix://")


_PATH = os.environ.get("PATH", "") + ":/usr/sbin:/sbin:/usr/local/sbin"


def _try_connect() -> tuple[docker.DockerClient | None, str]:
    try:
        docker.from_env(timeout=_PING_PATIENCE).ping()
        client = docker.from_env(timeout=_CALL_PATIENCE)
    except (docker.errors.DockerException, requests.RequestException) as error:
        where = os.environ.get("DOCKER_HOST") or SOCKET
        if "Permission" in str(error):
            return None, f"Docker ({where}): permission denied; run as root"
        return None, f"Docker ({where}): it does not answer"
    return client, ""


def _install(steps: Steps) -> None:
    if not (shutil.which("apt-get") and os.geteuid() == 0):
        raise UserError(
            "Docker: not installed; install it (Debian and Ubuntu: apt-get install docker.io) "
            "and run this again"
        )
    with steps.step("Installing Docker") as step:
        for command in (
            ["update"],
            ["install", "--no-install-recommends", "iptables", "docker.io"],
        ):
            step.detail(f"apt-get {command[0]}")
            done = subprocess.run(
                ["apt-get", "-qq", "-y", *command],
                env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"},
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
            )
            if done.returncode:
                raise UserError(f"Docker: apt-get {command[0]} failed: {_last(done.stderr)}")


def _start() -> docker.DockerClient:
    if os.geteuid() != 0:
        raise UserError("Docker: not running; start it, or run this as root")
    if Path("/run/systemd/system").is_dir():
        done = subprocess.run(
            ["systemctl", "enable", "--now", "docker"], capture_output=True, text=True
        )
        if done.returncode:
            raise UserError(f"Docker: systemctl could not start it: {_last(done.stderr)}")
        process = None
    else:
        with LOG.open("ab") as log:
            process = subprocess.Popen(
                ["dockerd"],
                env={**os.environ, "PATH": _PATH},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
    deadline = time.monotonic() + _PATIENCE
    while time.monotonic() < deadline:
        client, _ = _try_connect()
        if client is not None:
            return client
        if process is not None and process.poll() is not None:
            break
        time.sleep(0.2)
    raise UserError(f"Docker: it does not start; its last words: {_last_of_log()}")


def _last_of_log() -> str:
    return _last(LOG.read_text(errors="replace")) if LOG.exists() else "see journalctl -u docker"


def _last(text: str) -> str:
    lines = [line for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else "(no output)"
