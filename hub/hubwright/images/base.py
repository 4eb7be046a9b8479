"""The base image: Debian, pulled where a registry can be reached, else made on this machine."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

import docker

from hubwright import labels
from hubwright.errors import UserError
from hubwright.images.environment import BuildEnvironment
from hubwright.images.recipe import DEBIAN
from hubwright.steps import Step, Steps

_PULLED = ("debian", "13-slim")
_SUITE = "trixie"
_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

_BOOTSTRAP = (
    "mmdebstrap",
    "--variant=minbase",
    "--format=tar",
    "--dpkgopt=force-unsafe-io",
    "--dpkgopt=path-exclude=/usr/share/man/*",
    "--dpkgopt=path-exclude=/usr/share/info/*",
    "--dpkgopt=path-exclude=/usr/share/locale/*",
    "--dpkgopt=path-exclude=/usr/share/doc/*",
    "--dpkgopt=path-include=/usr/share/doc/*/copyright",
    '--aptopt=Acquire::Languages "none"',
    # the machine's own, which Docker puts into containers by itself
    '--customize-hook=rm -f "$1/etc/resolv.conf" "$1/etc/hostname"',
)


def ensure(client: docker.DockerClient, steps: Steps, environment: BuildEnvironment) -> str:
    """Name of the base image, which exists afterwards.

    Raises UserError where it can be neither pulled nor made.
    """
    try:
        client.images.get(DEBIAN)
    except docker.errors.ImageNotFound:
        with steps.step("Getting the base image") as step:
            if not _pull(client, step):
                _make(client, step, environment)
    return DEBIAN


def _pull(client: docker.DockerClient, step: Step) -> bool:
    step.detail(f"pulling {':'.join(_PULLED)}")
    try:
        image = client.images.pull(*_PULLED)
    except docker.errors.APIError:
        return False
    return bool(image.tag(*DEBIAN.split(":")))


def _make(client: docker.DockerClient, step: Step, environment: BuildEnvironment) -> None:
    step.detail("no registry answers; making it with mmdebstrap")
    variables = {**environment.arguments, "PATH": _PATH, "LC_ALL": "C"}
    if os.geteuid() != 0:
        raise UserError("the base image can't be pulled, and only root can make it: use sudo")
    if not shutil.which("mmdebstrap", path=_PATH):
        _install(step, variables)
    with tempfile.TemporaryDirectory(prefix="hubwright-") as directory:
        archive = Path(directory) / "debian.tar"
        _run([*_BOOTSTRAP, _SUITE, str(archive)], step, variables)
        step.detail("importing it into Docker")
        client.api.import_image_from_file(
            str(archive),
            *DEBIAN.split(":"),
            changes=['CMD ["bash"]', f"LABEL {labels.IMAGE}=debian"],
        )


def _install(step: Step, variables: dict[str, str]) -> None:
    if not shutil.which("apt-get", path=_PATH):
        raise UserError(
            "the base image can't be pulled, and mmdebstrap, which makes it, is not installed: "
            "install mmdebstrap, let Docker reach a registry, or bring 'debian:13-slim' along "
            f"with 'docker load' and 'docker tag debian:13-slim {DEBIAN}'"
        )
    apt = {**variables, "DEBIAN_FRONTEND": "noninteractive"}
    _run(["apt-get", "-q", "update"], step, apt)
    packages = ["mmdebstrap", "debian-archive-keyring"]
    _run(["apt-get", "-q", "-y", "install", "--no-install-recommends", *packages], step, apt)


def _run(command: Sequence[str], step: Step, variables: dict[str, str]) -> None:
    """Runs `command`; its lines are the step's details. Raises UserError with the last of them."""
    lines: list[str] = []
    with subprocess.Popen(
        command,
        env=variables,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    ) as process:
        try:
            for line in process.stdout or ():
                lines.append(line.rstrip())
                step.detail(line)
        except BaseException:
            process.terminate()
            raise
    if process.returncode:
        raise UserError(f"{command[0]} failed; its last lines:", *lines[-10:])
