"""`hubwright host`: what a service manager runs where it, and not `hubwright up`, runs the site."""

import os
import time
from pathlib import Path
from typing import Annotated

import typer
from pydantic import ValidationError

from hubwright.cli.common import QuietOption, SiteOption, errors, hub_api, out, settings_of
from hubwright.deploy import engine
from hubwright.deploy.accounts import ensure_accounts
from hubwright.deploy.prepare import SiteImages, prepare, write_runtime
from hubwright.deploy.state import ADMIN_PASSWORD
from hubwright.errors import UserError
from hubwright.hub_api import HubApi
from hubwright.settings import Settings
from hubwright.steps import reporter

app = typer.Typer(help="For service managers, such as NixOS's.", no_args_is_help=True)

SecretsOption = Annotated[
    Path | None,
    typer.Option(
        "--secrets",
        envvar="CREDENTIALS_DIRECTORY",
        help="Directory with secrets of the site's own.",
        show_default=False,
    ),
]


@app.command("prepare")
def prepare_host(
    images: Annotated[Path, typer.Option(help="JSON: the images that the site runs on.")],
    site: SiteOption = None,
    secrets: SecretsOption = None,
    quiet: QuietOption = False,
) -> None:
    """Make directories, secrets and network, and write down what the hub is told."""
    if os.geteuid() != 0:
        raise UserError("hubwright host prepare: not root; it makes directories with owners")
    settings = settings_of(site)
    _check(secrets)
    try:
        given = SiteImages.model_validate_json(images.read_text())
    except (OSError, ValidationError) as error:
        raise UserError(f"{images}: {' '.join(str(error).split())}") from None
    with reporter(errors, quiet=quiet) as steps:
        write_runtime(prepare(engine.connect(), settings, given, steps, secrets))


def _check(secrets: Path | None) -> None:
    """Raises UserError for a directory that is not there: what it should hold would be made up."""
    if secrets is not None and not secrets.is_dir():
        raise UserError(f"--secrets (or CREDENTIALS_DIRECTORY): {secrets}: no such directory")


_PATIENCE = 120.0
"""Seconds that the hub may take to answer after its start."""


def _answering(settings: Settings) -> HubApi:
    deadline = time.monotonic() + _PATIENCE
    while True:
        try:
            api = hub_api(settings)
            api.info()
            return api
        except UserError:
            if time.monotonic() > deadline:
                raise
        time.sleep(0.5)


@app.command()
def accounts(site: SiteOption = None, secrets: SecretsOption = None) -> None:
    """Make the accounts that the site file names, once the hub answers."""
    settings = settings_of(site)
    _check(secrets)
    if settings.auth.kind != "accounts":
        return
    made = ensure_accounts(_answering(settings), settings, secrets)
    path = Path(settings.hub.state_directory) / ADMIN_PASSWORD
    if made and path.exists():  # a password that was given is kept nowhere else
        name = settings.users.admins[0]
        out.print(f"The first administrator is '{name}'; the password lies in {path}.")
