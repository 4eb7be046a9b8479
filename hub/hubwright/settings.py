"""The settings of a site: what may stand in the site file, validated once.

The models are the schema (`hubwright config schema` prints it). An empty document is a working
site. Secrets are never values here: they are made by `hubwright up` and lie in files.
"""

import ipaddress
import re
from pathlib import PurePosixPath
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from hubwright.names import normalize
from hubwright.quantities import Memory, at_least

KEY = r"^[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?$"
Key = Annotated[str, Field(pattern=KEY)]
Port = Annotated[int, Field(ge=1, le=65535)]


_TOP = "bin boot dev etc home lib media mnt opt proc root run sbin srv sys tmp usr var"
_SYSTEM = {"/", *(f"/{name}" for name in _TOP.split(" "))}
"""Directories that are not a site's own."""


def _absolute(path: str) -> str:
    if not path.startswith("/") or ".." in PurePosixPath(path).parts or not path.isprintable():
        raise ValueError("an absolute path without '..' is accepted")
    return str(PurePosixPath(path))


def _own(path: str) -> str:
    if path in _SYSTEM:
        raise ValueError(
            f"a directory of its own such as '{path.rstrip('/')}/hubwright' is accepted"
        )
    return path


def _address(address: str) -> str:
    try:
        return str(ipaddress.ip_address(address))
    except ValueError:
        raise ValueError("an IPv4 or IPv6 address such as '127.0.0.1' is accepted") from None


def _subnet(subnet: str) -> str:
    try:
        network = ipaddress.IPv4Network(subnet)
    except ValueError:
        network = None
    if network is None or network.num_addresses < 8:
        raise ValueError("an IPv4 network with room for labs such as '172.28.0.0/20' is accepted")
    return str(network)


def _public_url(url: str) -> str:
    if not re.fullmatch(r"https?://[A-Za-z0-9.\[\]:-]+(/[A-Za-z0-9/_.~-]*)?", url):
        raise ValueError("a URL such as 'https://hub.example.org/' is accepted")
    return url.rstrip("/") + "/"


def _base_url(url: str) -> str:
    if ".." in url or "//" in url:
        raise ValueError("a path such as '/jupyter/' is accepted")
    return "/" + url.strip("/") + "/" if url.strip("/") else "/"


Path = Annotated[str, AfterValidator(_absolute)]
OwnPath = Annotated[Path, AfterValidator(_own)]
Id = Annotated[int, Field(ge=1, le=(1 << 32) - 2)]
Address = Annotated[str, AfterValidator(_address)]
UserName = Annotated[str, AfterValidator(normalize)]


class Area(BaseModel):
    """One table of the site file; a key that it does not know is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)


class Hub(Area):
    """Where the hub is reached and where it keeps its state."""

    name: Key = Field(
        "hubwright",
        description="Name of this hub on its host: containers, network and labels bear it.",
    )
    address: Address = Field(
        "0.0.0.0",
        description="Address on which the proxy listens; 127.0.0.1 for this machine alone.",
    )
    port: Port = Field(8000, description="Port on which the proxy listens.")
    base_url: Annotated[str, Field(pattern=r"^[A-Za-z0-9/_.~-]*$"), AfterValidator(_base_url)] = (
        Field("/", description="Path under which the hub is served, such as /jupyter/.")
    )
    public_url: Annotated[str, AfterValidator(_public_url)] | None = Field(
        None,
        description="Where people reach the hub, base_url included, if a web server stands "
        "in front of it, such as https://hub.example.org/.",
    )
    state_directory: OwnPath = Field(
        "/var/lib/hubwright",
        description="Directory on the host for accounts, secrets and, by default, homes.",
    )


class Auth(Area):
    """Who may log in, and how."""

    kind: Literal["accounts", "dummy"] = Field(
        "accounts",
        description="'accounts': names and passwords kept by the hub. "
        "'dummy': any name, no password; for tests, and only on a loopback address.",
    )
    minimum_password_length: int = Field(
        10, ge=8, le=64, description="Shortest password, in characters."
    )
    failed_logins: int = Field(
        5, ge=1, description="Wrong passwords in a row after which an account has to wait."
    )
    wait_seconds: int = Field(
        30, ge=1, description="Seconds that an account waits after too many wrong passwords."
    )
    link_hours: int = Field(
        72, ge=1, le=8760, description="Hours for which a link to choose a password works."
    )


class Users(Area):
    """Who has an account from the start. More are added with `hubwright user add`."""

    admins: list[UserName] = Field(
        ["admin"],
        min_length=1,
        description="Administrators. The first one's password is made by `hubwright up`.",
    )
    names: list[UserName] = Field([], description="Users who are not administrators.")


class Storage(Area):
    """Directories of the host that labs see, and whose they are."""

    homes: OwnPath | None = Field(
        None,
        description="Directory with the users' homes; homes/ in the state directory if not given.",
    )
    shared: Path | None = Field(
        None,
        description="Directory that every lab sees read-only as ~/SHARED; "
        "shared/ in the state directory if not given.",
    )
    uid: Id = Field(1000, description="User id of labs, and owner of homes.")
    gid: Id = Field(1000, description="Group id of labs, and group of homes.")


class Profile(Area):
    """What a user picks on the spawn page: a lab image and resources."""

    title: str = Field(min_length=1, description="What the spawn page calls it.")
    description: str = Field("", description="One or two sentences for the spawn page.")
    image: str = Field("base", description="A lab image: of images/labs.toml, or of [images].")
    cpu: float = Field(2.0, ge=0.05, description="Processor cores at most.")
    memory: Annotated[Memory, AfterValidator(at_least("128M"))] = Field(
        4 << 30, description="Memory at most, such as '4G'."
    )
    shm: Annotated[Memory, AfterValidator(at_least("1M"))] = Field(
        1 << 30, description="Size of /dev/shm, such as '1G'; part of memory."
    )
    pids: int = Field(1024, ge=64, le=1 << 22, description="Processes and threads at most.")
    gpus: Annotated[int, Field(ge=0)] | Literal["all"] = Field(
        0, description="Devices that a lab leases: a number, or 'all'."
    )
    hours: float | None = Field(
        None, gt=0, description="Hours after which a lab is stopped; without limit if not given."
    )
    order: int = Field(
        0, description="Place on the spawn page: lower comes first, equal ones as they stand here."
    )


class Image(Area):
    """A lab image of the site's own, besides those of images/labs.toml."""

    reference: str = Field(
        pattern=r"^[a-z0-9][a-zA-Z0-9./_:@-]*$",
        description="The image as Docker names it, such as 'example/lab:1'.",
    )
    title: str = Field("", description="What people call it; its key if not given.")


