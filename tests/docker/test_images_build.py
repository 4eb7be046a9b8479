"""Images are built once, and a failed build says why."""

import threading

import pytest

from hubwright.errors import UserError
from hubwright.images import base, builder, recipe
from hubwright.images.context import File
from hubwright.images.environment import BuildEnvironment
from hubwright.images.recipe import DEBIAN, Recipe
from hubwright.steps import QuietSteps

REPOSITORY = "hubwright-test/image"


class Counting(QuietSteps):
    """Remembers the steps."""

    def __init__(self):
        self.titles = []

    def step(self, title):
        self.titles.append(title)
        return super().step(title)


def made(name, dockerfile):
    files = {"Dockerfile": File(dockerfile.encode())}
    return Recipe(name, REPOSITORY, files, {"DEBIAN": DEBIAN}, {"hubwright-test": name})


@pytest.fixture
def recipes(docker_client, monkeypatch):
    """A catalogue of small images; they are removed afterwards."""
    base.ensure(docker_client, QuietSteps(), BuildEnvironment.from_mapping({}))
    start = "ARG DEBIAN\nFROM ${DEBIAN}\n"
    known = {
        "sound": made("sound", f"{start}RUN echo sound > /sound"),
        "other": made("other", f"{start}RUN echo other > /other"),
        "broken": made("broken", f"{start}RUN echo before && no-such-program"),
    }
    monkeypatch.setattr(builder, "recipe_of", lambda name, environment: known[name])
    monkeypatch.setattr(builder, "python_recipe", lambda environment: known["sound"])
    yield known
    for image in docker_client.images.list(REPOSITORY):
        for tag in image.tags:
            docker_client.images.remove(tag)


def ensure(client, *names):
    steps = Counting()
    tags = builder.ensure(client, names, steps, BuildEnvironment())
    return tags, steps.titles


def test_what_is_built_is_not_built_again(docker_client, recipes):
    tags, titles = ensure(docker_client, "sound", "other")
    assert tags == {name: recipes[name].tag for name in ("sound", "other")}
    assert sorted(set(titles)) == ["Building image other", "Building image sound"]
    assert ensure(docker_client, "sound", "other") == (tags, [])


def test_a_failed_build_tells_its_last_lines_and_leaves_no_tag(docker_client, recipes):
    with pytest.raises(UserError) as caught:
        ensure(docker_client, "broken")
    first, *log = caught.value.problems
    assert first.startswith("broken: its build failed: ")
    assert "before" in log
    assert any("no-such-program: not found" in line for line in log)
    assert builder.size_of(docker_client, recipes["broken"].tag) is None


def test_a_build_that_is_given_up_leaves_no_tag(docker_client, recipes):
    stop = threading.Event()
    stop.set()
    with pytest.raises(UserError, match="given up"):
        builder._build(docker_client, recipes["sound"], QuietSteps(), BuildEnvironment(), stop)
    assert builder.size_of(docker_client, recipes["sound"].tag) is None


def test_the_real_images_are_not_built_again(docker_client):
    environment = BuildEnvironment.from_mapping({})
    names = [
        name
        for name in ("hub", "proxy", "base")
        if builder.size_of(docker_client, recipe.recipe_of(name, environment).tag)
    ]
    if not names:
        pytest.skip("no image of hubwright is built here")
    assert ensure_real(docker_client, names, environment) == []


def ensure_real(client, names, environment):
    steps = Counting()
    builder.ensure(client, names, steps, environment)
    return steps.titles
