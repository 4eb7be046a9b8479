"""The site file: an empty one works, and every mistake is named with its key."""

import json

import jsonschema
import pytest

from hubwright import sitefile
from hubwright.errors import UserError
from hubwright.settings import Settings


def problems(text, **options):
    with pytest.raises(UserError) as error:
        sitefile.parse(text, "site.toml", **options)
    return list(error.value.problems)


def test_an_empty_file_is_a_working_site():
    assert sitefile.parse("", "site.toml") == Settings()


def test_toml_and_json_mean_the_same():
    toml = '[hub]\nport = 80\n[profiles.gpu]\ntitle = "GPU"\ngpus = "all"\nmemory = "16G"\n'
    document = {
        "hub": {"port": 80},
        "profiles": {"gpu": {"title": "GPU", "gpus": "all", "memory": "16G"}},
    }
    assert sitefile.parse(toml, "a") == sitefile.parse(
        json.dumps(document), "b", json_document=True
    )


def test_what_show_prints_is_accepted_again():
    settings = sitefile.parse('[profiles.a]\ntitle = "A"\nmemory = "1.5G"\nhours = 8\n', "a")
    again = sitefile.parse(settings.model_dump_json(), "b", json_document=True)
    assert again == settings
    assert again.profiles["a"].memory == 1536 << 20


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("[hub]\nprot = 80", ["hub.prot", "unknown key", "did you mean 'hub.port'"]),
        ("[profile.x]\n", ["profile:", "unknown key", "did you mean 'profiles'"]),
        ("[auth]\nzzz = 1", ["auth.zzz", "unknown key", "known here: kind"]),
        ("[hub]\nport = 'x'", ["hub.port", '"x" was given', "a whole number"]),
        ("[hub]\nport = 70000", ["hub.port", "70000", "65535"]),
        ("[hub]\naddress = 'here'", ["hub.address", '"here"', "IPv4 or IPv6 address"]),
        ("[hub]\nstate_directory = 'x'", ["hub.state_directory", "absolute path"]),
        ("[hub]\nstate_directory = '/a/../b'", ["hub.state_directory", "absolute path"]),
        ("[profiles.a]\n", ["profiles.a.title", "missing"]),
        ("[profiles.A]\ntitle = 'a'", ["profiles.A", "text that matches"]),
        ("[profiles.a]\ntitle = 'a'\nmemory = 'much'", ["profiles.a.memory", "'4G'"]),
        ("[profiles.a]\ntitle = 'a'\nmemory = -1", ["profiles.a.memory", "above zero"]),
        ("[profiles.a]\ntitle = 'a'\ncpu = 0", ["profiles.a.cpu", "0 was given", "0.05"]),
        ("[profiles.a]\ntitle = 'a'\ngpus = 'some'", ["profiles.a.gpus", "whole number or 'all'"]),
        ("profiles = {}", ["profiles", "at least one"]),
        ("[gpus]\nslots = 0", ["gpus.slots", "'unlimited'"]),
        ("[users]\nadmins = ['a b']", ["users.admins.0", "letters, digits"]),
        ("[users]\nadmins = []", ["users.admins", "at least one"]),
        ("[network]\nsubnet = '10.0.0.1/33'", ["network.subnet", "IPv4 network"]),
        ("[auth]\nkind = 'dummy'", ["auth.kind", "loopback"]),
        ("[auth]\nkind = 'ldap'", ["auth.kind", '"ldap"', "'accounts' or 'dummy'"]),
        ("[hub]\nport = 8081", ["network.hub_port", "8081 is taken by hub.port"]),
        ("hub = 3", ["hub", "a table"]),
        ("[hub", ["not TOML"]),
        ("[hub]\nport = true", ["hub.port", "true was given", "a whole number"]),
        ("[hub]\nbase_url = '/../x'", ["hub.base_url", "'/jupyter/'"]),
        ("[hub]\nstate_directory = '/'", ["hub.state_directory", "'/hubwright'"]),
        ("[hub]\naddress = '127.0.0.256'", ["hub.address", "IPv4 or IPv6"]),
        ("[auth]\nminimum_password_length = 100", ["auth.minimum_password_length", "64"]),
        ("[auth]\nlink_hours = 99999999", ["auth.link_hours", "8760"]),
        ("[users]\nadmins = ['zoe', 'Zoe']", ["users", "'zoe' stands there twice"]),
        ("[users]\nnames = ['admin']", ["users", "'admin' stands there twice"]),
        ("[storage]\nhomes = '/home'", ["storage.homes", "'/home/hubwright'"]),
        ("[storage]\nhomes = '/a\\u0000b'".replace("'", '"'), ["storage.homes", "absolute path"]),
        ("[storage]\nuid = 99999999999", ["storage.uid", "4294967294"]),
        ("[storage]\nhomes = '/d/homes'\nshared = '/d'", ["storage.shared", "/d/homes"]),
        ("[storage]\nshared = '/var/lib'", ["storage.shared", "every lab would read"]),
        ("[storage]\nshared = '/var/lib/hubwright/secrets/x'", ["storage.shared", "secrets"]),
        ("[storage]\nhomes = '/var/lib'", ["storage.homes", "/var/lib/hubwright"]),
        ("[profiles.a]\ntitle = 'a'\ncpu = inf", ["profiles.a.cpu", "finite"]),
        ("[profiles.a]\ntitle = 'a'\ncpu = 0.001", ["profiles.a.cpu", "0.05"]),
        ("[profiles.a]\ntitle = 'a'\nmemory = '1M'", ["profiles.a.memory", '"1M" was given']),
        ("[profiles.a]\ntitle = 'a'\npids = 99999999999", ["profiles.a.pids", "4194304"]),
    ],
)
def test_a_mistake_is_one_line_with_file_key_and_help(text, parts):
    found = problems(text)
    assert len(found) == 1, found
    assert found[0].startswith("site.toml: ")
    assert "\n" not in found[0]
    for part in parts:
        assert part in found[0]


