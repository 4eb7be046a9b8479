"""Stand-ins: what is one, what they hold, and what they refer to."""

import pytest

from nix.realise import is_wiring, path_info, put, store_path


@pytest.fixture
def use(tmp_path):
    for name in ("bin/tool", "share/doc/page", "note"):
        (tmp_path / "use" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "use" / name).write_text(name)
    return tmp_path / "use"


def test_what_a_stand_in_holds(tmp_path, use):
    put(tmp_path / "it", use)
    assert (tmp_path / "it/bin").is_dir() and not (tmp_path / "it/bin").is_symlink()
    assert (tmp_path / "it/bin/tool").readlink() == use / "bin/tool"
    assert (tmp_path / "it/share/doc/page").read_text() == "share/doc/page"
    assert (tmp_path / "it/note").readlink() == use / "note"


def test_a_stand_in_for_anything(tmp_path, use):
    put(tmp_path / "it", use)
    put(tmp_path / "it", None)
    assert {entry.name for entry in (tmp_path / "it").iterdir()} == {"bin", "sbin"}


def test_what_is_built_for_real():
    script = {"name": "x", "builder": "/nix/store/x/bin/bash", "env": {"buildCommand": "true"}}
    assert is_wiring(script)
    assert not is_wiring({**script, "env": {"buildCommand": "true", "src": "/x"}})
    assert not is_wiring({**script, "env": {"buildCommand": "true", "outputHash": "x"}})
    structured = {**script, "env": {"__json": '{"buildCommand": "true"}'}}
    assert is_wiring(structured)


def test_a_stand_in_refers_to_what_it_holds(builder):
    if builder.has_cache:
        pytest.skip("needs no stand-ins: Nix has a binary cache")
    builder.realise(builder.eval("project.packages.proxy-image.drvPath"))
    path = builder.eval("pkgs.configurable-http-proxy.outPath")
    info = path_info([path])[path]
    assert info["deriver"] is None
    (used,) = info["references"]
    assert used == store_path(builder.made("proxy"))
