"""What the spawn page offers, and what becomes of a choice."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

import jinja2

from hubwright.quantities import format_memory
from hubwright.runtime import Runtime
from hubwright.settings import Profile

CHOICE = "profile"
"""The one option of a start: the key of a profile. The same in the form and by REST."""


class ChoiceError(ValueError):
    """The choice is not on offer; the message says what is."""


@dataclass(frozen=True)
class Offer:
    """A profile as the spawn page shows it."""

    key: str
    title: str
    description: str
    image: str
    costs: Sequence[str]
    """What a lab of it takes: `2 cores`, `4G memory`, `1 GPU`, `up to 8 hours`."""
    unavailable: str
    """Why this machine can't give it; empty if it can."""


def offers(runtime: Runtime, device_count: int) -> list[Offer]:
    """Every profile of the site, in its order. device_count: devices of the inventory."""
    return [
        Offer(
            key=key,
            title=profile.title,
            description=profile.description,
            image=runtime.lab_images[profile.image].title,
            costs=_costs(profile, device_count),
            unavailable=_unavailable(profile, device_count),
        )
        for key, profile in runtime.settings.profiles.items()
    ]


def choose(runtime: Runtime, options: Mapping[str, Any], *, explicit: bool) -> str:
    """The key of the profile that `options` ask for; the first profile where they ask for none.

    A choice of former times (explicit=False) that is no longer offered is the first profile too:
    it must not lock its user out. Raises ChoiceError for any other wrong choice.
    """
    profiles = runtime.settings.profiles
    default = next(iter(profiles))
    chosen = options.get(CHOICE, default)
    if isinstance(chosen, str) and chosen in profiles:
        if not explicit or not (unknown := set(options) - {CHOICE}):
            return chosen
        raise ChoiceError(f"unknown option {_shown(unknown)}; a start takes only '{CHOICE}'")
    if not explicit:
        return default
    raise ChoiceError(f"{CHOICE}: {chosen!r:.60} is not offered; choose one of {_shown(profiles)}")


def options_from_form(form: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """JupyterHub's options from the fields of the spawn form."""
    return {CHOICE: form[CHOICE][0]} if form.get(CHOICE) else {}


def render_form(page: Sequence[Offer], chosen: str) -> str:
    """The spawn form as HTML. JupyterHub puts it into its own <form>.

    If `chosen` can't be had now, the first profile that can is preselected.
    """
    available = [offer.key for offer in page if not offer.unavailable]
    if chosen not in available:
        chosen = next(iter(available), "")
    source = (files("hubwright") / "templates" / "spawn_form.html").read_text()
    environment = jinja2.Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True)
    return environment.from_string(source).render(offers=page, chosen=chosen, field=CHOICE)


def _costs(profile: Profile, device_count: int) -> list[str]:
    costs = [_counted(profile.cpu, "core"), f"{format_memory(profile.memory)} memory"]
    if profile.gpus == "all":
        costs.append(_counted(device_count, "GPU") if device_count else "all GPUs")
    elif profile.gpus:
        costs.append(_counted(profile.gpus, "GPU"))
    if profile.hours:
        costs.append(f"up to {_counted(profile.hours, 'hour')}")
    return costs


def _unavailable(profile: Profile, device_count: int) -> str:
    needed = 1 if profile.gpus == "all" else profile.gpus
    if needed <= device_count:
        return ""
    if not device_count:
        return "It has no GPU."
    return f"It has only {device_count} GPU{'' if device_count == 1 else 's'}."


def _counted(number: float, thing: str) -> str:
    return f"{number:g} {thing}{'' if number == 1 else 's'}"


def _shown(names: Any) -> str:
    return ", ".join(f"'{name:.40}'" for name in names)
