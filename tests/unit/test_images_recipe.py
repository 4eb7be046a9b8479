"""Recipes: what each image is made from, and when its tag changes."""

import re

import pytest

from hubwright import labels
from hubwright.errors import UserError
from hubwright.images import catalogue
from hubwright.images.environment import BuildEnvironment
from hubwright.images.recipe import python_recipe, recipe_of

NAMES = ["hub", "proxy", *catalogue.load()]
PLAIN = BuildEnvironment()
AUTHORITY = b"-----BEGIN CERTIFICATE-----\nabc\n-----END CERTIFICATE-----\n"


@pytest.mark.parametrize("name", NAMES)
def test_tags(name):
    repository = name if name in {"hub", "proxy"} else f"lab-{name}"
    tag = recipe_of(name, PLAIN).tag
    assert re.fullmatch(rf"hubwright/{repository}:[0-9a-f]{{12}}", tag)
    assert recipe_of(name, PLAIN).tag == tag


def test_an_unknown_name():
    with pytest.raises(UserError, match="toch: no such image; known: hub, proxy, base"):
        recipe_of("toch", PLAIN)


@pytest.mark.parametrize("name", NAMES)
def test_the_machine_s_ways_to_the_outside_do_not_change_tags(name):
    behind_proxy = BuildEnvironment.from_mapping(
        {"https_proxy": "http://proxy.example:3128", "PIP_INDEX_URL": "https://mirror.example/"}, []
    )
    assert behind_proxy.arguments
    assert recipe_of(name, behind_proxy).tag == recipe_of(name, PLAIN).tag


@pytest.mark.parametrize("name", NAMES)
def test_its_authorities_do(name):
    trusting = BuildEnvironment(certificates=(AUTHORITY,))
    assert recipe_of(name, trusting).tag != recipe_of(name, PLAIN).tag


def test_labs_say_what_they_are():
    made = recipe_of("torch", PLAIN)
    assert made.labels[labels.LAB_IMAGE] == "torch"
    assert made.labels[labels.MINIMUM_DRIVER] == "580"
    assert labels.MINIMUM_DRIVER not in recipe_of("base", PLAIN).labels


def test_the_hub_holds_only_what_runs_there():
    files = recipe_of("hub", PLAIN).files
    assert "hubwright/jupyterhub_config.py" in files
    assert not [name for name in files if name.startswith(("hubwright/cli/", "hubwright/deploy/"))]


def test_environment_from_a_process(tmp_path):
    (tmp_path / "sub").mkdir()
    (tmp_path / "company.crt").write_bytes(AUTHORITY)
    (tmp_path / "sub" / "again.pem").write_bytes(AUTHORITY)
    (tmp_path / "binary.crt").write_bytes(b"\x30\x82")
    (tmp_path / "notes.txt").write_bytes(AUTHORITY)
    made = BuildEnvironment.from_mapping(
        {"http_proxy": "http://p:1", "NO_PROXY": "x", "HOME": "/root", "PIP_INDEX_URL": ""},
        [tmp_path, tmp_path / "missing"],
    )
    assert made.certificates == (AUTHORITY,)
    assert made.arguments == {
        "HTTP_PROXY": "http://p:1",
        "http_proxy": "http://p:1",
        "NO_PROXY": "x",
        "no_proxy": "x",
    }
    assert list(python_recipe(made).files) != list(python_recipe(PLAIN).files)
