"""The two services of a site: hub and proxy. Both share the host's network (design decision 10)."""

import hashlib
import json
from pathlib import Path
from typing import Any

import httpx
from docker.types import LogConfig, Mount

from hubwright import labels
from hubwright.deploy.service import Service
from hubwright.deploy.state import HUB_ID, PROXY_ID
from hubwright.errors import UserError
from hubwright.hub_api import HubApi
from hubwright.runtime import (
    FILE_VARIABLE,
    Runtime,
    config_directory,
    runtime_file,
    secrets_directory,
)
from hubwright.settings import Settings


def hub_service(runtime: Runtime, image: str) -> Service:
    """The hub: not root, but in the group of Docker's socket, which is root's equal."""
    settings = runtime.settings
    extras = config_directory(settings)
    mounts = [
        Mount(str(runtime.directory), str(runtime.directory), type="bind"),
        Mount(str(runtime.secrets), str(runtime.secrets), type="bind", read_only=True),
        Mount(str(extras), str(extras), type="bind", read_only=True),
        Mount(settings.homes, settings.homes, type="bind"),
        Mount(runtime.docker_socket, runtime.docker_socket, type="bind"),
    ]
    return Service(
        role=labels.ROLE_HUB,
        site=settings.hub.name,
        arguments={
            **_confined(),
            "image": image,
            "user": f"{HUB_ID}:{HUB_ID}",
            "group_add": [str(Path(runtime.docker_socket).stat().st_gid)],
            "environment": {FILE_VARIABLE: str(runtime_file(settings)), "HOME": "/tmp"},
            "mounts": mounts,
            # unlike mounts, these need not be there when the machine boots
            "volumes": [f"{path}:{path}:ro" for path in settings.gpus.cdi_directories],
            "working_dir": str(runtime.directory),
        },
        inputs={
            "runtime": runtime.model_dump_json(),
            "secrets": _fingerprint(*sorted(runtime.secrets.iterdir())),
            **{path.name: path.read_text() for path in sorted(extras.glob("*.py"))},
        },
    )


def proxy_service(settings: Settings, gateway: str, image: str) -> Service:
    """The proxy: the one that the world reaches; it knows nothing but its token."""
    hub = settings.hub
    token = str(secrets_directory(settings) / "proxy-token")
    low = hub.port < 1024
    return Service(
        role=labels.ROLE_PROXY,
        site=hub.name,
        arguments={
            **_confined(),
            "image": image,
            "user": f"0:{PROXY_ID}" if low else f"{PROXY_ID}:{PROXY_ID}",
            "cap_add": ["NET_BIND_SERVICE"] if low else [],
            "command": [
                f"--ip={hub.address}",
                f"--port={hub.port}",
                "--api-ip=127.0.0.1",
                f"--api-port={settings.network.proxy_api_port}",
                f"--error-target={hub_url(settings, gateway)}/error",
            ],
            "mounts": [Mount("/run/secrets/proxy-token", token, type="bind", read_only=True)],
        },
        inputs={"token": _fingerprint(Path(token))},
    )


def hub_url(settings: Settings, gateway: str) -> str:
    """Where this host reaches the hub itself, past the proxy."""
    return f"http://{gateway}:{settings.network.hub_port}{settings.hub.base_url}hub"


def hub_api_of(settings: Settings) -> HubApi:
    """The API of the hub that `up` has started. Raises UserError where there is none."""
    path = runtime_file(settings)
    try:
        gateway = json.loads(path.read_text())["gateway"]
    except PermissionError:
        raise UserError(f"{path}: permission denied; run this as root") from None
    except (OSError, ValueError, KeyError):
        name = settings.hub.name
        raise UserError(f"{name}: not set up on this machine; run 'hubwright up'") from None
    return HubApi(hub_url(settings, gateway), secrets_directory(settings) / "command-line-token")


def public_url(settings: Settings) -> str:
    """Where this host reaches the hub as its users do."""
    address = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(settings.hub.address)
    address = address or (
        f"[{settings.hub.address}]" if ":" in settings.hub.address else settings.hub.address
    )
    return f"http://{address}:{settings.hub.port}{settings.hub.base_url}"


def advertised_url(settings: Settings) -> str:
    """Where people reach the hub: by way of a web server, or as this host does."""
    return settings.hub.public_url or public_url(settings)


def answers(url: str) -> bool:
    """Whether a service of this host answers well at `url`."""
    try:
        return httpx.get(url, timeout=5, trust_env=False).status_code == 200
    except httpx.TransportError:
        return False


def _fingerprint(*paths: Path) -> str:
    return hashlib.sha256(b"\0".join(path.read_bytes() for path in paths)).hexdigest()


def _confined() -> dict[str, Any]:
    return {
        "cap_drop": ["ALL"],
        "init": True,
        "log_config": LogConfig(
            type=LogConfig.types.JSON, config={"max-size": "10m", "max-file": "3"}
        ),
        "network_mode": "host",
        "read_only": True,
        "restart_policy": {"Name": "unless-stopped"},
        "security_opt": ["no-new-privileges"],
        "tmpfs": {"/tmp": "size=64m,mode=1777"},
    }
