"""`hubwright config`: the site file, checked and shown."""

import json
from pathlib import Path
from typing import Annotated

import typer

from hubwright import sitefile
from hubwright.cli.common import SiteOption, out, settings_of
from hubwright.errors import UserError
from hubwright.images import catalogue
from hubwright.settings import Settings

app = typer.Typer(help="Check and show the site file.", no_args_is_help=True)


@app.command()
def check(file: Annotated[Path, typer.Argument(help="The site file: TOML, or JSON.")]) -> None:
    """Find every mistake in a site file. Exit code 2 if there is one."""
    settings = sitefile.load(file)
    try:
        catalogue.check_profiles(settings)
    except UserError as error:
        raise UserError(*(f"{file}: {problem}" for problem in error.problems)) from None
    out.print(f"{file}: sound", markup=False)


@app.command()
def show(site: SiteOption = None) -> None:
    """Print the settings in force, defaults included, as JSON."""
    print(settings_of(site).model_dump_json(indent=2))  # noqa: T201


@app.command()
def schema() -> None:
    """Print the JSON Schema of the site file."""
    print(json.dumps(Settings.model_json_schema(), indent=2))  # noqa: T201
