"""The spawner: asks gpus/ for a lease and Docker for a container; one lab for each user.

What a lab is, stands in lab.py; what a user may choose, in offers.py.
"""

import asyncio
import os
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, TypeVar

import docker
import requests
from dockerspawner import DockerSpawner
from jupyterhub.spawner import SpawnException
from jupyterhub.utils import maybe_future
from traitlets import Instance, default

from hubwright import labels, offers
from hubwright.admission import Admission
from hubwright.errors import UserError
from hubwright.gpus.holders import held_devices
from hubwright.gpus.inventory import read_inventory
from hubwright.gpus.lease import choose
from hubwright.homes import HomeError, Homes
from hubwright.lab import PORT, container_name, lab_container, lab_labels
from hubwright.progress import ProgressEvent, StartProgress
from hubwright.runtime import Runtime
from hubwright.settings import Profile

T = TypeVar("T")

DOCKER_THREADS = 16
"""Docker calls under way at once: a slow one delays nobody else."""

_LOOK = 0.03
"""Seconds between two looks at whether the lab's server listens."""

_CHECK = 1.0
"""Seconds between two looks at whether its container still runs."""


class StartRefused(SpawnException):
    """A start that can't be; the message is for the user's eyes, and stands there alone."""

    @property
    def jupyterhub_message(self) -> str:
        return str(self.message)


