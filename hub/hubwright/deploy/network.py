"""The labs' network: a bridge on which labs reach the hub and the outside, and no other lab."""

import ipaddress
from typing import Any

import docker
from docker.types import IPAMConfig, IPAMPool

from hubwright import labels
from hubwright.errors import UserError
from hubwright.settings import Settings

OPTIONS = {"com.docker.network.bridge.enable_icc": "false"}
"""What keeps labs from reaching each other: no traffic between the bridge's containers."""

_BRIDGE = "com.docker.network.bridge.name"


def ensure(client: docker.DockerClient, settings: Settings, known: str | None) -> str:
    """Makes the network if it is missing; returns the host's address on it.

    known: that address at the last `up`. Raises UserError where a network of that name is not
    ours, or settings and network disagree.
    """
    network = _find(client, settings, known) or _create(client, settings)
    name, subnet = settings.hub.name, settings.network.subnet
    again = f"stop the labs, remove it (docker network rm {name}) and run this again"
    pool = network.attrs["IPAM"]["Config"][0]
    if subnet and pool["Subnet"] != subnet:
        raise UserError(
            f"network.subnet: '{subnet}' was given, and the network '{name}' has "
            f"{pool['Subnet']}; {again}"
        )
    options = network.attrs["Options"] or {}
    if not OPTIONS.items() <= options.items():
        raise UserError(f"hub.name: the network '{name}' lets labs reach each other; {again}")
    bridge = settings.network.bridge
    if bridge and options.get(_BRIDGE) != bridge:
        raise UserError(
            f"network.bridge: '{bridge}' was given, and the network '{name}' has "
            f"{options.get(_BRIDGE, 'one that Docker has named')}; {again}"
        )
    return _gateway(network)


def _find(client: docker.DockerClient, settings: Settings, known: str | None) -> Any | None:
    name = settings.hub.name
    found = [network for network in client.networks.list(names=[name]) if network.name == name]
    for network in found:
        if (network.attrs["Labels"] or {}).get(labels.HUB) != name:
            raise UserError(
                f"hub.name: Docker has a network '{name}' that is not hubwright's; "
                "choose another hub.name, or remove that network"
            )
    # an `up` that is killed while Docker makes the network leaves one that appears a little later
    found.sort(key=lambda network: _gateway(network) != known)
    for network in found[1:]:
        network.remove()
    return found[0] if found else None


def _gateway(network: Any) -> str:
    pool = network.attrs["IPAM"]["Config"][0]
    first = next(ipaddress.ip_network(pool["Subnet"]).hosts())
    return str(pool.get("Gateway") or first).partition("/")[0]


def _create(client: docker.DockerClient, settings: Settings) -> Any:
    name, subnet, bridge = settings.hub.name, settings.network.subnet, settings.network.bridge
    ipam = IPAMConfig(pool_configs=[IPAMPool(subnet=subnet)]) if subnet else None
    try:
        made = client.networks.create(
            name,
            driver="bridge",
            check_duplicate=True,
            ipam=ipam,
            labels={labels.HUB: name},
            options={**OPTIONS, **({_BRIDGE: bridge} if bridge else {})},
        )
    except docker.errors.APIError as error:
        raise UserError(
            f"network: Docker can't make the labs' network: {error.explanation}; "
            "set network.subnet and network.bridge to what is free here, or leave them out"
        ) from None
    made.reload()
    return made
