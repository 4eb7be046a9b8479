"""Builds images with Docker's own builder. An image whose tag exists is never built again."""

import queue
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import docker

from hubwright import labels
from hubwright.errors import UserError
from hubwright.exclusive import exclusively
from hubwright.images import base
from hubwright.images.context import archive
from hubwright.images.environment import BuildEnvironment
from hubwright.images.recipe import Recipe, python_recipe, recipe_of
from hubwright.steps import Steps

_AT_ONCE = 2
"""Builds that run side by side: they wait for the network and the disk by turns."""

_LAST_LINES = 15

_SILENCE = 3600
"""Seconds for which a build may say nothing: a large download, on a slow line."""


def tag_of(name: str, environment: BuildEnvironment) -> str:
    """The image that `name` ('hub', 'proxy' or a lab image) stands for, built or not.

    Raises UserError for an unknown name.
    """
    return recipe_of(name, environment).tag


def size_of(client: docker.DockerClient, tag: str) -> int | None:
    """Bytes of an image; None if it does not exist."""
    try:
        return int(client.images.get(tag).attrs["Size"])
    except docker.errors.ImageNotFound:
        return None
    except docker.errors.APIError as error:
        raise UserError(f"{tag}: not the name of an image: {error.explanation}") from None


def ensure(
    client: docker.DockerClient,
    names: Sequence[str],
    steps: Steps,
    environment: BuildEnvironment,
) -> dict[str, str]:
    """The tags of the images `names`, which exist afterwards.

    Raises UserError for an unknown name, and with the last lines of the log if a build fails.
    """
    recipes = {name: recipe_of(name, environment) for name in names}
    if _missing(client, recipes.values()):
        with exclusively("images"):  # builds share stages, and clean up after themselves
            base.ensure(client, steps, environment)
            python = python_recipe(environment)
            if size_of(client, python.tag) is None:
                _build(client, python, steps, environment, threading.Event())
            _build_all(client, _missing(client, recipes.values()), steps, environment)
    return {name: recipe.tag for name, recipe in recipes.items()}


def _missing(client: docker.DockerClient, recipes: Iterable[Recipe]) -> list[Recipe]:
    """Those that are not built. The longest lock comes first, since it takes the longest."""
    missing = [recipe for recipe in recipes if size_of(client, recipe.tag) is None]
    return sorted(missing, key=lambda r: -sum(len(file.data) for file in r.files.values()))


def remove(client: docker.DockerClient, names: Sequence[str]) -> list[str]:
    """Removes the images `names`, old versions included; returns the tags that are gone.

    Raises UserError for those that containers use; all others are removed.
    """
    gone, problems = [], []
    for name in names:
        for image in client.images.list(filters={"label": f"{labels.IMAGE}={name}"}):
            called = image.tags or [image.short_id]
            users = client.containers.list(all=True, filters={"ancestor": image.id})
            if users:
                used = ", ".join(sorted(container.name for container in users))
                problems.append(f"{name}: {called[0]} is used by {used}; remove those first")
                continue
            for tag in called:
                client.images.remove(tag)
                gone.append(tag)
        _remove_stages(client, name)
    if problems:
        raise UserError(*problems)
    return gone


def _build_all(
    client: docker.DockerClient,
    recipes: Sequence[Recipe],
    steps: Steps,
    environment: BuildEnvironment,
) -> None:
    """Builds side by side; the first failure ends the others, too.

    The threads do not outlive the process: when it is interrupted, Docker finds that nobody
    listens any more, and gives up.
    """
    todo: queue.SimpleQueue[Recipe] = queue.SimpleQueue()
    for recipe in recipes:
        todo.put(recipe)
    outcomes: queue.SimpleQueue[Exception | None] = queue.SimpleQueue()
    stop = threading.Event()

    def work() -> None:
        while not stop.is_set():
            try:
                _build(client, todo.get_nowait(), steps, environment, stop)
                outcomes.put(None)
            except queue.Empty:
                return
            except Exception as error:  # noqa: BLE001  raised again by who waits
                outcomes.put(error)

    for _ in range(_AT_ONCE):
        threading.Thread(target=work, daemon=True).start()
    try:
        for _ in recipes:
            if error := outcomes.get():
                raise error
    finally:
        stop.set()


def _build(
    client: docker.DockerClient,
    recipe: Recipe,
    steps: Steps,
    environment: BuildEnvironment,
    stop: threading.Event,
) -> None:
    """Builds one image. Docker gives it its tag at the very end; when we hang up, it gives up."""
    with steps.step(f"Building image {recipe.name}") as step:
        messages = client.api.build(
            fileobj=archive(recipe.files),
            custom_context=True,
            tag=recipe.tag,
            buildargs={**environment.arguments, **recipe.arguments, "NAME": recipe.name},
            labels=dict(recipe.labels),
            network_mode="host",
            decode=True,
            rm=True,
            forcerm=True,
            timeout=_SILENCE,
        )
        _follow(recipe.name, messages, step.detail, stop)
        _remove_stages(client, recipe.name)


def _remove_stages(client: docker.DockerClient, name: str) -> None:
    """Removes what a build leaves of its first stage, which is as large as the image itself."""
    client.images.prune(filters={"dangling": True, "label": f"{labels.STAGE}={name}"})


def _follow(
    name: str,
    messages: Iterator[dict[str, Any]],
    detail: Callable[[str], None],
    stop: threading.Event,
) -> None:
    lines: list[str] = []
    for message in messages:
        if stop.is_set():
            raise UserError(f"{name}: its build was given up")
        if "error" in message:
            raise UserError(
                f"{name}: its build failed: {message['error'].strip()}; the last lines of its log:",
                *lines[-_LAST_LINES:],
            )
        for line in message.get("stream", "").splitlines():
            if line.strip():
                lines.append(line.rstrip())
                detail(line)
