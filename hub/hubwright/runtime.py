"""What the hub's process is told besides the settings: facts that only the host knows.

`hubwright up` (or the NixOS module) writes one document; the hub's container reads it at start.
"""

from pathlib import Path

from pydantic import BaseModel, ConfigDict

from hubwright.settings import Settings

FILE_VARIABLE = "HUBWRIGHT_RUNTIME"
"""Environment variable of the hub's container that names the document."""


class LabImage(BaseModel):
    """A lab image that exists on the host."""

    model_config = ConfigDict(frozen=True)

    reference: str
    """The image as Docker names it."""
    title: str
    """What people call it."""


class Runtime(BaseModel):
    """Everything from which the hub is configured. Paths are the same inside and outside."""

    model_config = ConfigDict(frozen=True)

    settings: Settings
    lab_images: dict[str, LabImage]
    """By name, as profiles name them."""
    network: str
    """Docker's name of the labs' network."""
    gateway: str
    """The host's address on the labs' network; the hub listens there."""
    docker_socket: str
    helper_image: str
    """Image (the hub's own) from which the short-lived container that makes homes is started."""

    @property
    def directory(self) -> Path:
        """The hub's own directory: database and this document."""
        return hub_directory(self.settings)

    @property
    def secrets(self) -> Path:
        return secrets_directory(self.settings)


def hub_directory(settings: Settings) -> Path:
    """Database and runtime document; belongs to the hub alone."""
    return Path(settings.hub.state_directory) / "hub"


def runtime_file(settings: Settings) -> Path:
    """The document itself."""
    return hub_directory(settings) / "runtime.json"


def secrets_directory(settings: Settings) -> Path:
    """Cookie secret, and the tokens of proxy and command line."""
    return Path(settings.hub.state_directory) / "secrets"


def config_directory(settings: Settings) -> Path:
    """The site's own *.py files for JupyterHub: the escape hatch."""
    return Path(settings.hub.state_directory) / "jupyterhub_config.d"
