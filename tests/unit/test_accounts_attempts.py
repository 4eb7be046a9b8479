"""Wrong passwords are slowed down."""

from hubwright.accounts import attempts
from hubwright.accounts.attempts import Attempts


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_waits_after_too_many_in_a_row():
    clock = Clock()
    tried = Attempts(3, 30, clock)
    assert [tried.begin("ada") for _ in range(4)] == [0, 0, 0, 30]
    assert tried.begin("bob") == 0
    clock.now += 29.5
    assert tried.begin("ada") == 1
    clock.now += 0.5
    assert tried.begin("ada") == 0
    assert tried.begin("ada") == 30  # still in a row


def test_a_day_later_nobody_waits():
    clock = Clock()
    tried = Attempts(1, 30, clock)
    tried.begin("ada")
    clock.now += 24 * 3600 + 1
    assert tried.begin("ada") == 0


def test_the_right_password_starts_anew():
    tried = Attempts(2, 30, Clock())
    tried.begin("ada")
    tried.forget("ada")
    assert [tried.begin("ada") for _ in range(3)] == [0, 0, 30]


def test_remembers_a_bounded_number_of_names(monkeypatch):
    monkeypatch.setattr(attempts, "CAPACITY", 2)
    tried = Attempts(1, 30, Clock())
    for name in ("ada", "bob", "eve"):
        tried.begin(name)
    assert tried.begin("eve") == 30
    assert tried.begin("ada") == 0
