"""`hubwright images`: the images that labs are started from."""

from typing import Annotated

import typer
from rich.table import Table

from hubwright.cli.common import (
    QuietOption,
    SiteOption,
    build_environment,
    errors,
    out,
    settings_of,
)
from hubwright.deploy import engine
from hubwright.deploy.prepare import last_runtime
from hubwright.errors import UserError
from hubwright.images import builder, catalogue, contract
from hubwright.steps import reporter

app = typer.Typer(help="List, build, check and remove images.", no_args_is_help=True)

Names = Annotated[list[str], typer.Argument(help="'hub', 'proxy' or lab images; see 'list'.")]


@app.command("list")
def list_images() -> None:
    """Show every image of hubwright, and whether it is built."""
    client = engine.connect()
    environment = build_environment()
    table = Table(box=None, header_style="dim", pad_edge=False)
    for column in ("image", "title", "tag", "built", "size"):
        table.add_column(column)
    labs = catalogue.load()
    for name in ["hub", "proxy", *labs]:
        tag = builder.tag_of(name, environment)
        size = builder.size_of(client, tag)
        table.add_row(
            name,
            labs[name].title if name in labs else "",
            tag,
            "yes" if size else "no",
            f"{size / 1e6:.0f} MB" if size else "",
        )
    out.print(table)


@app.command()
def build(names: Names, quiet: QuietOption = False) -> None:
    """Build images; one that is built and unchanged is left alone."""
    environment = build_environment()
    tags = {name: builder.tag_of(name, environment) for name in names}  # it knows which there are
    with reporter(errors, quiet=quiet) as steps:
        builder.ensure(engine.ensure(steps), names, steps, environment)
    for name in names:
        out.print(f"{name}: {tags[name]}", markup=False)


@app.command()
def remove(names: Names) -> None:
    """Remove images that no container uses."""
    environment = build_environment()
    for name in names:
        builder.tag_of(name, environment)
    for tag in builder.remove(engine.connect(), names):
        out.print(f"removed {tag}", markup=False)


@app.command()
def check(
    name: Annotated[str, typer.Argument(help="A lab image of hubwright, or any image's name.")],
    site: SiteOption = None,
    quiet: QuietOption = False,
) -> None:
    """Check the contract of a lab image. Exit code 1 if it is broken."""
    client = engine.connect()
    settings = settings_of(site)
    running = last_runtime(settings).get("lab_images", {})
    if name in running:
        reference = running[name]["reference"]
    elif name in settings.images:
        reference = settings.images[name].reference
    elif name in catalogue.load():
        reference = builder.tag_of(name, build_environment())
    else:
        reference = name
    if builder.size_of(client, reference) is None:
        raise UserError(f"{reference}: no such image here; 'hubwright images build' makes ours")
    with reporter(errors, quiet=quiet) as steps, steps.step(f"Checking {reference}"):
        findings = contract.check(client, reference)
    table = Table(box=None, header_style="dim", pad_edge=False)
    for column in ("", reference, ""):
        table.add_column(column)
    for finding in findings:
        mark = (
            "[green]ok" if finding.ok else "[red]broken" if finding.required else "[yellow]advice"
        )
        table.add_row(mark, finding.name, finding.detail)
    out.print(table)
    raise typer.Exit(0 if all(finding.ok or not finding.required for finding in findings) else 1)
