"""The flake as its users meet it: what it offers, and that all of it evaluates."""

import json
import shutil
import tomllib

import pytest

from hubwright.settings import Settings
from nix.realise import ROOT, NixError, run

FLAGS = ("--extra-experimental-features", "nix-command flakes")


def test_flake_nix_only_gives_names():
    assert len((ROOT / "flake.nix").read_text().splitlines()) < 60


def test_nixpkgs_is_the_only_input_and_pinned():
    nodes = json.loads((ROOT / "flake.lock").read_text())["nodes"]
    assert sorted(nodes) == ["nixpkgs", "root"]
    locked = nodes["nixpkgs"]["locked"]
    assert len(locked["rev"]) == 40
    assert locked["narHash"].startswith("sha256-")


def test_everything_evaluates(nix, tmp_path):
    """Hosts, images, checks (the evaluation tests among them) and virtual machines."""
    # a copy without what is made here: Nix would take it all along, or ask whose checkout it is
    flake = tmp_path / "flake"
    made = shutil.ignore_patterns(".[!g]*", ".git", "__pycache__")
    shutil.copytree(ROOT, flake, ignore=made)
    override = ("--override-input", "nixpkgs", f"path:{nix.nixpkgs}")
    check = ("flake", "check", "--no-build", "--no-write-lock-file", *override, f"path:{flake}")
    run("nix", *FLAGS, *check, timeout=1200)


def test_every_lab_image_is_a_package(nix):
    catalogue = tomllib.loads((ROOT / "images" / "labs.toml").read_text())
    packages = set(nix.eval("builtins.attrNames project.packages"))
    assert {f"lab-image-{name}" for name in catalogue} <= packages
    offered = {"lab-image", "hub-image", "proxy-image", "hubwright", "acceptance", "docs"}
    assert offered <= packages


OPTIONS = """
  map (option: {
    inherit (option) name;
    description = option.description or null;
    default = option.default.text or null;
  }) (builtins.filter (option: option.visible && !option.internal) (
    pkgs.lib.optionAttrSetToDocList (removeAttrs project.packages.docs.options [ "_module" ])
  ))
"""


@pytest.fixture(scope="module")
def options(nix):
    """The options of the module by name, as their page shows them."""
    return {option["name"]: option for option in nix.eval(OPTIONS)}


def test_every_option_is_described(options):
    assert options
    assert [name for name, option in options.items() if not option["description"]] == []


def keys(schema, node, prefix):
    """The keys of a site file below `node`, and what the schema says of each."""
    definition = schema["$defs"][node["$ref"].rpartition("/")[2]] if "$ref" in node else node
    for name, inner in definition["properties"].items():
        yield f"{prefix}.{name}", inner
        if "$ref" in inner:
            yield from keys(schema, inner, f"{prefix}.{name}")


def test_options_and_site_file_have_the_same_keys(options):
    """Of the same words and defaults."""
    schema = Settings.model_json_schema()
    wanted = dict(keys(schema, schema, "services.hubwright.settings"))
    profile = {"$ref": "#/$defs/Profile"}
    wanted |= dict(keys(schema, profile, "services.hubwright.profiles.<name>"))
    for name, node in wanted.items():
        if "description" in node:
            assert options[name]["description"] == node["description"], name
        if "default" in node and "$ref" not in node:
            shown = options[name]["default"]
            default = node["default"]
            plain = json.dumps(default) if not isinstance(default, (list, dict)) else None
            assert plain is None or float_or(shown) == float_or(plain), name
    below = ("services.hubwright.settings.", "services.hubwright.profiles.<name>.")
    offered = {name for name in options if name.startswith(below)}
    assert offered == set(wanted)


def float_or(text):
    """Numbers are written differently in Nix and JSON."""
    try:
        return float(text)
    except (TypeError, ValueError):
        return text


MISTAKE = """
  (import (pkgs.path + "/nixos/lib/eval-config.nix") {
    system = null;
    modules = [
      project.module
      {
        nixpkgs.pkgs = pkgs;
        system.stateVersion = "26.05";
        services.hubwright = {
          enable = true;
          inherit (project) packages;
          settings.limits.idle_hour = 3;
          profiles.it = { title = "It"; memory = "lots"; };
        };
      }
    ];
  }).config.services.hubwright.siteFile.drvPath
"""


def test_what_only_hubwright_knows_is_checked_when_the_site_is_built(builder):
    with pytest.raises(NixError) as refused:
        builder.realise(builder.eval(MISTAKE))
    said = str(refused.value)
    assert "limits.idle_hour: unknown key; did you mean 'limits.idle_hours'?" in said
    assert "profiles.it.memory" in said


TEMPLATE = """
  let
    inherit
      (import (pkgs.path + "/nixos/lib/eval-config.nix") {
        system = null;
        modules = [
          project.module
          ROOT/nix/templates/site/hardware.nix
          ROOT/nix/templates/site/site.nix
          { services.hubwright.packages = project.packages; }
        ];
      })
      config
      ;
  in
  {
    wrong = map (it: it.message) (builtins.filter (it: !it.assertion) config.assertions);
    inherit (config) warnings;
  }
"""


def test_the_template_is_a_host_that_lacks_a_key(nix):
    """Whoever forgets to put a key there is not locked out: NixOS refuses."""
    found = nix.eval(TEMPLATE.replace("ROOT", str(ROOT)))
    (message,) = found["wrong"]
    assert "SSH authorized key" in message
    assert found["warnings"] == []
