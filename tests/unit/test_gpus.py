"""Devices and leases: the inventory from CDI specifications, and the rule."""

import json

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from hubwright.errors import UserError
from hubwright.gpus.inventory import read_inventory
from hubwright.gpus.lease import choose

KIND = "nvidia.com/gpu"


def specification(devices, kind=KIND):
    return {
        "cdiVersion": "0.6.0",
        "kind": kind,
        "devices": [
            {"name": name, "containerEdits": {"deviceNodes": [{"path": node} for node in nodes]}}
            for name, nodes in devices.items()
        ],
    }


def test_a_gpu_listed_twice_is_one_device_with_its_uuid(tmp_path):
    devices = {
        "0": ["/dev/nvidia0"],
        "1": ["/dev/nvidia1"],
        "GPU-aaa": ["/dev/nvidia0"],
        "GPU-bbb": ["/dev/nvidia1"],
        "all": ["/dev/nvidia0", "/dev/nvidia1"],
    }
    (tmp_path / "nvidia.yaml").write_text(yaml.safe_dump(specification(devices)))
    found = read_inventory([tmp_path], KIND, ["all"])
    assert [device.id for device in found] == [f"{KIND}=GPU-aaa", f"{KIND}=GPU-bbb"]
    assert found[0].nodes == {"/dev/nvidia0"}
    assert found[0].name == "GPU-aaa"


def test_other_kinds_and_missing_directories_are_passed_over(tmp_path):
    (tmp_path / "net.json").write_text(json.dumps(specification({"x": ["/dev/x"]}, "a.b/net")))
    assert read_inventory([tmp_path, tmp_path / "none"], KIND) == []


def test_the_later_directory_wins(tmp_path):
    for folder, node in (("etc", "/dev/old"), ("run", "/dev/new")):
        (tmp_path / folder).mkdir()
        text = json.dumps(specification({"GPU-a": [node]}))
        (tmp_path / folder / "nvidia.json").write_text(text)
    (device,) = read_inventory([tmp_path / "etc", tmp_path / "run"], KIND)
    assert device.nodes == {"/dev/new"}


@pytest.mark.parametrize("text", ["{", "- 1", "\t"])
def test_a_broken_specification_is_named(tmp_path, text):
    (tmp_path / "nvidia.json").write_text(text)
    with pytest.raises(UserError, match=r"nvidia\.json"):
        read_inventory([tmp_path], KIND)


def test_the_least_loaded_devices_are_given():
    devices = ["a", "b", "c"]
    assert choose(devices, {"a": 1}, 1, "unlimited", {}) == ["b"]
    assert choose(devices, {"a": 2, "b": 1, "c": 1}, 2, 4, {}) == ["b", "c"]


def test_ties_rotate():
    devices = ["a", "b", "c"]
    given_at: dict[str, int] = {}
    order = []
    for turn in range(6):
        (device,) = choose(devices, {}, 1, 1, given_at)
        given_at[device] = turn
        order.append(device)
    assert order == ["a", "b", "c", "a", "b", "c"]


def test_all_means_every_device():
    assert choose(["a", "b"], {}, "all", 1, {}) == ["a", "b"]
    assert choose(["a", "b"], {"a": 1}, "all", 1, {}) is None


@given(
    st.lists(st.sampled_from("abcdefgh"), unique=True),
    st.dictionaries(st.sampled_from("abcdefgh"), st.integers(0, 4)),
    st.integers(1, 9),
    st.integers(1, 4),
)
def test_no_device_gets_more_labs_than_it_has_slots(devices, held, wanted, slots):
    chosen = choose(devices, held, wanted, slots, {})
    free = [device for device in devices if held.get(device, 0) < slots]
    if chosen is None:
        assert len(free) < wanted
    else:
        assert len(chosen) == len(set(chosen)) == wanted
        assert set(chosen) <= set(free)
