"""Names: every user has a home and a container of their own, whatever the name."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubwright.lab import container_name
from hubwright.names import MAX_NAME, MAX_SLUG, name_problem, normalize, slug
from hubwright.settings import Settings

names = st.text(min_size=1, max_size=MAX_NAME).filter(lambda name: name_problem(name) is None)


@given(st.text(max_size=300))
def test_a_slug_is_safe_in_paths_and_container_names(name):
    assert re.fullmatch(r"[a-z0-9-]*", slug(name))
    assert len(slug(name)) <= MAX_SLUG


@given(st.text(min_size=1, max_size=120), st.text(min_size=1, max_size=120))
def test_different_names_have_different_slugs(one, other):
    assert (slug(one) == slug(other)) == (one == other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("a.b", "a-b"),
        ("a.b", "a-2eb"),
        ("ab", "a-b"),
        ("é", "e"),
        ("x" * 100, "x" * 99 + "y"),
        ("x" * 64, slug("x" * 64)),
        ("a", "a--b"),
    ],
)
def test_names_that_look_alike(one, other):
    assert slug(one) != slug(other)


@given(names, names, st.sampled_from(["", "one", "b"]), st.sampled_from(["", "one", "b"]))
def test_containers_of_different_labs_differ(user, other, server, other_server):
    settings = Settings()
    one = container_name(settings, user, server)
    two = container_name(settings, other, other_server)
    assert (one == two) == ((user, server) == (other, other_server))


@pytest.mark.parametrize(
    ("given_name", "expected"),
    [
        ("Ada", "ada"),
        ("ada.lovelace", "ada.lovelace"),
        ("ADA@Example.org", "ada@example.org"),
        ("e\u0301ve", "éve"),
        ("Ａｄａ", "ada"),
        ("Åsa", "åsa"),
        ("李雷", "李雷"),
        ("x" * 100, "x" * 100),
    ],
)
def test_normal_form(given_name, expected):
    assert normalize(given_name) == expected


@given(names)
def test_normalizing_again_changes_nothing(name):
    try:
        once = normalize(name)
    except ValueError:
        return
    assert normalize(once) == once


@pytest.mark.parametrize(
    "name", ["", " ", "a b", "a/b", "..", ".a", "-a", "a\n", "a\x00b", "a,b", "<a>", "x" * 300]
)
def test_names_that_nobody_can_have(name):
    if name.strip() == "a":  # surrounding blanks are cut off
        assert normalize(name) == "a"
        return
    with pytest.raises(ValueError, match=r"user name"):
        normalize(name)
