"""People who use the hub of this machine, as commands; root's, since it makes their accounts.

visit sign-up NAME              makes the account and chooses a password by the link
visit log-in NAME               fails where the hub refuses
visit run NAME PROFILE CODE     runs Python in the lab, which is started if it is not there
visit count NAME PROFILE        counts in one kernel, over one connection, until it is stopped

They all have the same password, but for who says --password-file.
"""

import argparse
import subprocess
import sys
import time
from pathlib import Path

from acceptance.person import Person

URL = "http://127.0.0.1:8000/"
PASSWORD = "a lamp, 7 owls and a key"


def sign_up(person: Person, password: str) -> None:
    command = ["hubwright", "user", "add", person.name]
    printed = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    link = next(word for word in printed.split() if word.startswith("http"))
    answer = person.choose_password(link, password)
    if answer.status_code != 200:
        sys.exit(f"choosing a password: {answer.status_code}\n{answer.text}")


def log_in(person: Person, password: str) -> None:
    answer = person.log_in(password)
    if answer.status_code != 200 or "/hub/login" in str(answer.url):
        sys.exit(f"{person.name} is not let in: {answer.status_code}")


def open_lab(person: Person, profile: str) -> None:
    # leads into the lab where one runs
    page = person.http.get(f"{person.url}/hub/spawn")
    if not str(page.url).startswith(person.lab_url):
        answer = person.submit(f"{person.url}/hub/spawn", {"profile": profile})
        if answer.status_code != 200:
            sys.exit(answer.text)
        last = person.progress()[-1]
        if not last.get("ready"):
            sys.exit(str(last))
    answer = person.open_lab()
    if answer.status_code != 200:
        sys.exit(f"opening the lab: {answer.status_code}\n{answer.text}")


def run(person: Person, code: str) -> None:
    with person.kernel() as kernel:
        sys.stdout.write(kernel.run(code))


def count(person: Person) -> None:
    with person.kernel() as kernel:
        kernel.run("import itertools, os; numbers = itertools.count(1)")
        while True:
            sys.stdout.write(kernel.run("print(next(numbers), os.getpid())"))
            sys.stdout.flush()
            time.sleep(0.5)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--password-file", type=Path)
    commands = parser.add_subparsers(dest="command", required=True)
    for name, *arguments in (
        ("sign-up",),
        ("log-in",),
        ("run", "profile", "code"),
        ("count", "profile"),
    ):
        command = commands.add_parser(name)
        for argument in ("name", *arguments):
            command.add_argument(argument)
    given = parser.parse_args()
    password = given.password_file.read_text().strip() if given.password_file else PASSWORD

    person = Person(URL, given.name)
    if given.command == "sign-up":
        sign_up(person, password)
        return
    log_in(person, password)
    if given.command in {"run", "count"}:
        open_lab(person, given.profile)
    if given.command == "run":
        run(person, given.code)
    elif given.command == "count":
        count(person)


main()