class LabSpawner(DockerSpawner):
    """Starts and stops one user's lab."""

    runtime = Instance(Runtime, config=True, help="Settings of the site, and facts of the host.")

    # Shared by all labs of the hub.
    _executor = ThreadPoolExecutor(DOCKER_THREADS, thread_name_prefix="docker")
    _admission: Admission | None = None
    _leasing: asyncio.Lock | None = None
    _last_given: dict[str, int] = {}

    remove = True
    use_internal_ip = True
    port = PORT

    _profile_key = ""
    _start: StartProgress | None = None
    _under_way: asyncio.Future[Any] | None = None

    @default("object_name")
    def _object_name_default(self) -> str:
        return container_name(self.runtime.settings, self.user.name, self.name)

    @default("options_form")
    def _options_form_default(self) -> Callable[..., Any]:
        return _spawn_form

    @default("options_from_form")
    def _options_from_form_default(self) -> Callable[..., Any]:
        return offers.options_from_form

    @default("apply_user_options")
    def _apply_user_options_default(self) -> Callable[..., Any]:
        return _apply_choice

    @property
    def profile(self) -> Profile:
        profiles: dict[str, Profile] = self.runtime.settings.profiles
        return profiles[self._profile_key]

    @property
    def homes(self) -> Homes:
        return Homes(self.client, self.runtime)

    # Start

    async def start(self) -> tuple[str, int]:
        """Starts the lab and waits until its server listens; its address and port."""
        self._start = StartProgress()
        try:
            return await self._start_lab()
        finally:
            self._start.end()

    async def _start_lab(self) -> tuple[str, int]:
        profile = self.profile
        self.image = self.runtime.lab_images[profile.image].reference
        self.mem_limit = profile.memory  # told to the lab as MEM_LIMIT and CPU_LIMIT
        self.cpu_limit = profile.cpu
        async with self._admitted():
            self._tell(10, "Getting your home ready")
            await self._ensure_home()
            await self._remove_leftover()
            await self._create(profile)
            self._tell(50, "Starting your lab")
            await self._run_container()
            ip, port = await self.get_ip_and_port()
            self._tell(70, "Waiting for JupyterLab")
            await self._listening(ip, port)
            self._tell(90, "Opening the door")
            return ip, port

    async def progress(self) -> AsyncIterator[ProgressEvent]:
        """What happens while the lab starts, for JupyterHub's progress page."""
        while self._start is None:  # JupyterHub asks before it calls start
            await asyncio.sleep(_LOOK)
        async for event in self._start.follow():
            yield event

    def _tell(self, percent: int, message: str) -> None:
        if self._start:
            self._start.tell(percent, message)

    @asynccontextmanager
    async def _admitted(self) -> AsyncIterator[None]:
        cls = type(self)
        if cls._admission is None:
            places = self.runtime.settings.limits.concurrent_starts
            cls._admission = Admission(places or 2 * (os.cpu_count() or 1))

        def tell(position: int) -> None:
            self._tell(5, f"Many labs start right now. Yours is number {position} in line")

        async with cls._admission.place(tell):
            yield

    async def _ensure_home(self) -> None:
        try:
            made = await self._in_thread(self.homes.ensure, self.user.name)
        except HomeError as error:
            raise StartRefused(
                f"{error} Please tell your administrator.", reason="home", status_code=503
            ) from None
        if made:
            self._tell(20, "Made your home")

    async def _remove_leftover(self) -> None:
        if await self.get_object():
            self.log.warning("Removing %s, left by an earlier start", self.object_name)
            await self.remove_object()

    async def _create(self, profile: Profile) -> None:
        cls = type(self)
        if not profile.gpus:
            await self._create_with(profile, [])
            return
        if cls._leasing is None:
            cls._leasing = asyncio.Lock()
        async with cls._leasing:  # until the container exists: from then on its labels tell
            devices = await self._choose_devices(profile)
            await self._create_with(profile, devices)
            for device in devices:
                cls._last_given[device] = 1 + max(cls._last_given.values(), default=0)

    async def _choose_devices(self, profile: Profile) -> list[str]:
        inventory = await self._in_thread(self._inventory)
        held = await self._in_thread(held_devices, self.client)
        slots = self.runtime.settings.gpus.slots
        devices = choose(inventory, held, profile.gpus, slots, self._last_given)
        if devices is None:
            used = sum(1 for device in inventory if held[device])
            raise StartRefused(
                f"No GPU is free for you: {profile.title} takes {profile.gpus}, and {used} of "
                f"{len(inventory)} are in use. Try again later, or choose a profile without one.",
                reason="gpu-capacity",
                status_code=503,
            )
        names = ", ".join(device.partition("=")[2] for device in devices)
        self._tell(30, f"Leased {names}")
        return devices

    def _inventory(self) -> list[str]:
        return [device.id for device in inventory_of(self.runtime)]

    async def _create_with(self, profile: Profile, devices: list[str]) -> None:
        self._tell(40, f"Making a lab from {self.runtime.lab_images[profile.image].title}")
        until = time.time() + profile.hours * 3600 if profile.hours else None
        arguments = lab_container(
            self.client,
            self.runtime.settings,
            profile,
            name=self.object_name,
            image=self.image,
            command=await self._command(),
            environment=self.get_env(),
            container_labels=lab_labels(
                self.runtime.settings,
                user=self.user.name,
                server=self.name,
                profile=self._profile_key,
                devices=devices,
                until=until,
            ),
            network=self.runtime.network,
            home=self.homes.path(self.user.name),
            devices=devices,
        )
        try:
            made = await self._whole(self.docker("create_container", **arguments))
        except docker.errors.ImageNotFound:
            raise StartRefused(
                f"The lab image {self.image} is not on this machine. Please tell your "
                "administrator: 'hubwright up' brings it back.",
                reason="image",
                status_code=503,
            ) from None
        except docker.errors.APIError as error:
            if error.status_code != 409:
                raise StartRefused(
                    f"Docker can't make your lab: {error.explanation}. Please tell your "
                    "administrator.",
                    reason="docker",
                    status_code=503,
                ) from None
            raise StartRefused(
                f"A container that is not ours bears the name {self.object_name}. Please tell "
                "your administrator: it has to be renamed or removed.",
                reason="name-taken",
                status_code=503,
            ) from None
        self.object_id = made["Id"]

    async def _run_container(self) -> None:
        try:
            await self._whole(self.start_object())
        except docker.errors.APIError as error:
            raise StartRefused(
                f"Docker can't start your lab: {error.explanation}. Please tell your "
                "administrator.",
                reason="docker",
                status_code=503,
            ) from None

    async def _whole(self, call: Awaitable[T]) -> T:
        """Waits for a call of Docker to its end, even if the start is cancelled meanwhile.

        Else a container that is just being made would be nobody's.
        """
        self._under_way = asyncio.ensure_future(call)
        try:
            return await asyncio.shield(self._under_way)
        except asyncio.CancelledError:
            await asyncio.wait([self._under_way])
            raise

    async def _command(self) -> list[str]:
        try:
            image = await self.docker("inspect_image", self.image)
        except docker.errors.ImageNotFound:
            return []  # creating the container says it better
        return [*(image["Config"]["Cmd"] or []), *self.get_args()]

    async def _listening(self, ip: str, port: int) -> None:
        """Waits until the lab's server accepts connections, or its container has ended."""
        checked = time.monotonic()
        while True:
            try:
                _, writer = await asyncio.wait_for(asyncio.open_connection(ip, port), timeout=1)
            except (TimeoutError, OSError):
                if time.monotonic() - checked > _CHECK:
                    await self._raise_if_ended()
                    checked = time.monotonic()
                await asyncio.sleep(_LOOK)
            else:
                writer.close()
                return

    async def _raise_if_ended(self) -> None:
        container = await self.get_object()
        if container and container["State"]["Status"] in {"created", "running"}:
            return
        reason = "it was removed"
        if container:
            logs = await self.docker("logs", self.object_id, tail=5)
            last = logs.decode(errors="replace").strip()
            reason = f"exit code {container['State']['ExitCode']}. Its last words:\n{last}"
        raise StartRefused(
            f"Your lab ended while it started: {reason}", reason="lab-ended", status_code=500
        )

    # Life and end

    async def get_object(self) -> dict[str, Any] | None:
        """Docker's description of the lab's container; None if it is gone, or not ours.

        Raises docker's errors where Docker does not answer: that says nothing about the lab.
        """
        try:
            found: dict[str, Any] = await self.docker("inspect_container", self.object_name)
        except docker.errors.NotFound:
            found = {}
        found_labels = found.get("Config", {}).get("Labels") or {}
        ours = (
            found_labels.get(labels.HUB) == self.runtime.settings.hub.name
            and found_labels.get(labels.USER) == self.user.name
        )
        self.object_id = found["Id"] if ours else ""
        return found if ours else None

    async def poll(self) -> int | str | None:
        """None while the lab runs, or while Docker does not answer: silence is not death."""
        try:
            container = await self.get_object()
        except (docker.errors.APIError, requests.RequestException) as error:
            self.log.warning("Docker does not tell about %s: %s", self.object_name, error)
            return None
        if container is None:
            return 0
        state = container["State"]
        if not state["Running"]:
            end = "out of memory" if state.get("OOMKilled") else f"exit code {state['ExitCode']}"
            return f"ended at {state['FinishedAt']}: {end}"
        until = (container["Config"]["Labels"] or {}).get(labels.UNTIL)
        if until and time.time() > int(until):
            self.log.info("Stopping %s: its hours are over", self.object_name)
            await self.stop()
            return "its hours are over"
        return None

    async def remove_object(self) -> None:
        """Removes the container, running or not."""
        try:
            await self.docker("remove_container", self.object_id, v=True, force=True)
        except docker.errors.APIError as error:
            if error.status_code not in {404, 409}:  # gone, or just going
                raise

    async def run_post_stop_hook(self) -> None:
        """Removes what is left of a lab that ended by itself or whose start failed."""
        if self._under_way:
            await asyncio.wait([self._under_way])
        if await self.get_object():
            await self.remove_object()
        self._start = None
        await maybe_future(super().run_post_stop_hook())

    async def delete_forever(self) -> None:
        """Called when the user is removed: the home is moved aside, not deleted."""
        if not self.name:
            await self._in_thread(self.homes.archive, self.user.name)

    async def _in_thread(self, function: Callable[..., T], *arguments: Any) -> T:
        future = self.executor.submit(function, *arguments)
        return await asyncio.wrap_future(future)

    @property
    def executor(self) -> ThreadPoolExecutor:
        return type(self)._executor


