"""What every lab is: the arguments from which Docker makes its container.

One place to read what a lab may do. It follows the CIS Docker Benchmark, section 5: not root, no
capabilities, no new privileges, bounds on memory, processor, processes and logs, no host namespace.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import docker
from docker.types import DeviceRequest, LogConfig, Mount, Ulimit

from hubwright import labels
from hubwright.homes import SHARED
from hubwright.names import slug
from hubwright.settings import Profile, Settings

HOME = "/home/jovyan"
"""The home inside a lab, as in Jupyter's own images."""

PORT = 8888

_SECOND = 1_000_000_000
_CPU_PERIOD = 100_000


def container_name(settings: Settings, user: str, server: str) -> str:
    """Name of the lab's container: different for different users and servers."""
    name = f"{settings.hub.name}-lab-{slug(user)}"
    return f"{name}--{slug(server)}" if server else name


def lab_labels(
    settings: Settings,
    *,
    user: str,
    server: str,
    profile: str,
    devices: Sequence[str],
    until: float | None,
) -> dict[str, str]:
    """The labels from which the hub knows the lab and its lease again."""
    made = {
        labels.HUB: settings.hub.name,
        labels.ROLE: labels.ROLE_LAB,
        labels.USER: user,
        labels.SERVER: server,
        labels.PROFILE: profile,
        labels.DEVICES: ",".join(devices),
    }
    if until is not None:
        made[labels.UNTIL] = str(int(until))
    return made


def lab_container(
    client: docker.APIClient,
    settings: Settings,
    profile: Profile,
    *,
    name: str,
    image: str,
    command: Sequence[str],
    environment: Mapping[str, str],
    container_labels: Mapping[str, str],
    network: str,
    home: Path,
    devices: Sequence[str],
) -> dict[str, Any]:
    """Keyword arguments for `client.create_container`."""
    host_config = client.create_host_config(
        auto_remove=False,  # a restart of dockerd kills containers that have it
        cap_drop=["ALL"],
        cpu_period=_CPU_PERIOD,
        cpu_quota=int(profile.cpu * _CPU_PERIOD),
        device_requests=[DeviceRequest(driver="cdi", device_ids=list(devices))] if devices else [],
        init=True,
        log_config=LogConfig(
            type=LogConfig.types.JSON, config={"max-size": "10m", "max-file": "2"}
        ),
        mem_limit=profile.memory,
        memswap_limit=profile.memory,
        mounts=[
            Mount(HOME, str(home), type="bind"),
            Mount(f"{HOME}/{SHARED}", settings.shared, type="bind", read_only=True),
        ],
        network_mode=network,
        pids_limit=profile.pids,
        restart_policy={"Name": "no"},
        security_opt=["no-new-privileges"],
        shm_size=profile.shm,
        ulimits=[Ulimit(name="core", soft=0, hard=0)],
    )
    return {
        "name": name,
        "image": image,
        "command": list(command),
        "environment": {
            **environment,
            "HOME": HOME,
            # whatever the image says: GPUs come from the lease, never from this variable
            "NVIDIA_VISIBLE_DEVICES": "void",
        },
        "healthcheck": {"interval": 60 * _SECOND, "timeout": 30 * _SECOND},
        "host_config": host_config,
        "hostname": slug(container_labels[labels.USER]),
        "labels": dict(container_labels),
        "ports": [PORT],
        "user": f"{settings.storage.uid}:{settings.storage.gid}",
    }
