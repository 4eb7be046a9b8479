"""What a host has to have before the hub starts: directories, secrets, network, and the document
that the hub reads. `hubwright up` does it, and so does the unit of the NixOS module.
"""

import json
from pathlib import Path
from typing import Any

import docker
from pydantic import BaseModel, ConfigDict

from hubwright.deploy import engine, network, state
from hubwright.errors import UserError
from hubwright.runtime import LabImage, Runtime, runtime_file
from hubwright.settings import Settings
from hubwright.steps import Steps


class SiteImages(BaseModel):
    """The images that a site runs on; all but the site's own exist on the host."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    hub: str
    """The hub's image as Docker names it."""
    labs: dict[str, LabImage]
    """Lab images by the names that profiles use."""


def prepare(
    client: docker.DockerClient,
    settings: Settings,
    images: SiteImages,
    steps: Steps,
    given: Path | None = None,
) -> Runtime:
    """Makes what is missing; repeat it at will. Returns what the hub is to be told.

    given: a directory with secrets of the site's own. Raises UserError.
    """
    before = last_runtime(settings)
    socket_path = engine.socket_path()
    lab_images = {**images.labs, **_own_images(client, settings, steps)}
    with steps.step("Preparing directories, secrets and network"):
        state.ensure(settings, given)
        gateway = network.ensure(client, settings, before.get("gateway"))
    return Runtime(
        settings=settings,
        lab_images=lab_images,
        network=settings.hub.name,
        gateway=gateway,
        docker_socket=socket_path,
        helper_image=images.hub,
    )


def last_runtime(settings: Settings) -> Any:
    """The runtime document as it was last written; empty if there is none.

    Raises UserError where they are those of another site: it would lose its database.
    """
    path = runtime_file(settings)
    try:
        before = json.loads(path.read_text())
        name = before["settings"]["hub"]["name"]
    except (OSError, ValueError, KeyError, TypeError):
        return {}
    if name != settings.hub.name:
        raise UserError(
            f"hub.state_directory: {settings.hub.state_directory} belongs to the site '{name}'; "
            f"choose another directory, or set hub.name to '{name}'"
        )
    return before


def _own_images(
    client: docker.DockerClient, settings: Settings, steps: Steps
) -> dict[str, LabImage]:
    """The site's own lab images; pulled if they are missing. Raises UserError."""
    made = {}
    for name, image in settings.images.items():
        try:
            client.images.get(image.reference)
        except docker.errors.ImageNotFound:
            with steps.step(f"Pulling {image.reference}"):
                _pull(client, name, image.reference)
        made[name] = LabImage(reference=image.reference, title=image.title or name)
    return made


def _pull(client: docker.DockerClient, name: str, reference: str) -> None:
    try:
        client.images.pull(reference)
    except docker.errors.APIError as error:
        raise UserError(
            f"images.{name}.reference: '{reference}' is not on this machine and can't be pulled "
            f"({error.explanation}); build it, or correct its name"
        ) from None


def write_runtime(runtime: Runtime) -> None:
    """Tells the hub, which reads it at its next start."""
    path = runtime_file(runtime.settings)
    text = runtime.model_dump_json(indent=2) + "\n"
    if not path.exists() or path.read_text() != text:
        state.write(path, text, state.HUB_ID, state.HUB_ID, 0o600)
