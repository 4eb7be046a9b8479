"""The authenticator on a database of its own."""

import asyncio
from functools import partial
from types import SimpleNamespace

import bcrypt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from jupyterhub import orm
from tornado.web import HTTPError

from hubwright.accounts import passwords
from hubwright.accounts.authenticator import AccountsAuthenticator

PASSWORD = "correct horse battery"


@pytest.fixture(autouse=True)
def cheap(monkeypatch):
    """bcrypt with few rounds."""
    monkeypatch.setattr(bcrypt, "gensalt", partial(bcrypt.gensalt, 4))


@pytest.fixture(scope="module")
def database():
    session = orm.new_session_factory("sqlite:///:memory:")()
    session.add_all([orm.User(name="root", admin=True), orm.User(name="ada")])
    session.commit()
    return session


@pytest.fixture
def accounts(database):
    authenticator = AccountsAuthenticator(
        _deprecated_db_session=database, allowed_failed_logins=2, seconds_before_next_try=30
    )
    authenticator.set_password_hash("ada", asyncio.run(passwords.hash_of(PASSWORD)))
    return authenticator


def log_in(accounts, name, password):
    data = {"username": name, "password": password}
    found = asyncio.run(accounts.get_authenticated_user(None, data))
    return found and found["name"]


@pytest.mark.parametrize("name", ["ada", "ADA", " ａｄａ"])
def test_logs_in(accounts, name):
    assert log_in(accounts, name, PASSWORD) == "ada"


@pytest.mark.parametrize("name", ["", "a" * 300, "a\nda", "ada/..", "\ud800", "ádá", "nobody"])
def test_no_such_account(accounts, name):
    assert log_in(accounts, name, PASSWORD) is None


@pytest.mark.parametrize("data", [None, {}, {"username": "ada"}, {"username": 1, "password": []}])
def test_incomplete_form(accounts, data):
    with pytest.raises(HTTPError) as error:
        asyncio.run(accounts.get_authenticated_user(None, data))
    assert error.value.status_code == 400


@pytest.mark.parametrize("name", ["ada", "nobody"])
def test_slowed_down_alike_whether_the_account_exists(accounts, name):
    assert [log_in(accounts, name, "wrong") for _ in range(2)] == [None, None]
    with pytest.raises(HTTPError, match="Too many wrong passwords; try again in 30 s"):
        log_in(accounts, name, PASSWORD)


def test_many_at_once_count_as_many(accounts):
    async def storm():
        tries = (accounts.is_password_of("ada", "wrong") for _ in range(5))
        return await asyncio.gather(*tries, return_exceptions=True)

    results = asyncio.run(storm())
    assert results[:2] == [False, False]
    assert all(isinstance(result, HTTPError) for result in results[2:])


def test_a_password_replaced_while_it_is_compared_is_wrong(accounts):
    async def both():
        trying = asyncio.create_task(accounts.is_password_of("ada", PASSWORD))
        await asyncio.sleep(0)
        accounts.set_password_hash("ada", passwords.unusable())
        return await trying

    assert asyncio.run(both()) is False


def test_removed_account_is_gone_and_the_last_administrator_stays(accounts):
    starting = {"": SimpleNamespace(pending="spawn")}
    with pytest.raises(HTTPError, match="just starting"):
        accounts.delete_user(SimpleNamespace(name="ada", spawners=starting))
    assert accounts.user_exists("ada")
    accounts.delete_user(SimpleNamespace(name="ada", spawners={}))
    assert not accounts.user_exists("ada")
    with pytest.raises(HTTPError, match="last administrator"):
        accounts.delete_user(SimpleNamespace(name="root", spawners={}))


def test_common_passwords_are_refused(accounts):
    assert "commonest" in accounts.password_problem("ada", "1q2w3e4r5t6y")
    assert accounts.password_problem("ada", PASSWORD) is None


@given(st.text(max_size=150))
def test_no_name_is_an_error(name):
    accounts = AccountsAuthenticator.__new__(AccountsAuthenticator)
    normal = accounts.normalize_username(name)
    if accounts.validate_username(normal):
        assert accounts.normalize_username(normal) == normal
