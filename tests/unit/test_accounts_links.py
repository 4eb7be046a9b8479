"""Links with which a password is chosen once."""

from hypothesis import given
from hypothesis import strategies as st

from hubwright.accounts import links, passwords
from hubwright.accounts.links import Verdict

SECRET = b"s" * 32
HASH = passwords.unusable()
NOW = 1_800_000_000
names = st.text(min_size=1, max_size=100).filter(lambda n: n.isprintable())


@given(names, st.integers(0, 10**9))
def test_good_for_its_user_until_it_expires(name, seconds):
    token = links.make(SECRET, name, HASH, NOW + seconds)
    expected = Verdict.GOOD if seconds else Verdict.EXPIRED
    assert links.check(SECRET, name, HASH, token, NOW) is expected
    assert links.check(SECRET, name, HASH, token, NOW + seconds) is Verdict.EXPIRED


@given(names, names)
def test_dead_for_everyone_else(name, other):
    token = links.make(SECRET, name, HASH, NOW + 60)
    assert name == other or links.check(SECRET, other, HASH, token, NOW) is Verdict.DEAD


@given(names)
def test_dead_once_the_password_is_another(name):
    token = links.make(SECRET, name, HASH, NOW + 60)
    assert links.check(SECRET, name, passwords.unusable(), token, NOW) is Verdict.DEAD


@given(st.text(max_size=200))
def test_forged_is_dead(token):
    assert links.check(SECRET, "ada", HASH, token, NOW) is Verdict.DEAD


def test_changed_expiry_or_other_secret_is_dead():
    token = links.make(SECRET, "ada", HASH, NOW - 1)
    longer = f"{NOW + 60}-" + token.partition("-")[2]
    assert links.check(SECRET, "ada", HASH, longer, NOW) is Verdict.DEAD
    assert links.check(b"t" * 32, "ada", HASH, token, NOW) is Verdict.DEAD