def inventory_of(runtime: Runtime) -> list[Any]:
    """The devices of the host. A specification that can't be read leaves the site without."""
    gpus = runtime.settings.gpus
    try:
        return list(read_inventory([Path(d) for d in gpus.cdi_directories], gpus.kind, gpus.ignore))
    except UserError:
        return []


async def _spawn_form(spawner: LabSpawner) -> str:
    inventory = await spawner._in_thread(inventory_of, spawner.runtime)
    stored = spawner.orm_spawner.user_options or {}
    chosen = offers.choose(spawner.runtime, stored, explicit=False)
    return offers.render_form(offers.offers(spawner.runtime, len(inventory)), chosen)


def _apply_choice(spawner: LabSpawner, options: dict[str, Any]) -> None:
    """Takes the profile that was chosen: by the form, by REST, or at an earlier start."""
    try:
        spawner._profile_key = offers.choose(
            spawner.runtime, options, explicit=_is_explicit(spawner)
        )
    except offers.ChoiceError as error:
        spawner.orm_spawner.user_options = {}  # or every later start would fail as well
        raise StartRefused(f"{error}.", reason="choice") from None


def _is_explicit(spawner: LabSpawner) -> bool:
    """Whether this start brought a choice, and does not repeat the stored one."""
    handler = spawner.handler
    if handler is None:
        return False
    options = any(key.startswith("opt-") for key in handler.request.query_arguments)
    return options or bool(handler.request.body)
