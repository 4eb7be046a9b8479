"""The labs' network: a bridge on which labs reach the hub and the outside, and no other lab."""

import ipaddress

import docker
from docker.types import IPAMConfig, IPAMPool

from hubwright import labels
from hubwright.errors import UserError
from hubwright.settings import Settings


def ensure(client: docker.DockerClient, settings: Settings) -> str:
    """Makes the network if it is missing; returns the host's address on it.

    Raises UserError where a network of that name is not ours, or settings and network disagree.
    """
    name = settings.hub.name
    subnet = settings.network.subnet
    try:
        network = client.networks.get(name)
    except docker.errors.NotFound:
        network = _create(client, name, subnet)
    if (network.attrs["Labels"] or {}).get(labels.HUB) != name:
        raise UserError(
            f"hub.name: Docker has a network '{name}' that is not hubwright's; "
            "choose another hub.name, or remove that network"
        )
    pool = network.attrs["IPAM"]["Config"][0]
    if subnet and pool["Subnet"] != subnet:
        raise UserError(
            f"network.subnet: '{subnet}' was given, and the network '{name}' has "
            f"{pool['Subnet']}; stop the labs (hubwright down --labs), remove it "
            f"(docker network rm {name}) and run 'hubwright up' again"
        )
    return str(pool.get("Gateway") or _first_address(pool["Subnet"])).partition("/")[0]


def _create(
    client: docker.DockerClient, name: str, subnet: str | None
) -> docker.models.networks.Network:
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


def _first_address(subnet: str) -> str:
    return str(next(ipaddress.ip_network(subnet).hosts()))
