"""Disposable hosts: Debian with systemd and a Docker of its own, in a container.

They boot in seconds and are thrown away. What runs on them runs as on a machine: units, several
daemons, restarts. Needs root and a Docker that lets a container have what systemd needs.
"""

import hashlib
import os
import subprocess
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import docker
from docker.types import Mount

from hubwright.images.environment import BuildEnvironment

IMAGE = "hubwright/test-host"
PACKAGES = (
    *("systemd-sysv", "dbus", "docker.io", "docker-cli", "iptables", "iproute2", "procps"),
    *("ca-certificates", "kmod", "openssh-server", "restic", "sqlite3"),
)
PATIENCE = 120.0
"""Seconds that a host may take to boot, or a condition to hold."""

_CAPABILITIES = (
    *("SYS_ADMIN", "NET_ADMIN", "SYS_PTRACE", "NET_RAW", "SYS_TIME", "DAC_READ_SEARCH"),
    *("MKNOD", "SYSLOG", "SYS_MODULE"),
)
_CGROUPS = Path("/sys/fs/cgroup")
_BOOTED = {"running", "degraded"}


def image(client: docker.DockerClient) -> str:
    """The image of a host; made with mmdebstrap if it is not there."""
    tag = f"{IMAGE}:{hashlib.sha256(' '.join(PACKAGES).encode()).hexdigest()[:12]}"
    try:
        client.images.get(tag)
    except docker.errors.ImageNotFound:
        with tempfile.TemporaryDirectory() as directory:
            archive = Path(directory) / "host.tar"
            command = ["mmdebstrap", "--quiet", "--variant=minbase", "--format=tar"]
            command += [f"--include={','.join(PACKAGES)}", "--dpkgopt=force-unsafe-io"]
            command += ["--dpkgopt=path-exclude=/usr/share/man/*", "trixie", str(archive)]
            subprocess.run(
                command, check=True, env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
            )
            client.api.import_image_from_file(str(archive), *tag.split(":"))
    return tag


class DisposableHost:
    """One host. `with DisposableHost(client, name) as host:` boots it; nothing is left of it."""

    def __init__(
        self, client: docker.DockerClient, name: str, mounts: Sequence[Mount] = ()
    ) -> None:
        """mounts: what of this machine the host sees besides."""
        self._client = client
        self.name = name
        self._mounts = list(mounts)
        self.container: Any = None

    def __enter__(self) -> Self:
        cgroups, arguments = _cgroups()
        volume = Mount("/var/lib/docker", f"{self.name}-docker", type="volume")
        host_config = self._client.api.create_host_config(
            cap_add=list(_CAPABILITIES),
            device_cgroup_rules=["a *:* rwm"],
            mounts=[volume, *cgroups, *self._mounts],
            security_opt=["seccomp=unconfined", "apparmor=unconfined"],
            tmpfs={"/run": "", "/run/lock": "", "/tmp": "exec", **_private_cgroups(cgroups)},
        )
        # docker-py knows no name for what the command line calls systempaths=unconfined
        host_config |= {"MaskedPaths": [], "ReadonlyPaths": []}
        made = self._client.api.create_container(
            image(self._client),
            ["/sbin/init", *arguments],
            name=self.name,
            hostname=self.name,
            environment={"container": "docker"},
            host_config=host_config,
            stop_signal="SIGRTMIN+3",
        )
        self.container = self._client.containers.get(made["Id"])
        try:
            self.container.start()
            until("the host has booted", self._has_booted)
            # as on a machine; without it units don't see their credentials
            self.run("mount", "--make-rshared", "/")
            for number, data in enumerate(BuildEnvironment.from_mapping({}).certificates):
                self.write(f"/usr/local/share/ca-certificates/machine-{number}.crt", data)
            self.run("update-ca-certificates")
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.container.remove(force=True, v=True)
        for volume in self._client.volumes.list(filters={"name": f"{self.name}-docker"}):
            volume.remove(force=True)

    def run(self, *command: str, check: bool = True) -> str:
        """Output of a command on the host. AssertionError, with the output, if it fails."""
        code, output = self.container.exec_run(list(command))
        text = str(output.decode(errors="replace"))
        assert code == 0 or not check, f"{' '.join(command)}: exit code {code}\n{text}"
        return text

    def succeeds(self, *command: str) -> bool:
        return bool(self.container.exec_run(list(command))[0] == 0)

    def write(self, path: str, data: bytes, mode: int = 0o644) -> None:
        """Puts a file there."""
        # by way of a shell: Docker can't copy into a container's tmpfs
        script = 'mkdir -p "$(dirname "$1")" && cat >"$1" && chmod "$2" "$1"'
        command = ["docker", "exec", "-i", self.name, "sh", "-c", script, "sh", path, f"{mode:o}"]
        subprocess.run(command, input=data, check=True)

    def print_logs(self) -> None:
        """What a failing test shows of the host."""
        print(f"\n===== {self.name}")
        print(self.run("journalctl", "--no-pager", "--lines=300", check=False))
        print(self.run("docker", "ps", "--all", check=False))

    def _has_booted(self) -> bool:
        self.container.reload()
        assert self.container.status == "running", self.container.logs().decode(errors="replace")
        return self.run("systemctl", "is-system-running", check=False).strip() in _BOOTED


def until(what: str, holds: Callable[[], Any], patience: float = PATIENCE) -> None:
    """Polls until it holds. AssertionError after `patience` seconds."""
    deadline = time.monotonic() + patience
    while not holds():
        assert time.monotonic() < deadline, f"after {patience:.0f} s still not: {what}"
        time.sleep(0.2)


def _cgroups() -> tuple[list[Mount], list[str]]:
    """The machine's control groups as the host sees them, and what its systemd has to be told."""
    if (_CGROUPS / "cgroup.controllers").exists():
        return [Mount(str(_CGROUPS), str(_CGROUPS), type="bind")], []
    # version 1: each hierarchy by itself, so that what the host mounts besides stays there
    mounts = [
        Mount(str(path), str(path), type="bind")
        for path in sorted(_CGROUPS.iterdir())
        if path.is_mount()
    ]
    legacy = ["SYSTEMD_CGROUP_ENABLE_LEGACY_FORCE=1", "systemd.unified_cgroup_hierarchy=0"]
    return mounts, legacy


def _private_cgroups(mounts: list[Mount]) -> dict[str, str]:
    """A directory of the host's own for several hierarchies; none for one."""
    return {str(_CGROUPS): "mode=755"} if len(mounts) > 1 else {}
