"""`hubwright up`, `down`, `status` and `logs`."""

import ipaddress
import sys
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from hubwright import sitefile
from hubwright import status as status_of
from hubwright.cli.common import (
    JsonOption,
    QuietOption,
    SiteOption,
    build_environment,
    errors,
    normalized,
    out,
    settings_of,
)
from hubwright.deploy import engine, service
from hubwright.deploy import up as up_of
from hubwright.deploy.down import down as stop
from hubwright.deploy.down import labs
from hubwright.errors import UserError
from hubwright.lab import container_name
from hubwright.steps import reporter


def register(app: typer.Typer) -> None:
    for command in (up, down, status, logs):
        app.command()(command)


def up(site: SiteOption = None, quiet: QuietOption = False) -> None:
    """Make the site run: Docker, images, network, proxy and hub. Repeat it at will."""
    _refuse_on_nixos(site)
    settings = settings_of(site)
    with reporter(errors, quiet=quiet) as steps:
        outcome = up_of.up(settings, steps, build_environment())
    if outcome.changed:
        out.print(f"hubwright is up: {outcome.url} ({' and '.join(outcome.changed)} started)")
    else:
        out.print(f"hubwright is up: {outcome.url} (nothing had to change)")
    if not (ipaddress.ip_address(settings.hub.address).is_loopback or settings.hub.public_url):
        out.print("Other machines reach it by plain HTTP; docs/how-to/tls.md says how to encrypt.")
    if outcome.password:
        out.print(f"The first administrator is '{outcome.administrator}', and this is the")
        out.print(f"password, shown this once: {outcome.password}", markup=False)
        out.print(f"It also lies in {outcome.password_file}, for root alone; delete it at will.")
    elif outcome.administrator and outcome.password_file.exists():
        out.print(
            f"The first administrator is '{outcome.administrator}'; "
            f"the first password lies in {outcome.password_file}."
        )


def down(
    site: SiteOption = None,
    quiet: QuietOption = False,
    stop_labs: Annotated[bool, typer.Option("--labs", help="Stop the labs, too.")] = False,
) -> None:
    """Stop hub and proxy. Labs, homes and accounts stay."""
    _refuse_on_nixos(site)
    settings = settings_of(site)
    client = engine.connect()
    with reporter(errors, quiet=quiet) as steps:
        stop(client, settings, steps, stop_labs=stop_labs)
    left = len(labs(client, settings))
    rest = f"; {left} labs run on (hubwright down --labs stops them)" if left else ""
    out.print(f"hubwright is down{rest}")


def status(site: SiteOption = None, json: JsonOption = False) -> None:
    """Show hub, proxy, labs and devices. Exit code 1 if hub or proxy does not answer."""
    settings = settings_of(site)
    found = status_of.read_status(engine.connect(), settings)
    if json:
        print(found.model_dump_json(indent=2))  # noqa: T201
    else:
        _print_status(found)
    raise typer.Exit(0 if found.ok else 1)


def logs(
    what: Annotated[
        str, typer.Argument(help="'hub', 'proxy', or the name of a user with a lab.")
    ] = "hub",
    site: SiteOption = None,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Keep printing.")] = False,
    lines: Annotated[int, typer.Option("--lines", "-n", help="How many of the last lines.")] = 100,
) -> None:
    """Print what hub, proxy or a lab has logged."""
    settings = settings_of(site)
    client = engine.connect()
    if what in {"hub", "proxy"}:
        container = service.find(client, settings.hub.name, what)
    else:
        name = container_name(settings, normalized(what), "")
        container = next((lab for lab in labs(client, settings) if lab.name == name), None)
    if container is None:
        raise UserError(f"logs: there is no container of '{what}'; 'hubwright status' shows all")
    for chunk in container.logs(stream=True, follow=follow, tail=lines):
        sys.stdout.write(chunk.decode(errors="replace"))


def _refuse_on_nixos(site: Path | None) -> None:
    """Raises UserError where the site is the machine's own, whose units bring back what we stop."""
    if site is None and not sitefile.DEFAULT.exists() and sitefile.SYSTEM.exists():
        raise UserError(
            f"{sitefile.SYSTEM}: NixOS runs this site; change its configuration and run "
            "'nixos-rebuild switch', or stop the units docker-*-hub and docker-*-proxy"
        )


def _print_status(found: status_of.Status) -> None:
    services = _table("", "state", "answers", "since")
    for row in (found.hub, found.proxy):
        answers = "[green]yes" if row.answers else "[red]no"
        services.add_row(row.name, row.state, answers, row.since or "")
    out.print(f"[bold]{found.site}[/bold]  {found.url}")
    out.print(services)
    table = _table("lab of", "profile", "state", "since", "devices")
    for lab in found.labs:
        devices = ", ".join(device.partition("=")[2] for device in lab.devices) or "none"
        table.add_row(lab.user, lab.profile, lab.state, lab.since, devices)
    out.print(table if found.labs else "no labs")
    table = _table("device", "slots", "labs")
    for device in found.devices:
        table.add_row(device.id, str(device.slots), str(device.labs))
    out.print(table if found.devices else "no devices")


def _table(*columns: str) -> Any:
    table = Table(box=None, header_style="dim", pad_edge=False)
    for column in columns:
        table.add_column(column)
    return table
