"""The command `hubwright` as Nix packages it: it does from the store what it does in a checkout."""

import re
import subprocess

import pytest

from conftest import run_hubwright


@pytest.fixture(scope="module")
def packaged(builder):
    program = builder.realise(builder.eval("project.packages.hubwright.drvPath")) / "bin/hubwright"

    def run(*arguments, **options):
        command = [program, *arguments]
        return subprocess.run(command, capture_output=True, text=True, timeout=60, **options)

    return run


def test_it_says_its_name(packaged):
    assert "Usage: hubwright " in packaged("--help").stdout


def test_it_builds_the_same_images(packaged, docker_client):
    """Equal tags: no file that an image is made from is missing, or of another mode."""
    ours, theirs = (
        re.findall(r"hubwright/\S+:[0-9a-f]{12}", command("images", "list").stdout)
        for command in (run_hubwright, packaged)
    )
    assert ours and ours == theirs


def test_files_of_the_working_directory_are_not_taken_for_modules(packaged, tmp_path):
    (tmp_path / "json.py").write_text("raise SystemExit('the working directory was imported')\n")
    done = packaged("config", "schema", cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