@pytest.mark.parametrize("text", ["[]", "null", '"x"', "[" * 100_000, "{"])
def test_json_that_is_no_table(text):
    (line,) = problems(text, json_document=True)
    assert line.startswith("site.toml: ")


def test_all_mistakes_are_named_at_once():
    found = problems("[hub]\nport = 'x'\nprot = 1\n[gpus]\nslots = 0\n[profiles.a]\ncpu = 0\n")
    assert [line.split(": ")[1] for line in found] == [
        "gpus.slots",
        "hub.port",
        "hub.prot",
        "profiles.a.cpu",
        "profiles.a.title",
    ]


def test_dummy_log_in_is_accepted_on_loopback_only():
    text = "[auth]\nkind = 'dummy'\n[hub]\naddress = '{}'"
    assert sitefile.parse(text.format("127.0.0.1"), "a").auth.kind == "dummy"
    assert problems(text.format("192.0.2.1"))


def test_a_missing_file_and_an_unreadable_one(tmp_path):
    with pytest.raises(UserError, match="no such file"):
        sitefile.load(tmp_path / "none.toml")
    binary = tmp_path / "binary.toml"
    binary.write_bytes(b"\xff\xfe")
    with pytest.raises(UserError, match="can't be read"):
        sitefile.load(binary)


def test_the_schema_describes_what_is_accepted():
    schema = Settings.model_json_schema()
    validator = jsonschema.Draft202012Validator(schema)
    jsonschema.Draft202012Validator.check_schema(schema)
    assert validator.is_valid({})
    assert validator.is_valid(json.loads(Settings().model_dump_json()))
    assert not validator.is_valid({"hub": {"prot": 1}})
    assert not validator.is_valid({"profiles": {"a": {"title": "x", "gpus": "some"}}})


def test_every_key_is_described():
    def undescribed(schema, path):
        for key, value in schema.get("properties", {}).items():
            if "$ref" not in value and "description" not in value:
                yield f"{path}.{key}"

    schema = Settings.model_json_schema()
    models = {"Settings": schema, **schema["$defs"]}
    assert [name for path, model in models.items() for name in undescribed(model, path)] == []
