"""`hubwright validate`: walks a user's journey on the running site and prints a verdict."""

import re
import shlex
import subprocess
import sys
from typing import Annotated

import typer

from hubwright.acceptance import run
from hubwright.cli.common import SiteOption, hub_api, settings_of
from hubwright.errors import UserError

_LOCAL = "local://"
_NO_CONNECTION = 255
"""What ssh itself ends with."""
_NOT_FOUND = 127


def register(app: typer.Typer) -> None:
    app.command()(validate)


def validate(
    site: SiteOption = None,
    profile: Annotated[
        str | None,
        typer.Option(help="The profile to start; the first one if not given.", show_default=False),
    ] = None,
    hosts: Annotated[
        str, typer.Option(help="Where: local://, or ssh://[USER@]HOST[:PORT], by its own command.")
    ] = _LOCAL,
) -> None:
    """Prove that the site works: a throw-away user logs in, starts a lab and runs code in it.

    Exit code 0 if everything holds, 1 if something fails, 2 if it could not run.
    """
    if hosts != _LOCAL:
        options = ["--site", str(site)] if site else []
        options += ["--profile", profile] if profile else []
        raise typer.Exit(_elsewhere(hosts, options))
    settings = settings_of(site)
    if profile is not None and profile not in settings.profiles:
        known = ", ".join(settings.profiles)
        raise UserError(f"--profile: {profile!r} is no profile of the site; there are: {known}")
    hub_api(settings).info()
    raise typer.Exit(run(settings, profile))


def _elsewhere(host: str, options: list[str]) -> int:
    """The exit code of the suite on another host, which has its own hubwright."""
    match = re.fullmatch(r"ssh://((?:\w[\w.-]*@)?)(\w[\w.-]*)(?::(\d+))?", host)
    if match is None:
        raise UserError(
            f"--hosts: {host!r} was given; accepted: {_LOCAL}, ssh://[USER@]HOST[:PORT]"
        )
    user, name, port = match.groups()
    command = shlex.join(["hubwright", "validate", *options])
    # the suite needs root's rights there
    script = f'if [ "$(id -u)" = 0 ]; then exec {command}; else exec sudo {command}; fi'
    code = subprocess.call(
        [
            "ssh",
            *(["-t"] if sys.stdin.isatty() else []),
            *(["-p", port] if port else []),
            f"{user}{name}",
            script,
        ]
    )
    if code == _NO_CONNECTION:
        raise UserError(f"--hosts: {host}: ssh can't connect; try 'ssh {name}' by itself")
    if code == _NOT_FOUND:
        raise UserError(f"--hosts: {host}: it has no command 'hubwright' on its PATH")
    return code
