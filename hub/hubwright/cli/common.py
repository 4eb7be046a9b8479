"""What the commands share: options and consoles."""

import os
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from hubwright import sitefile
from hubwright.deploy.services import hub_api_of
from hubwright.errors import UserError
from hubwright.hub_api import HubApi
from hubwright.images.environment import BuildEnvironment
from hubwright.names import normalize
from hubwright.settings import Settings

out = Console(highlight=False, soft_wrap=True)
errors = Console(stderr=True, highlight=False)

SiteOption = Annotated[
    Path | None,
    typer.Option(
        "--site", "-s", help="The site file; ./hubwright.toml if not given.", show_default=False
    ),
]
QuietOption = Annotated[bool, typer.Option("--quiet", "-q", help="Print the result only.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def settings_of(site: Path | None) -> Settings:
    """The settings that a command works with."""
    return sitefile.load_or_default(site)


def build_environment() -> BuildEnvironment:
    """The caller's proxies and mirrors: the one place where image builds learn of them."""
    return BuildEnvironment.from_mapping(os.environ)


def normalized(name: str) -> str:
    """A user's name as accounts have it. Raises UserError where no account can have it."""
    try:
        return normalize(name)
    except ValueError as error:
        raise UserError(f"user name {name!r:.60}: {error}") from None


def hub_api(settings: Settings) -> HubApi:
    """The running hub of the site."""
    return hub_api_of(settings)
