"""Who holds devices: read from Docker, which is the truth about leases."""

from collections import Counter
from collections.abc import Iterable
from typing import Any

import docker

from hubwright import labels

_HOLDING = ["created", "restarting", "running", "paused"]


def held_devices(client: docker.APIClient) -> Counter[str]:
    """Number of containers on each device id: labs of any hub, and containers of anyone else.

    Blocking. Raises docker's errors.
    """
    held: Counter[str] = Counter()
    for container in client.containers(all=True, filters={"status": _HOLDING}):
        if labels.DEVICES in (container["Labels"] or {}):
            held.update(split_devices(container["Labels"][labels.DEVICES]))
        elif labels.ROLE not in (container["Labels"] or {}):
            held.update(_requested(client, container["Id"]))
    return held


def split_devices(label: str) -> list[str]:
    """The device ids that the label DEVICES lists."""
    return [device for device in label.split(",") if device]


def _requested(client: docker.APIClient, container: str) -> Iterable[str]:
    try:
        host_config: dict[str, Any] = client.inspect_container(container)["HostConfig"]
    except docker.errors.NotFound:
        return []
    requests = host_config.get("DeviceRequests") or []
    return [i for request in requests for i in request.get("DeviceIDs") or []]
