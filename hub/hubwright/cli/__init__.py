"""The command `hubwright`."""

import sys

import docker
import requests
import typer

from hubwright.cli import config, host, images, site, users, validate
from hubwright.cli.common import errors
from hubwright.errors import UserError

app = typer.Typer(
    help="A JupyterHub for a lab's GPU machines that proves itself.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
site.register(app)
validate.register(app)
app.add_typer(users.app, name="user")
app.add_typer(images.app, name="images")
app.add_typer(config.app, name="config")
app.add_typer(host.app, name="host")


def main() -> None:
    """Runs a command. What its user can put right is one line each on stderr, exit code 2."""
    try:
        app()
    except UserError as error:
        problems = error.problems
    except (docker.errors.DockerException, requests.RequestException) as error:
        problems = [f"Docker: {error}"]
    else:
        return
    for problem in problems:
        errors.print(f"hubwright: {problem}", style="red", markup=False, soft_wrap=True)
    sys.exit(2)
