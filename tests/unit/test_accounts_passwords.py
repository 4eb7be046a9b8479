"""Hashes and rules of passwords."""

import asyncio
from functools import partial

import bcrypt
import pytest

from hubwright.accounts import passwords


@pytest.fixture(autouse=True)
def cheap(monkeypatch):
    """bcrypt with few rounds."""
    monkeypatch.setattr(bcrypt, "gensalt", partial(bcrypt.gensalt, 4))


def test_a_hash_fits_its_password_alone():
    hashed = asyncio.run(passwords.hash_of("correct hörse"))
    assert passwords.is_usable(hashed)
    assert asyncio.run(passwords.matches("correct hörse", hashed))
    assert not asyncio.run(passwords.matches("correct horse", hashed))


def test_what_bcrypt_would_cut_off_counts():
    hashed = asyncio.run(passwords.hash_of("x" * passwords.MAX_BYTES))
    assert not asyncio.run(passwords.matches("x" * (passwords.MAX_BYTES + 1), hashed))


@pytest.mark.parametrize("password", ["", "." * 31, "\0", "\ud800", "é" * 99])
def test_nothing_fits_an_unusable_hash(password):
    hashed = passwords.unusable()
    assert not passwords.is_usable(hashed)
    assert hashed != passwords.unusable()
    assert not asyncio.run(passwords.matches(password, hashed))


@pytest.mark.parametrize(
    ("password", "name", "word"),
    [
        ("short", "ada", "too short"),
        ("tab\tinside-it", "ada", "control character"),
        ("\ud800 surrogate", "ada", "control character"),
        ("é" * 37, "ada", "too long"),
        ("my-name-is-ADA", "ada", "user name"),
        ("a good password", "a", None),
        ("x" * 72, "ada", None),
        ("ein Satz mit Wörtern", "ada", None),
    ],
)
def test_rules(password, name, word):
    problem = passwords.problem(password, name, 10)
    assert problem is None if word is None else word in problem
