"""A start's order and messages: admission, progress, and what may be chosen."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubwright import offers
from hubwright.admission import Admission
from hubwright.progress import StartProgress
from hubwright.runtime import LabImage, Runtime
from hubwright.settings import Profile, Settings


def runtime(**profiles):
    return Runtime(
        settings=Settings(profiles=profiles or {"standard": Profile(title="Standard")}),
        lab_images={"base": LabImage(reference="hubwright/lab-base:x", title="Base")},
        network="hubwright",
        gateway="172.18.0.1",
        docker_socket="/var/run/docker.sock",
        helper_image="hubwright/hub:x",
    )


@given(st.integers(1, 4), st.integers(1, 12), st.sets(st.integers(0, 11)))
def test_admission_keeps_order_and_bound_and_leaks_no_place(places, number, cancelled):
    async def scenario():
        gate = Admission(places)
        order, inside, most = [], 0, 0
        positions: dict[int, list[int]] = {i: [] for i in range(number)}

        async def lab(i):
            nonlocal inside, most
            async with gate.place(positions[i].append):
                order.append(i)
                inside += 1
                most = max(most, inside)
                try:
                    await asyncio.sleep(0)
                finally:
                    inside -= 1

        tasks = [asyncio.ensure_future(lab(i)) for i in range(number)]
        await asyncio.sleep(0)
        for i in cancelled:
            if i < number:
                tasks[i].cancel()
        await asyncio.wait(tasks)
        assert order == sorted(order)
        assert most <= places
        assert {i for i in range(number) if i not in cancelled} <= set(order)
        for told in positions.values():
            assert told == sorted(told, reverse=True), "nobody is put back in the line"
        async with asyncio.timeout(1):
            for _ in range(places):  # every place is free again
                await gate.place(lambda _: None).__aenter__()

    asyncio.run(scenario())


def test_a_page_opened_late_sees_every_message():
    async def scenario():
        progress = StartProgress()
        progress.tell(10, "one")
        early = asyncio.ensure_future(collect(progress))
        await asyncio.sleep(0)
        progress.tell(20, "two")
        progress.end()
        assert await early == await collect(progress) == ["one", "two"]

    async def collect(progress):
        return [event["message"] async for event in progress.follow()]

    asyncio.run(scenario())


def test_the_first_profile_is_the_default():
    site = runtime(b=Profile(title="B"), a=Profile(title="A"))
    assert offers.choose(site, {}, explicit=False) == "b"
    assert offers.choose(site, {}, explicit=True) == "b"


@pytest.mark.parametrize("stored", [{"profile": "gone"}, {"image": "x"}, {"profile": ["a"]}])
def test_a_choice_no_longer_offered_is_the_default(stored):
    assert offers.choose(runtime(), stored, explicit=False) == "standard"


@pytest.mark.parametrize(
    "options", [{"profile": "gone"}, {"image": "x"}, {"profile": ["a"]}, {"profile": None}]
)
def test_a_wrong_choice_by_rest_is_refused(options):
    with pytest.raises(offers.ChoiceError, match="profile"):
        offers.choose(runtime(), options, explicit=True)


def test_the_form_is_escaped():
    profile = Profile(title="<script>alert(1)</script>", description='"><img src=x>')
    page = offers.render_form(offers.offers(runtime(x=profile), 0), "x")
    assert "<script>" not in page
    assert "<img" not in page
    assert "&lt;script&gt;" in page


def test_the_form_says_what_it_costs_and_what_is_not_to_be_had():
    profile = Profile(title="GPU", gpus=2, cpu=1, memory="8G", hours=12)
    (offer,) = offers.offers(runtime(gpu=profile), 4)
    assert offer.costs == ["1 core", "8G memory", "2 GPUs", "up to 12 hours"]
    assert not offer.unavailable
    (offer,) = offers.offers(runtime(gpu=profile), 1)
    assert offer.unavailable == "It has only 1 GPU."
    assert "disabled" in offers.render_form([offer], "gpu")
