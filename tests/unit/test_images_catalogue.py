"""images/labs.toml, and profiles that name a lab image."""

import tomllib

import pytest
from pydantic import ValidationError

from hubwright import project
from hubwright.errors import UserError
from hubwright.images import catalogue
from hubwright.settings import Image, Profile, Settings

LABS = catalogue.load()


def test_the_labs():
    assert list(LABS) == ["base", "torch", "tensorflow", "full"]


@pytest.mark.parametrize("name", LABS)
def test_every_lab_holds_what_base_does(name):
    base, lab = LABS["base"], LABS[name]
    assert set(base.packages) <= set(lab.packages)
    assert set(base.apt) <= set(lab.apt)
    assert set(base.imports) <= set(lab.imports)


@pytest.mark.parametrize("name", [name for name in LABS if name != "base"])
def test_labs_with_cuda_say_which_driver_they_need(name):
    assert LABS[name].minimum_driver


def test_jupyterhub_is_the_hub_s():
    document = tomllib.loads((project.root() / "pyproject.toml").read_text())
    hub = document["project"]["optional-dependencies"]["hub"]
    pins = [requirement for requirement in hub if requirement.startswith("jupyterhub==")]
    assert set(pins) <= set(LABS["base"].packages)


@pytest.mark.parametrize(
    "text",
    [
        '[x]\ntitle = "X"',
        '[x]\ntitle = "X"\ndescription = ""\npackages = []\nimports = []\ncolour = "red"',
        '[X_y]\ntitle = "X"\ndescription = ""\npackages = []\nimports = []',
        '[x]\ntitle="X"\ndescription=""\npackages=[]\nimports=[]\nminimum_driver="new"',
    ],
)
def test_bad_tables(text):
    with pytest.raises(ValidationError):
        catalogue.parse(text)


def profile(image):
    return Settings(profiles={"gpu": Profile(title="GPU", image=image)})


def test_known_images_are_accepted():
    catalogue.check_profiles(Settings())
    catalogue.check_profiles(profile("torch"))
    own = Settings(
        profiles={"p": Profile(title="P", image="mine")}, images={"mine": Image(reference="a/b:1")}
    )
    catalogue.check_profiles(own)


def test_an_unknown_image_is_named_with_its_key_and_the_nearest():
    with pytest.raises(UserError) as caught:
        catalogue.check_profiles(profile("torhc"))
    [line] = caught.value.problems
    assert line.startswith("profiles.gpu.image: 'torhc' was given; accepted: base, torch")
    assert line.endswith("did you mean 'torch'?")


def test_every_unknown_image_has_a_line():
    settings = Settings(
        profiles={
            "a": Profile(title="A", image="zzz"),
            "b": Profile(title="B"),
            "c": Profile(title="C", image="qqq"),
        }
    )
    with pytest.raises(UserError) as caught:
        catalogue.check_profiles(settings)
    assert [line.split(":")[0] for line in caught.value.problems] == [
        "profiles.a.image",
        "profiles.c.image",
    ]
