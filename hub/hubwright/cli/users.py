"""`hubwright user`: accounts from the command line."""

import shutil
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from hubwright.cli.common import (
    JsonOption,
    QuietOption,
    SiteOption,
    errors,
    hub_api,
    normalized,
    out,
    settings_of,
)
from hubwright.deploy import services
from hubwright.homes import REMOVED
from hubwright.names import slug
from hubwright.settings import Settings
from hubwright.steps import reporter

app = typer.Typer(help="Add, list and remove users.", no_args_is_help=True)

Name = Annotated[str, typer.Argument(help="The user's name.")]


@app.command()
def add(
    name: Name,
    site: SiteOption = None,
    admin: Annotated[bool, typer.Option("--admin", help="Make an administrator.")] = False,
) -> None:
    """Make an account; prints a link with which its user chooses a password, once."""
    settings = settings_of(site)
    name = normalized(name)
    link = hub_api(settings).add(name, admin=admin)
    _print_link(settings, name, link)


@app.command("list")
def list_users(site: SiteOption = None, json: JsonOption = False) -> None:
    """Show every account."""
    accounts = hub_api(settings_of(site)).accounts()
    if json:
        out.print_json(data=accounts)
        return
    table = Table(box=None, header_style="dim", pad_edge=False)
    for column in ("user", "administrator", "last active", "lab"):
        table.add_column(column)
    for account in accounts:
        table.add_row(
            account["name"],
            "yes" if account["admin"] else "",
            (account["last_activity"] or "never")[:16].replace("T", " "),
            "running" if account["server"] else "",
        )
    out.print(table)


@app.command()
def remove(
    name: Name,
    site: SiteOption = None,
    delete_home: Annotated[
        bool, typer.Option("--delete-home", help="Delete the home for good, too.")
    ] = False,
    quiet: QuietOption = False,
) -> None:
    """Stop the user's lab and remove the account; the home is moved aside, not deleted."""
    settings = settings_of(site)
    name = normalized(name)
    with reporter(errors, quiet=quiet) as steps, steps.step(f"Removing {name}"):
        hub_api(settings).remove(name)
    kept = sorted((Path(settings.homes) / REMOVED).glob(f"{slug(name)}.*"))
    if delete_home:
        for home in [Path(settings.homes) / slug(name), *kept]:
            shutil.rmtree(home, ignore_errors=True)
        out.print(f"removed {name} and the home", markup=False)
    elif kept:
        out.print(f"removed {name}; the home is kept in {kept[-1]}", markup=False)
    else:
        out.print(f"removed {name}; there was no home", markup=False)


@app.command("reset-password")
def reset_password(name: Name, site: SiteOption = None) -> None:
    """Take the password away and print a link to choose a new one; sessions end."""
    settings = settings_of(site)
    name = normalized(name)
    _print_link(settings, name, hub_api(settings).new_link(name))


@app.command()
def admin(
    name: Name,
    site: SiteOption = None,
    revoke: Annotated[bool, typer.Option("--revoke", help="Take the rights away.")] = False,
) -> None:
    """Make a user an administrator, or no longer one."""
    name = normalized(name)
    hub_api(settings_of(site)).set_admin(name, admin=not revoke)
    out.print(f"{name} is {'no longer' if revoke else 'now'} an administrator", markup=False)


def _print_link(settings: Settings, name: str, link: str | None) -> None:
    out.print(f"{name} chooses a password here, once, within {settings.auth.link_hours} hours:")
    url = services.advertised_url(settings).removesuffix(settings.hub.base_url) + (link or "")
    out.print(url, markup=False, soft_wrap=True)
    if settings.hub.address in {"0.0.0.0", "::"} and not settings.hub.public_url:
        out.print("(from another machine, with this machine's name instead of 127.0.0.1)")
