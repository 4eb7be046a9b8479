"""The labs' network: a bridge on which labs reach the hub and the outside, and no other lab."""

import ipaddress
from typing import Any

import docker
from docker.types import IPAMConfig, IPAMPool

from hubwright import labels
from hubwright.errors import UserError
from hubwright.settings import Settings


def ensure(client: docker.DockerClient, settings: Settings) -> str:
    """Makes the network if it is missing; returns the host's address on it.

    Raises UserError where a network of that name is not ours, or settings and network disagree.
    """
    network = _find(client, settings) or _create(client, settings)
    pool = network.attrs["IPAM"]["Config"][0]
    subnet = settings.network.subnet
    if subnet and pool["Subnet"] != subnet:
        name = settings.hub.name
        raise UserError(
            f"network.subnet: '{subnet}' was given, and the network '{name}' has "
            f"{pool['Subnet']}; stop the labs (hubwright down --labs), remove it "
            f"(docker network rm {name}) and run 'hubwright up' again"
        )
    return _gateway(network)


def gateway(client: docker.DockerClient, settings: Settings) -> str:
    """The host's address on the network. Raises UserError where there is no such network yet."""
    network = _find(client, settings)
    if network is None:
        raise UserError(f"{settings.hub.name}: not set up on this machine; run 'hubwright up'")
    return _gateway(network)


def _find(client: docker.DockerClient, settings: Settings) -> Any | None:
    name = settings.hub.name
    try:
        network = client.networks.get(name)
    except docker.errors.NotFound:
        return None
    if (network.attrs["Labels"] or {}).get(labels.HUB) != name:
        raise UserError(
            f"hub.name: Docker has a network '{name}' that is not hubwright's; "
            "choose another hub.name, or remove that network"
        )
    return network


def _gateway(network: Any) -> str:
    pool = network.attrs["IPAM"]["Config"][0]
    first = next(ipaddress.ip_network(pool["Subnet"]).hosts())
    return str(pool.get("Gateway") or first).partition("/")[0]


def _create(client: docker.DockerClient, settings: Settings) -> Any:
    name, subnet = settings.hub.name, settings.network.subnet
    ipam = IPAMConfig(pool_configs=[IPAMPool(subnet=subnet)]) if subnet else None
    try:
        made = client.networks.create(
            name,
            driver="bridge",
            ipam=ipam,
            labels={labels.HUB: name},
            options={"com.docker.network.bridge.enable_icc": "false"},
        )
    except docker.errors.APIError as error:
        raise UserError(
            f"network.subnet: Docker can't make the labs' network: {error.explanation}; "
            "give a network that is free here"
        ) from None
    made.reload()
    return made
