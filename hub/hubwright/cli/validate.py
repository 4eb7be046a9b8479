"""`hubwright validate`: walks a user's journey on the running site and prints a verdict."""

from typing import Annotated

import typer

from hubwright.acceptance import run
from hubwright.cli.common import SiteOption, hub_api, settings_of
from hubwright.errors import UserError


def register(app: typer.Typer) -> None:
    app.command()(validate)


def validate(
    site: SiteOption = None,
    profile: Annotated[
        str | None,
        typer.Option(help="The profile to start; the first one if not given.", show_default=False),
    ] = None,
) -> None:
    """Prove that the site works: a throw-away user logs in, starts a lab and runs code in it.

    Exit code 0 if everything holds, 1 if something fails, 2 if it could not run.
    """
    settings = settings_of(site)
    if profile is not None and profile not in settings.profiles:
        known = ", ".join(settings.profiles)
        raise UserError(f"--profile: {profile!r} is no profile of the site; there are: {known}")
    hub_api(settings).info()
    raise typer.Exit(run(settings, profile))