class Gpus(Area):
    """Which devices are leased, and to how many labs at once."""

    kind: str = Field(
        "nvidia.com/gpu",
        pattern=r"^[a-zA-Z0-9.-]+/[a-zA-Z0-9_.-]+$",
        description="CDI kind of the devices.",
    )
    cdi_directories: list[Path] = Field(
        ["/etc/cdi", "/var/run/cdi"],
        description="Where the host's CDI specifications lie; a later directory wins.",
    )
    slots: Annotated[int, Field(ge=1)] | Literal["unlimited"] = Field(
        1, description="Labs that a device takes at once: 1 is exclusive, 'unlimited' is shared."
    )
    ignore: list[str] = Field(
        ["all"], description="Names of CDI devices that are not leased, such as the sum of all."
    )


class Limits(Area):
    """Bounds for the site as a whole."""

    active_labs: int = Field(
        0, ge=0, description="Labs that run at once at most; 0 is without limit."
    )
    concurrent_starts: int = Field(
        0, ge=0, description="Labs that start at once; the others wait. 0: two for each core."
    )
    start_seconds: int = Field(
        600, ge=30, description="Seconds that a lab may take to start, waiting included."
    )
    idle_hours: float | None = Field(
        None, gt=0, description="Hours without activity after which a lab is stopped."
    )


class Network(Area):
    """The labs' own network, and the ports that only this host uses."""

    subnet: Annotated[str, AfterValidator(_subnet)] | None = Field(
        None, description="IPv4 network of the labs; Docker chooses one if not given."
    )
    bridge: Annotated[str, Field(pattern=r"^[a-zA-Z][a-zA-Z0-9_-]{0,14}$")] | None = Field(
        None,
        description="Name of the labs' bridge on the host, for firewalls; "
        "Docker chooses one if not given.",
    )
    hub_port: Port = Field(8081, description="Port of the hub, on the labs' gateway address.")
    proxy_api_port: Port = Field(8001, description="Port of the proxy's API, on loopback.")


def _ordered(profiles: dict[str, Profile]) -> dict[str, Profile]:
    return dict(sorted(profiles.items(), key=lambda item: item[1].order))


def _default_profiles() -> dict[str, Profile]:
    return {
        "standard": Profile(
            title="Standard", description="JupyterLab with Python, for everyday work."
        )
    }


class Settings(Area):
    """Everything about a site."""

    hub: Hub = Hub()
    auth: Auth = Auth()
    users: Users = Users()
    storage: Storage = Storage()
    profiles: Annotated[
        dict[Key, Profile],
        Field(min_length=1, description="What users pick from; the first one is the default."),
        AfterValidator(_ordered),
    ] = Field(default_factory=_default_profiles)
    images: dict[Key, Image] = Field({}, description="Lab images of the site's own.")
    gpus: Gpus = Gpus()
    limits: Limits = Limits()
    network: Network = Network()

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.auth.kind == "dummy" and not ipaddress.ip_address(self.hub.address).is_loopback:
            raise ValueError(
                "auth.kind: 'dummy' lets anyone in and is accepted only where hub.address is a "
                "loopback address; use 'accounts', or set hub.address to '127.0.0.1'"
            )
        ports = {
            "hub.port": self.hub.port,
            "network.hub_port": self.network.hub_port,
            "network.proxy_api_port": self.network.proxy_api_port,
        }
        for key, port in ports.items():
            if others := [other for other in ports if other < key and ports[other] == port]:
                raise ValueError(f"{key}: {port} is taken by {others[0]}; choose another port")
        for name in (people := [*self.users.admins, *self.users.names]):
            if people.count(name) > 1:
                raise ValueError(f"users: '{name}' stands there twice; name each user once")
        self._check_directories()
        return self

    def _check_directories(self) -> None:
        """What labs see as shared data must not hold what is not for them."""
        state = PurePosixPath(self.hub.state_directory)
        homes, shared = PurePosixPath(self.homes), PurePosixPath(self.shared)
        for own in (state, state / "hub", state / "secrets"):
            if own == homes or own.is_relative_to(homes):
                raise ValueError(f"storage.homes: {own} lies in {homes}; choose another directory")
        for secret in (homes, state / "hub", state / "secrets"):
            if secret.is_relative_to(shared) or shared.is_relative_to(secret):
                raise ValueError(
                    f"storage.shared: every lab would read {secret} in {shared}; "
                    "choose a directory with nothing but shared data"
                )

    @property
    def homes(self) -> str:
        """Directory of the homes on the host."""
        return self.storage.homes or f"{self.hub.state_directory}/homes"

    @property
    def shared(self) -> str:
        """Directory of the shared data on the host."""
        return self.storage.shared or f"{self.hub.state_directory}/shared"
