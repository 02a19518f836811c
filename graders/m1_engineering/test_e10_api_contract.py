"""Grader for m1_engineering/e10_api_contract."""

import base64
import json
import random
import re
import sqlite3
from dataclasses import dataclass
from itertools import chain, count

import pytest

from gradus.grading import raises
from gradus.sim import (
    ConnectionReset,
    Garbled,
    QuotaExhausted,
    RateLimited,
    ReadTimeout,
    Reply,
    ServerError,
    Unauthorized,
)

PROBLEMS = "https://coldtrail.example/problems/"
SECRET = "token-5521"  # what the driver's failing handlers know
QUESTION = "Is 9 °C too warm for insulin?"

# Columns of nobody's business lie before and between the ones that the contract names.
SCHEMA = """\
CREATE TABLE tickets (
  customer_id TEXT NOT NULL DEFAULT 'C-017',
  id TEXT PRIMARY KEY,
  subject TEXT NOT NULL,
  body TEXT NOT NULL DEFAULT 'Please call +49 30 5550142.',
  status TEXT NOT NULL,
  priority TEXT NOT NULL,
  queue TEXT NOT NULL DEFAULT 'tier_1',
  created_at TEXT NOT NULL
)
"""
COLUMNS = ("id", "subject", "status", "priority", "created_at")
STATUSES = ("new", "open", "waiting", "solved", "closed")


class Table:
    """The tickets in a SQLite file, as the grader sees and changes them."""

    def __init__(self, path):
        self.path = path
        self._connection = sqlite3.connect(path, isolation_level=None)
        self._connection.executescript(f"PRAGMA synchronous = OFF; PRAGMA journal_mode = MEMORY; {SCHEMA}")

    def add(self, number, second, status="open", priority="P3"):
        """One ticket, T-<number>, created that many seconds after eight."""
        self.add_all([(number, second, status, priority)])

    def add_all(self, tickets):
        rows = [
            (f"T-{number}", f"Sensor {number} is silent", status, priority, moment(second))
            for number, second, status, priority in tickets
        ]
        self._connection.execute("BEGIN")
        self._connection.executemany(f"INSERT INTO tickets ({', '.join(COLUMNS)}) VALUES (?, ?, ?, ?, ?)", rows)
        self._connection.execute("COMMIT")

    def add_many(self, numbers):
        """Tickets of which none shares its second with another."""
        self.add_all([(number, number, "open", "P3") for number in numbers])

    def remove(self, ticket_id):
        self._connection.execute("DELETE FROM tickets WHERE id = ?", (ticket_id,))

    def clear(self):
        self._connection.execute("DELETE FROM tickets")

    def move(self, ticket_id, second):
        """Change when a ticket was created, and its status."""
        values = (moment(second), ticket_id)
        self._connection.execute("UPDATE tickets SET created_at = ?, status = 'closed' WHERE id = ?", values)

    def rows(self):
        """All tickets in the order of the listing."""
        rows = self._connection.execute(f"SELECT {', '.join(COLUMNS)} FROM tickets").fetchall()
        return sorted(rows, key=lambda row: (row[4], row[0]), reverse=True)

    def ids(self, status=None):
        return [row[0] for row in self.rows() if status in (None, row[2])]

    def close(self):
        self._connection.close()


def moment(second):
    return f"2026-10-01T08:{second // 60:02}:{second % 60:02}Z"


@pytest.fixture
def table(tmp_path):
    """Twelve tickets, T-101 to T-112; the later ones are newer, and none shares its second."""
    made = Table(tmp_path / "ops.db")
    made.add_many(range(101, 113))
    yield made
    made.close()


def page(submission, table, limit, cursor=None, status=None):
    """The ids on a page, and its next cursor."""
    found = submission.page_of_tickets(table.path, limit=limit, cursor=cursor, status=status)
    return [ticket.id for ticket in found.items], found.next_cursor


def walk(submission, table, limit, **options):
    """The ids on each page, to the end."""
    pages, cursor = [], None
    for _ in range(40):
        ids, cursor = page(submission, table, limit, cursor, **options)
        pages.append(ids)
        if cursor is None:
            return pages
    raise AssertionError("the listing never ends: 40 pages, and there is still a next_cursor")


def refuses(submission, driver, table, texts):
    """Check that none of the texts is taken for a cursor. Asked beside the submission, as there are hundreds."""
    texts = sorted(texts)
    outcomes = driver.outcomes(submission.page_of_tickets, table.path, texts)
    wrong = [text for text, outcome in zip(texts, outcomes, strict=True) if outcome != "InvalidCursorError"]
    for text in wrong[:1] or texts[::25]:  # asked again from here: to show what is wrong, or to confirm a sample
        with raises("InvalidCursorError"):
            submission.page_of_tickets(table.path, limit=4, cursor=text)
    assert wrong == []


# Task 1: pages


@pytest.mark.task(1)
def test_lists_the_newest_first(submission, table):
    """Whoever opens the list wants to see what came in last. The values are those of the table, each in its place."""
    table.add(90, 900, status="waiting", priority="P1")  # the lowest number, and the newest
    found = submission.page_of_tickets(table.path, limit=3)
    told = [(item.id, item.subject, item.status, item.priority, item.created_at) for item in found.items]
    assert told == table.rows()[:3]


@pytest.mark.task(1)
@pytest.mark.parametrize("limit", [1, 3, 5, 11, 12, 13, 500])
def test_comes_through_the_whole_listing(submission, table, limit):
    """Page after page gives every ticket once. A page in the middle that is shorter than asked for looks like the end,
    and a last page with a `next_cursor` sends every client for one that is empty."""
    ids = table.ids()
    assert walk(submission, table, limit) == [ids[at : at + limit] for at in range(0, 12, limit)]
    table.clear()
    assert page(submission, table, limit) == ([], None), "no tickets are an empty page, and the last one"


@pytest.mark.task(1)
def test_tells_tickets_of_the_same_second_apart(submission, table):
    """An import files hundreds of tickets in one second. If a page ends among them, their time alone does not say
    where: those with the same time are skipped or come again. The id settles it, compared as text."""
    for number in (7, 8, 9, 10, 11, 100, 1000):
        table.add(number, 500)
    assert [*chain(*walk(submission, table, 3))] == table.ids()
    assert table.ids()[:7] == ["T-9", "T-8", "T-7", "T-11", "T-1000", "T-100", "T-10"]


@pytest.mark.task(1)
@pytest.mark.parametrize("change", ["arrive", "go", "both"])
def test_neither_repeats_nor_skips(submission, table, change):
    """New tickets push the others down, and whoever counts rows from the top reads some a second time. Deleted ones
    pull them up, and whoever counts never reads those that slipped onto the page before."""
    assert page(submission, table, 4)[0] == ["T-112", "T-111", "T-110", "T-109"]
    _, cursor = page(submission, table, 4)
    if change != "go":
        table.add(113, 300)
        table.add(114, 301)
        table.add(115, 302)
    if change != "arrive":
        table.remove("T-112")
        table.remove("T-110")
    assert page(submission, table, 4, cursor)[0] == ["T-108", "T-107", "T-106", "T-105"]


@pytest.mark.task(1)
@pytest.mark.parametrize("fate", ["deleted", "changed"])
def test_goes_on_where_the_page_ended(submission, table, fate):
    """A cursor is a place in the order and not a row: the ticket at the end of the page may be deleted, or filed under
    another time, before somebody asks for the next."""
    _, cursor = page(submission, table, 4)
    if fate == "deleted":
        table.remove("T-109")
    else:
        table.move("T-109", 5)
    assert page(submission, table, 2, cursor)[0] == ["T-108", "T-107"]


@pytest.mark.task(1)
def test_holds_while_everything_changes(submission, table):
    """Tickets come and go while somebody reads. Each page is what follows the end of the one before in the table as it
    is at that moment: no more, no less, and in order."""
    for seed in range(20):
        draw = random.Random(seed)
        numbers = count(1)
        table.clear()
        table.add_all([(next(numbers), draw.randrange(4), "open", "P3") for _ in range(draw.randrange(12))])
        cursor, place = None, None
        while True:
            rest = [row for row in table.rows() if place is None or (row[4], row[0]) < place]
            limit = draw.randint(1, 4)
            ids, cursor = page(submission, table, limit, cursor)
            assert ids == [row[0] for row in rest[:limit]]
            assert (cursor is None) == (len(rest) <= limit), f"{len(rest)} tickets were left, and the limit was {limit}"
            if cursor is None:
                break
            place = (rest[limit - 1][4], rest[limit - 1][0])
            present = table.ids()
            for ticket_id in draw.sample(present, min(draw.randrange(4), len(present))):
                table.remove(ticket_id)
            table.add_all([(next(numbers), draw.randrange(4), "open", "P3") for _ in range(draw.randrange(3))])


@pytest.mark.task(1)
def test_lists_one_status(submission, table):
    """A filter that is laid over pages already cut leaves holes in them; here, the page is cut from what matches. And
    what comes from outside is a value: put into the statement's text, a quote makes SQL of it."""
    for number, status in [(201, "new"), (202, "closed"), (203, "new"), (204, "new"), (205, "closed"), (206, "new")]:
        table.add(number, number, status)
    assert walk(submission, table, 3, status="new") == [["T-206", "T-204", "T-203"], ["T-201"]]
    assert walk(submission, table, 2, status="closed") == [["T-205", "T-202"]]
    for nobodys in ("solved", "New", "new' OR '1'='1"):
        assert page(submission, table, 2, status=nobodys) == ([], None)


@pytest.mark.task(1)
def test_a_status_holds_on_every_page(submission, table):
    """The place on the second page is a condition of two parts, joined by OR. Without brackets round them, AND binds
    the status to the first part alone, and tickets of any status slip in where several share a second."""
    for number in range(201, 209):
        table.add(number, 300, "new" if number % 2 else "closed")
    assert walk(submission, table, 1, status="new") == [["T-207"], ["T-205"], ["T-203"], ["T-201"]]


@pytest.mark.task(1)
def test_an_empty_status_is_a_status(submission, table):
    """Only None asks for all tickets. Python takes an empty text for false as well, but no ticket has an empty status:
    whoever asks for one gets none, and not everybody's."""
    assert page(submission, table, 2, status="") == ([], None)


@pytest.mark.task(1)
def test_a_cursor_is_a_place_and_nothing_else(submission, table):
    """With another limit or another status, the listing goes on from the same place."""
    table.add(96, 96, "new")
    table.add(300, 300, "new")
    _, cursor = page(submission, table, 4)
    assert page(submission, table, 50, cursor)[0] == table.ids()[4:]
    assert page(submission, table, 50, cursor, status="new") == (["T-96"], None)


@pytest.mark.task(1)
def test_a_cursor_is_opaque_and_fits_into_a_url(submission, table):
    """What can be read in a cursor is built by somebody, and then its form can never change again. And a plus sign in a
    query means a space: clients who paste the cursor into a URL get an error for some pages and not for others."""
    for limit in range(1, 12):
        ids, cursor = page(submission, table, limit)
        assert re.fullmatch(r"[A-Za-z0-9\-._~=]+", cursor)
        assert ids[-1] not in cursor, "the id of the last ticket can be read in it"
        assert "2026-10-01" not in cursor, "the date of the last ticket can be read in it"


@pytest.mark.task(1)
@pytest.mark.parametrize("damage", ["changed", "cut", "spelt_otherwise"])
def test_refuses_a_cursor_that_was_damaged(submission, driver, table, damage):
    """A mail program cuts a long line, a spreadsheet changes the case. A damaged cursor that is taken for another place
    skips a thousand tickets without a word, and one that is put up with is damaged more next time. As an error, it is
    noticed."""
    _, cursor = page(submission, table, 4)
    body, end = cursor[:-4], cursor[-4:]
    damaged = {
        "changed": {
            body[:at] + new + body[at + 1 :] + end for at, old in enumerate(body) for new in {*"A7", old.swapcase()}
        },
        "cut": {cursor[:at] + cursor[at + 1 :] for at in range(len(cursor))}
        | {cursor[:at] for at in range(1, len(cursor))},
        "spelt_otherwise": {body + end[:at] + new + end[at + 1 :] for at in range(4) for new in "ABCDefgh0123456789-_="}
        | {cursor + more for more in ("A", "=", "==", ".", " ", "\n", cursor)}
        | {f" {cursor}", f'"{cursor}"', cursor[:8] + " " + cursor[8:], cursor[:8] + "*" + cursor[8:]},
    }[damage]
    refuses(submission, driver, table, damaged - {cursor})
    assert page(submission, table, 4, cursor)[0] == ["T-108", "T-107", "T-106", "T-105"], "and takes the whole one"


@pytest.mark.task(1)
def test_the_empty_text_is_no_cursor(submission, table):
    """A client that sends `cursor=` after the last page, and is given the first, reads the listing for ever. Python
    takes "" for false, as it does None; only None asks for the first page."""
    with raises("InvalidCursorError"):
        submission.page_of_tickets(table.path, limit=4, cursor="")
    assert page(submission, table, 1, None)[0] == ["T-112"]


def anything():
    """Texts that may come in a URL: guesses at what a cursor could be, and noise."""
    place = [moment(108), "T-108"]
    guesses = ["T-108", "4", "-1", "null", "{}", "[]", moment(108), json.dumps(place), "%", "=", "====", "é", "𝄞", "\0"]
    yield from guesses
    for guess in (*guesses, "|".join(place), "[" * 9000):
        yield base64.urlsafe_b64encode(guess.encode()).decode()
        yield guess.encode().hex()
    draw = random.Random(7)
    for length in range(1, 25):
        yield "".join(chr(draw.choice((draw.randrange(128), draw.randrange(0xD000)))) for _ in range(length))
        yield base64.urlsafe_b64encode(draw.randbytes(length)).decode()


@pytest.mark.task(1)
def test_refuses_what_was_never_a_cursor(submission, driver, table):
    """What comes in a URL is anything at all. Whatever it is, it is the caller's mistake and not a crash of ours."""
    refuses(submission, driver, table, anything())
    assert page(submission, table, 1)[0] == ["T-112"]


@pytest.mark.task(1)
def test_a_cursor_outlives_its_process(submission, driver, table):
    """The next request goes to another process, or to this one after a restart. What only this process knows, a random
    key or what hash() says, makes every cursor fail there."""
    _, cursor = page(submission, table, 4)
    found = driver.page_elsewhere(submission.page_of_tickets, table.path, 2, cursor)
    assert [ticket.id for ticket in found.items] == ["T-108", "T-107"]


# Task 2: problems and request ids


@dataclass(frozen=True)
class Answer:
    """What a request was answered with."""

    status: int
    headers: dict
    body: str
    raised: str | None

    @property
    def json(self):
        try:
            return json.loads(self.body)
        except ValueError:
            raise AssertionError(f"the body is no JSON: {self.body[:200]!r}") from None

    @property
    def media_type(self):
        return self.headers.get("content-type", "").partition(";")[0]


class Api:
    """An app of the submission's, reached through the driver.

    Each request has an id, unless `nameless`: with one that the app makes up, the same failure never looks the same.
    """

    def __init__(self, driver, app, nameless=False):
        self.driver = driver
        self.app = app
        self.known_as = {} if nameless else {"x-request-id": "check-1"}

    def get(self, target, **headers):
        return self.ask("GET", target, headers=named(headers))

    def post(self, target, value=None, **options):
        return self.ask("POST", target, json=value, **options)

    def fail(self, path):
        """What one of the paths of EVERY_ERROR is answered with; to "/orders" goes an order that is invalid."""
        return self.post(path, {"count": 1}) if path == "/orders" else self.get(path)

    def ask(self, method, target, headers=None, **options):
        return Answer(**self.driver.send(self.app, method, target, headers=self.known_as | (headers or {}), **options))


def named(headers):
    return {name.replace("_", "-"): value for name, value in headers.items()}


def failing(submission, driver, nameless=False):
    """The driver's app, which fails in every way there is, with the problems installed."""
    return Api(driver, driver.failing_app(submission.install_problems, submission.ProblemError), nameless)


def told(answer):
    """What programs look at first, of an answer that is a problem: its status, and the members `type` and `status`."""
    body = answer.json
    assert isinstance(body, dict), f"a problem is a JSON object, not {body!r}"
    for name in ("title", "detail"):
        assert isinstance(body.get(name), str), f"{name} is a text, for people, and not {body.get(name)!r}"
        assert body[name], f"{name} is empty"
    return answer.status, body.get("type"), body.get("status")


ORDER = {"sensor": "CT-210", "count": 2}
EVERY_ERROR = ("/sold-out", "/unread", "/login", "/moved-out", "/nowhere", "/orders", "/bug", "/broken-promise")


@pytest.mark.task(2)
def test_tells_a_problem_of_our_own(submission, driver):
    """`type` is what the caller's program decides by, `title` and `detail` are what its log says, and the headers say
    when to come back. All of it was chosen where the error was raised."""
    api = failing(submission, driver)
    answer = api.get("/sold-out", x_request_id="export-7")
    assert answer.status == 409
    assert answer.json == {
        "type": PROBLEMS + "sold-out",
        "title": "Sold out",
        "status": 409,
        "detail": "The last CT-210 went on Monday.",
        "request_id": "export-7",
    }
    assert answer.headers.get("retry-after") == "60"
    assert answer.headers.get("x-stock") == "0"
    other = api.get("/unread")
    assert told(other) == (451, PROBLEMS + "withheld", 451)
    assert (other.json["title"], other.json["detail"]) == ("Withheld", "Ask the quality desk.")


@pytest.mark.task(2)
def test_tells_a_path_or_method_that_is_not_there(submission, driver):
    """The router's 404 and 405 are no HTTPException of FastAPI's: it raises Starlette's, the base class of that one. A
    caller who can read every error but the most common ones still needs two parsers."""
    api = failing(submission, driver)
    lost = api.get("/nowhere", x_request_id="export-8")
    assert lost.json == {
        "type": "about:blank",
        "title": "Not Found",
        "status": 404,
        "detail": "Not Found",
        "request_id": "export-8",
    }
    wrong = api.ask("DELETE", "/orders")
    assert told(wrong) == (405, "about:blank", 405)
    assert wrong.json["title"] == "Method Not Allowed"
    assert wrong.headers.get("allow") == "POST", "the headers of the exception are sent: this one says what is allowed"


@pytest.mark.task(2)
def test_tells_an_http_exception(submission, driver):
    """Handlers and libraries raise HTTPException, of either class. Their words are meant for the caller, and their
    headers are half of the answer: a 401 without WWW-Authenticate tells nobody how to sign in."""
    api = failing(submission, driver)
    login = api.get("/login")
    assert told(login) == (401, "about:blank", 401)
    assert (login.json["title"], login.json["detail"]) == ("Unauthorized", "Say who you are.")
    assert login.headers.get("www-authenticate") == "Bearer"
    moved = api.get("/moved-out")
    assert told(moved) == (410, "about:blank", 410)
    assert (moved.json["title"], moved.json["detail"]) == ("Gone", "Gone")
    assert moved.headers.get("x-until") == "2026-10-01"


@pytest.mark.task(2)
def test_says_where_a_request_is_wrong(submission, driver):
    """Whoever is told all the places corrects all of them at once. The value itself is not repeated, as FastAPI's own
    422 does under `input`: it is a name, a password or ten pages of somebody's text, and ends in the logs of both."""
    api = failing(submission, driver)
    answer = api.post("/orders?urgent=perhaps", {"sensor": "Frau Beispiel", "count": 0})
    assert told(answer) == (422, PROBLEMS + "invalid-request", 422)
    assert answer.json["errors"] == [
        {"at": "query/urgent", "detail": "Input should be a valid boolean, unable to interpret input"},
        {"at": "body/sensor", "detail": "String should have at most 8 characters"},
        {"at": "body/count", "detail": "Input should be greater than or equal to 1"},
    ]
    assert "perhaps" not in answer.body
    assert "Beispiel" not in answer.body
    assert [each["at"] for each in api.post("/orders", {"count": 3}).json["errors"]] == ["body/sensor"]


@pytest.mark.task(2)
def test_a_body_that_is_no_order_is_a_problem(submission, driver):
    """A body that nothing can be made of is refused in the same form as one with a wrong number in it."""
    api = failing(submission, driver)
    for body in (b'{"sensor": ', b"", b"null", b"[1, 2]"):
        assert told(api.ask("POST", "/orders", body=body)) == (422, PROBLEMS + "invalid-request", 422)
    not_utf8 = api.ask("POST", "/orders", body=b'{"sensor": "\xff\xfe"}')
    assert told(not_utf8) == (400, "about:blank", 400), "FastAPI raises an HTTPException for this one"


@pytest.mark.task(2)
@pytest.mark.parametrize("kind", ["exception", "data"])
def test_tells_nothing_of_a_bug(submission, driver, kind):
    """An exception's text was written for us: it holds paths, names of systems, data, sometimes a key. That also goes
    for data of ours that Pydantic finds fault with: as a 422, it sends the caller off to correct what was right."""
    api = failing(submission, driver)
    for path in {"exception": ("/bug", "/bug-in-thread"), "data": ("/broken-promise", "/broken-inside")}[kind]:
        answer = api.get(path)
        assert told(answer) == (500, "about:blank", 500)
        assert answer.json["title"] == "Internal Server Error"
        for word in (SECRET, "Error:", "Traceback", "RuntimeError", "ValueError", "ValidationError", ".py"):
            assert word not in answer.body, f"the body tells {word!r}"


@pytest.mark.task(2)
def test_an_http_exception_tells_its_detail_whatever_its_status(submission, driver):
    """What a route raises with a status was written for the caller, a 503 as well as a 404. Only what nobody meant to
    raise has a text that nobody may read."""
    answer = failing(submission, driver).get("/closed-today")
    assert told(answer) == (503, "about:blank", 503)
    assert (answer.json["title"], answer.json["detail"]) == ("Service Unavailable", "We count the stock until noon.")
    assert answer.headers["retry-after"] == "3600"


@pytest.mark.task(2)
def test_the_server_hears_of_a_bug(submission, driver):
    """A 500 that no log knows is never repaired. Starlette raises the exception again once the answer is sent, for the
    server to log; a refused request is nothing to log."""
    api = failing(submission, driver)
    assert api.get("/bug").raised == "RuntimeError"
    assert api.get("/broken-promise").raised == "ResponseValidationError", "data of ours that is invalid is a bug, too"
    assert api.get("/broken-inside").raised == "ValidationError", "data of ours that is invalid is a bug, too"
    assert api.get("/nowhere").raised is None
    assert api.get("/sold-out").raised is None


@pytest.mark.task(2)
def test_every_error_has_the_same_form(submission, driver):
    """A caller writes one parser for all errors. The content type tells that it is one, before anybody looks into it;
    the members are these, with these types, and nothing beside them."""
    api = failing(submission, driver)
    members = {"type": str, "title": str, "status": int, "detail": str, "request_id": str}
    for path in EVERY_ERROR:
        answer = api.fail(path)
        assert (path, answer.media_type) == (path, "application/problem+json")
        more = {"errors": list} if path == "/orders" else {}
        assert {name: type(value) for name, value in answer.json.items()} == members | more, f"the members for {path}"


@pytest.mark.task(2)
def test_leaves_results_alone(submission, driver):
    """What goes well looks as before: the same body, the same content type, the same status."""
    api = failing(submission, driver)
    assert (api.get("/fine").status, api.get("/fine").json) == (200, {"detail": "ready"})
    placed = api.post("/orders?urgent=yes", ORDER)
    assert (placed.status, placed.json, placed.media_type) == (200, ORDER, "application/json")


@pytest.mark.task(2)
def test_takes_the_callers_request_id(submission, driver):
    """The caller's log and ours speak of the same request only if they call it by the same name."""
    api = failing(submission, driver)
    for known_as in ("export-7", "a", "Z" * 64, "0.1_2-3", "--"):
        for path in ("/fine", "/nowhere", "/sold-out", "/bug"):
            answer = api.get(path, x_request_id=known_as)
            assert answer.headers.get("x-request-id") == known_as
            if path != "/fine":
                assert answer.json["request_id"] == known_as


@pytest.mark.task(2)
def test_makes_its_own_where_the_callers_is_odd(submission, driver):
    """A request id goes into every log line and back to the caller. What else could stand in it is somebody's attempt
    to write there: an id of ours takes its place."""
    api = failing(submission, driver)
    for odd in ("", "Z" * 65, "a b", "a;drop", "<b>7</b>", "export/7", "café", "7½", "a\tb", "x:1", "ok<script>"):
        answer = api.get("/nowhere", x_request_id=odd)
        made = answer.headers.get("x-request-id", "")
        assert made != odd
        assert re.fullmatch(r"[A-Za-z0-9._\-]{1,64}", made), f"{made!r} is not well-formed"
        assert answer.json["request_id"] == made


@pytest.mark.task(2)
def test_every_answer_carries_an_id_of_its_own(submission, driver):
    """Most of all the 500: it is the one answer that somebody will ask about. Starlette sends it from outside of all
    middleware, so what a middleware adds to answers is missing there. And an id that two requests share finds the wrong
    log lines."""
    api = failing(submission, driver, nameless=True)
    made = []
    for path in ("/fine", "/fine", *EVERY_ERROR):
        answer = api.fail(path)
        made.append(answer.headers.get("x-request-id", ""))
        assert re.fullmatch(r"[A-Za-z0-9._\-]{1,64}", made[-1]), f"{made[-1]!r} on the answer to {path}"
        if path != "/fine":
            assert answer.json["request_id"] == made[-1]
    assert len({*made}) == len(made), f"an id came twice: {made}"


@pytest.mark.task(2)
def test_the_app_still_starts_and_stops(submission, driver):
    """A server speaks to an app before the first request and after the last, under the scope type "lifespan". There are
    no headers in it. A middleware that looks for them keeps the app from opening its database."""
    assert driver.lifespan(submission.install_problems) == ["opened", "startup.complete", "closed", "shutdown.complete"]


@pytest.mark.task(2)
def test_ids_do_not_mix(submission, driver):
    """Requests overlap. An id that is kept in one place for all of them belongs to whoever came last."""
    api = failing(submission, driver)
    asked = [("GET", f"/slow/{seconds}", {"X-Request-ID": f"slow-{seconds}"}) for seconds in (3, 1, 2)]
    answers = [Answer(**each) for each in driver.send_together(api.app, asked)]
    for seconds, answer in zip((3, 1, 2), answers, strict=True):
        assert answer.json["detail"] == f"Nothing after {seconds} s."
        assert answer.json["request_id"] == answer.headers.get("x-request-id") == f"slow-{seconds}"


# Task 3: revision 1.0


def api_of(submission, driver, sim, table, revision="1.0"):
    create = {"1.0": submission.create_app, "1.1": submission.create_app_1_1}[revision]
    return Api(driver, create(table.path, sim.client(max_retries=0, timeout=30)))


def shown(rows, *more):
    """Rows as the API shows them."""
    names = ("id", "subject", "status", "created_at", *more)
    return [{name: row[COLUMNS.index(name)] for name in names} for row in rows]


def asked(submission, driver, sim, table, step):
    """What a question is answered with if this happens to the call to the model."""
    sim.script(step)
    return api_of(submission, driver, sim, table).post("/v1/answers", {"question": QUESTION})


@pytest.mark.task(3)
def test_lists_tickets(submission, driver, sim, table):
    """The promise is the four members, as they are stored. Whatever else the table holds stays there: what is shown
    once is used, and can never be taken back."""
    answer = api_of(submission, driver, sim, table).get("/v1/tickets?limit=3")
    assert (answer.status, answer.media_type) == (200, "application/json")
    assert answer.json["items"] == shown(table.rows()[:3])
    assert isinstance(answer.json["next_cursor"], str)
    assert answer.json.keys() == {"items", "next_cursor"}


@pytest.mark.task(3)
def test_pages_over_http(submission, driver, sim, table):
    """The cursor goes into the URL as it came, while tickets come in. `next_cursor` is there on the last page too:
    null, not absent."""
    api = api_of(submission, driver, sim, table)
    ids, read, target = table.ids(), [], "/v1/tickets?limit=4"
    for number in range(300, 303):
        body = api.get(target).json
        read += [item["id"] for item in body["items"]]
        table.add(number, number)
        target = f"/v1/tickets?limit=4&cursor={body['next_cursor']}"
    assert read == ids
    assert body["next_cursor"] is None


@pytest.mark.task(3)
def test_a_page_is_as_long_as_asked_for(submission, driver, sim, table):
    """A page without a limit holds 20 tickets. One with the least or the highest limit holds just that many."""
    table.add_many(range(201, 321))
    api = api_of(submission, driver, sim, table)
    for query, size in [("", 20), ("?limit=1", 1), ("?limit=100", 100)]:
        assert [item["id"] for item in api.get(f"/v1/tickets{query}").json["items"]] == table.ids()[:size]


@pytest.mark.task(3)
def test_refuses_a_limit_out_of_bounds(submission, driver, sim, table):
    """Without a bound, one caller reads the whole table at every call. With a bound that is applied in silence, a
    caller who asked for 500 and got 100 takes the first page for all there is."""
    api = api_of(submission, driver, sim, table)
    for limit in ("0", "-1", "101", "1000000", "2.5", "ten", ""):
        answer = api.get(f"/v1/tickets?limit={limit}")
        assert told(answer) == (422, PROBLEMS + "invalid-request", 422), f"limit={limit}"
        assert [each["at"] for each in answer.json["errors"]] == ["query/limit"]


@pytest.mark.task(3)
def test_a_bad_cursor_is_the_callers_problem(submission, driver, sim, table):
    """A cursor that got damaged on the way is the caller's to mend: a 400 that says so. A 500 pages us for it, and is
    tried again and again."""
    api = api_of(submission, driver, sim, table)
    good = api.get("/v1/tickets?limit=4").json["next_cursor"]
    for cursor in ("", "T-108", "%00", "%C3%A9", "eyJhIjogMX0=", good[:-3], good + "A"):
        answer = api.get(f"/v1/tickets?cursor={cursor}")
        assert told(answer) == (400, PROBLEMS + "invalid-cursor", 400), f"cursor={cursor}"


@pytest.mark.task(3)
@pytest.mark.parametrize(
    ("question", "said"),
    [(QUESTION, "No: keep it below 8 °C."), ("?", "Yes."), (" two  spaces\n", " Yes.\n"), ("x" * 20_000, "")],
    ids=["plain", "shortest", "spaces", "longest"],
)
def test_answers_a_question(submission, driver, sim, table, question, said):
    """One question, one call, and the model's own words. Trimming, cutting or rewording either is another question, or
    another answer."""
    sim.script(Reply(said))
    answer = api_of(submission, driver, sim, table).post("/v1/answers", {"question": question})
    assert (answer.status, answer.media_type) == (200, "application/json")
    assert answer.json == {"answer": said}
    (exchange,) = sim.ledger.exchanges
    assert exchange.request["model"] == "sim-small"
    assert exchange.request["messages"] == [{"role": "user", "content": question}]


@pytest.mark.task(3)
def test_refuses_what_is_no_question(submission, driver, sim, table):
    """A request that cannot be right is refused before the model is asked: each call costs money."""
    api = api_of(submission, driver, sim, table)
    for wrong in ("", None, 7, ["a"], "x" * 20_001):
        answer = api.post("/v1/answers", {"question": wrong})
        assert told(answer) == (422, PROBLEMS + "invalid-request", 422)
        assert [each["at"] for each in answer.json["errors"]] == ["body/question"]
    assert told(api.post("/v1/answers", {"text": "Why?"})) == (422, PROBLEMS + "invalid-request", 422)
    assert sim.ledger.calls == 0


def coded(status, code):
    """An error of the provider's with a code that usually comes with another status, as a gateway may pass it on."""
    error = {"message": "It went wrong.", "type": "some_error", "param": None, "code": code}
    return Garbled(json.dumps({"error": error}), status, "application/json")


@pytest.mark.task(3)
@pytest.mark.parametrize(
    ("step", "status", "kind"),
    [
        (RateLimited(), 503, "model-unavailable"),
        (ServerError(500), 503, "model-unavailable"),
        (ServerError(503), 503, "model-unavailable"),
        (ConnectionReset(), 503, "model-unavailable"),
        (ReadTimeout(), 504, "model-timeout"),
        (Unauthorized(), 502, "model-failed"),
        (QuotaExhausted(), 502, "model-failed"),
        (ServerError(409), 502, "model-failed"),
        (coded(503, "insufficient_quota"), 502, "model-failed"),
        (coded(422, "context_length_exceeded"), 413, "question-too-long"),
        (coded(500, "context_length_exceeded"), 413, "question-too-long"),
    ],
    ids=["rate_limit", "500", "503", "reset", "timeout", "key", "quota", "409", "quota_503", "long_422", "long_500"],
)
def test_tells_what_a_failure_means_to_the_caller(submission, driver, sim, table, step, status, kind):
    """The provider's status is about our request to it. Passed on, its 401 says that our caller's key is wrong, and its
    429 that they ask too often. A 200 with an error in it says that all is well."""
    answer = asked(submission, driver, sim, table, step)
    assert told(answer) == (status, PROBLEMS + kind, status)
    assert sim.ledger.calls == 1


@pytest.mark.task(3)
def test_leaves_retries_to_the_clients_options(submission, driver, sim, table):
    """Whoever built the client decided how often it tries. This one tries again, and the second try works."""
    sim.script(ServerError(503), "Yes.")
    app = submission.create_app(table.path, sim.client(max_retries=1))
    answer = Api(driver, app).post("/v1/answers", {"question": QUESTION})
    assert (answer.status, answer.json) == (200, {"answer": "Yes."})
    assert sim.ledger.calls == 2


@pytest.mark.task(3)
def test_a_question_too_long_for_the_model_is_told(submission, driver, sim, table):
    """Only the caller can shorten it, so it is the caller's error, 413. To the provider it is a bad request of ours."""
    question = "9 " * 8300
    answer = api_of(submission, driver, sim, table).post("/v1/answers", {"question": question})
    assert told(answer) == (413, PROBLEMS + "question-too-long", 413)


@pytest.mark.task(3)
def test_passes_on_when_to_come_back(submission, driver, sim, table):
    """The provider said when there is room: callers who are not told come back at once, all of them. Where it said
    nothing, or nothing usable, a time that is made up sends them away for too long or not at all."""
    api = api_of(submission, driver, sim, table)
    told_nothing = [RateLimited(), *(RateLimited(retry_after=said) for said in ("soon", "1.5", "-3"))]
    told_when = [RateLimited(retry_after=2), ServerError(503, retry_after=90), ServerError(500, retry_after=7)]
    sim.script(*told_nothing, *told_when)
    for expected in (None, None, None, None, "2", "90", "7"):
        answer = api.post("/v1/answers", {"question": QUESTION})
        assert (answer.status, answer.headers.get("retry-after")) == (503, expected)


@pytest.mark.task(3)
def test_names_no_provider(submission, driver, sim, table):
    """Which provider we pay, what our account may do and what the SDK's exceptions are called is our business. What
    callers can read, they write code against."""
    api = api_of(submission, driver, sim, table)
    sim.script(RateLimited(retry_after=3), ServerError(503), Unauthorized(), QuotaExhausted(), ReadTimeout())
    names = ("openai", "sim-small", "simulator", "RateLimitError", "InternalServerError", "AuthenticationError")
    texts = ("reached for requests per minute", "overloaded or not ready", "api key provided", "your current quota")
    for _ in range(5):
        answer = api.post("/v1/answers", {"question": QUESTION})
        assert answer.status >= 500
        for word in (*names, *texts, "Error code", "Traceback"):
            assert word.lower() not in answer.body.lower(), f"the body tells {word!r}"


@pytest.mark.task(3)
def test_names_no_table(submission, driver, sim, tmp_path):
    """The database is gone. That is our problem, and the caller's is its form: no SQL, no path, no stack trace."""
    app = submission.create_app(tmp_path / "elsewhere.db", sim.client())
    answer = Api(driver, app).get("/v1/tickets")
    assert told(answer) == (500, "about:blank", 500)
    for word in ("sqlite", "no such table", "elsewhere.db", "OperationalError", "Traceback"):
        assert word.lower() not in answer.body.lower(), f"the body tells {word!r}"


@pytest.mark.task(3)
def test_shows_no_stack_trace(submission, driver, sim, tmp_path):
    """A stack trace tells which libraries lie where on your servers. In debug mode Starlette sends one for every
    exception that nobody expected, whatever your handlers say."""
    app = submission.create_app(tmp_path / "elsewhere.db", sim.client())
    answer = Api(driver, app).get("/v1/tickets")
    assert answer.status == 500
    for word in ("Traceback", "site-packages"):
        assert word not in answer.body, f"the body tells {word!r}"


@pytest.mark.task(3)
def test_its_errors_and_ids_are_those_of_task_2(submission, driver, sim, table):
    """One form for all errors of the API, also for paths that it does not have; and an id on each answer."""
    api = api_of(submission, driver, sim, table)
    assert told(api.get("/v1/ticket")) == (404, "about:blank", 404)
    assert told(api.ask("DELETE", "/v1/tickets")) == (405, "about:blank", 405)
    for target in ("/v1/tickets", "/v1/tickets?cursor=x", "/v1/tickets?limit=x"):
        assert api.get(target, x_request_id="export-9").headers.get("x-request-id") == "export-9"


@pytest.mark.task(3)
def test_serves_several_at_once(submission, driver, sim, table):
    """FastAPI runs a `def` handler in a thread of its own. A SQLite connection that another thread has opened fails
    there."""
    api = api_of(submission, driver, sim, table)
    answers = driver.send_together(api.app, [("GET", f"/v1/tickets?limit={limit}") for limit in (1, 2, 3, 4)])
    assert [len(Answer(**each).json["items"]) for each in answers] == [1, 2, 3, 4]


# What was published, in the grader's own words: learners may edit their copy.

PROBLEM = {"content": {"application/problem+json": {"schema": {"type": "object"}}}}
TEXT = {"type": "string"}


def objects(**properties):
    return {"type": "object", "required": list(properties), "properties": properties}


def result(schema):
    return {"content": {"application/json": {"schema": schema}}}


TICKET = objects(id=TEXT, subject=TEXT, status=TEXT, created_at=TEXT)
NULLABLE = {"anyOf": [TEXT, {"type": "null"}]}
LIMIT = {"type": "integer", "minimum": 1, "maximum": 100, "default": 20}
PUBLISHED = {
    "paths": {
        "/v1/tickets": {
            "get": {
                "parameters": [
                    {"name": "limit", "in": "query", "required": False, "schema": LIMIT},
                    {"name": "cursor", "in": "query", "required": False, "schema": TEXT},
                ],
                "responses": {
                    "200": result(objects(items={"type": "array", "items": TICKET}, next_cursor=NULLABLE)),
                    "400": PROBLEM,
                    "422": PROBLEM,
                },
            }
        },
        "/v1/answers": {
            "post": {
                "requestBody": {
                    "required": True,
                    **result(objects(question={**TEXT, "minLength": 1, "maxLength": 20000})),
                },
                "responses": {
                    "200": result(objects(answer=TEXT)),
                    **dict.fromkeys(["413", "422", "502", "503", "504"], PROBLEM),
                },
            }
        },
    }
}


def breaking_changes(old, new):
    """What a client made from the document `old` can stumble over in `new`."""
    found = []
    for path, methods in old["paths"].items():
        for method, operation in methods.items():
            now = new["paths"].get(path, {}).get(method)
            where = f"{method.upper()} {path}"
            if now is None:
                found.append(f"{where} is gone")
            else:
                found += _inputs(operation, now, new, where) + _outputs(operation, now, new, where)
    return found


def _inputs(old, new, document, where):
    found = []
    before = {(each["in"], each["name"]): each for each in old.get("parameters", [])}
    after = {(each["in"], each["name"]): each for each in new.get("parameters", [])}
    for place, parameter in before.items():
        name = f"{where}: parameter {place[1]}"
        if place not in after:
            found.append(f"{name} is gone")
            continue
        found += _narrowed(parameter["schema"], after[place]["schema"], document, name)
        for default in {"default"} & parameter["schema"].keys():
            if after[place]["schema"].get(default) != parameter["schema"][default]:
                found.append(f"{name} has another default")
    for place, parameter in after.items():
        if parameter.get("required") and not before.get(place, {}).get("required"):
            found.append(f"{where}: parameter {place[1]} is required")
    body, now = old.get("requestBody"), new.get("requestBody")
    if now and now.get("required") and not (body and body["required"]):
        found.append(f"{where}: a body is required")
    if body:
        for media, content in body["content"].items():
            schema = (now or {}).get("content", {}).get(media, {}).get("schema")
            if schema is None:
                found.append(f"{where}: no body of type {media} is taken")
            else:
                found += _narrowed(content["schema"], schema, document, f"{where}: body")
    return found


def _outputs(old, new, document, where):
    found = []
    for status, response in old["responses"].items():
        for media, content in response["content"].items():
            schema = new["responses"].get(status, {}).get("content", {}).get(media, {}).get("schema")
            if schema is None:
                found.append(f"{where}: no response {status} of type {media}")
            else:
                found += _widened(content["schema"], schema, document, f"{where}: response {status}")
    return found


def _narrowed(old, new, document, where):
    """What `old` allowed a client to send, and `new` does not."""
    found = []
    for before in _variants(old, {}):
        fitting = [each for each in _variants(new, document) if _kind_fits(before, each)]
        if not any(_within(before, each) for each in fitting):
            found.append(f"{where} takes less than before")
            continue
        after = fitting[0]
        if fresh := {*after.get("required", [])} - {*before.get("required", [])}:
            found.append(f"{where}: {', '.join(sorted(fresh))} must be sent now")
        found += _members(before, after, document, where, _narrowed)
    return found


def _widened(old, new, document, where):
    """What `new` may send to a client that `old` did not announce, or leave out that `old` promised."""
    found = []
    for after in _variants(new, document):
        fitting = [each for each in _variants(old, {}) if _kind_fits(after, each) and _within(after, each)]
        if not fitting:
            found.append(f"{where} may be a value that it never was before")
            continue
        before = fitting[0]
        if lost := {*before.get("required", [])} - {*after.get("required", [])}:
            found.append(f"{where}: {', '.join(sorted(lost))} may be absent now (not `required`)")
        found += _members(before, after, document, where, _widened)
    return found


def _members(before, after, document, where, compare):
    found = []
    for name, schema in before.get("properties", {}).items():
        if name not in after.get("properties", {}):
            found.append(f"{where}: {name} is gone")
        else:
            found += compare(schema, after["properties"][name], document, f"{where}: {name}")
    if "items" in before:
        found += compare(before["items"], after.get("items", {}), document, f"{where}: each of them")
    return found


def _variants(schema, document):
    """The alternatives of a schema, with references followed."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return _variants(document["components"]["schemas"][name], document)
    for several in ("anyOf", "oneOf", "allOf"):
        if several in schema:
            return [each for part in schema[several] for each in _variants(part, document)]
    if "const" in schema:
        return [{**schema, "enum": [schema["const"]]}]
    return [schema]


def _kind_fits(narrow, wide):
    return wide.get("type") in (None, narrow.get("type")) or (narrow.get("type"), wide.get("type")) == (
        "integer",
        "number",
    )


def _within(narrow, wide):
    """Whether every value that `narrow` allows, `wide` allows too, as far as bounds and lists of values go."""
    (low, high), (lowest, highest) = _bounds(narrow), _bounds(wide)
    if lowest > low or highest < high:
        return False
    if any(wide[rule] != narrow.get(rule) for rule in ("pattern", "multipleOf") if rule in wide):
        return False
    if wide.get("additionalProperties") is False and narrow.get("additionalProperties") is not False:
        return False
    return "enum" not in wide or ("enum" in narrow and {*narrow["enum"]} <= {*wide["enum"]})


def _bounds(schema):
    """The least and the greatest number that an integer, or the length of a text, may be."""
    inf = float("inf")
    least = max(schema.get("minimum", -inf), schema.get("exclusiveMinimum", -inf) + 1, schema.get("minLength", -inf))
    most = min(schema.get("maximum", inf), schema.get("exclusiveMaximum", inf) - 1, schema.get("maxLength", inf))
    return least, most


@pytest.mark.task(3)
def test_its_document_keeps_what_was_published(submission, driver, sim, table):
    """Other teams make their clients from the document and never see the code. What it says of inputs and outputs is
    what was published, down to bounds, defaults, and the form of errors; and it is true."""
    found = driver.document(api_of(submission, driver, sim, table).app)
    assert breaking_changes(PUBLISHED, found) == []
    (limit,) = [each for each in found["paths"]["/v1/tickets"]["get"]["parameters"] if each["name"] == "limit"]
    assert _bounds(limit["schema"]) == (1, 100), "the document says between which bounds the limit is"
    assert (found["info"]["title"], found["info"]["version"]) == ("Coldtrail support", "1.0")


# Task 4: revision 1.1


@pytest.mark.task(4)
def test_breaks_nothing_that_was_published(submission, driver, sim, table):
    """Clients of 1.0 are out there, and nobody will change them this week. A new demand on what they send, or something
    missing in what they get, is an outage under the same version number."""
    found = driver.document(api_of(submission, driver, sim, table, "1.1").app)
    assert breaking_changes(PUBLISHED, found) == []
    assert (found["info"]["title"], found["info"]["version"]) == ("Coldtrail support", "1.1")


@pytest.mark.task(4)
def test_announces_what_is_new(submission, driver, sim, table):
    """What the document does not say does not exist for those who make their clients from it: `priority` in each
    ticket, and `status` with the values it may have, optional."""
    found = driver.document(api_of(submission, driver, sim, table, "1.1").app)
    operation = found["paths"]["/v1/tickets"]["get"]
    (status,) = [each for each in operation["parameters"] if each["name"] == "status"]
    values = [value for each in _variants(status["schema"], found) for value in each.get("enum", [])]
    assert (status["in"], status.get("required", False), values) == ("query", False, list(STATUSES))
    (listing,) = _variants(operation["responses"]["200"]["content"]["application/json"]["schema"], found)
    (ticket,) = _variants(listing["properties"]["items"]["items"], found)
    assert "priority" in ticket["properties"]


@pytest.mark.task(4)
def test_shows_the_priority(submission, driver, sim, table):
    """A new member beside the old ones, which keep their names and values."""
    table.add(201, 201, "new", "P1")
    answer = api_of(submission, driver, sim, table, "1.1").get("/v1/tickets?limit=3")
    assert answer.json["items"] == shown(table.rows()[:3], "priority")
    assert answer.json.keys() == {"items", "next_cursor"}


@pytest.mark.task(4)
def test_lists_every_status_as_ever(submission, driver, sim, table):
    """Hiding closed tickets unless asked is a better default, and a break: an export that has always had them is short
    of them overnight."""
    table.add_all([(number, number, status, "P3") for number, status in enumerate(STATUSES, 201)])
    found = api_of(submission, driver, sim, table, "1.1").get("/v1/tickets?limit=100").json
    assert [item["id"] for item in found["items"]] == table.ids()


@pytest.mark.task(4)
def test_lists_the_status_that_is_asked_for(submission, driver, sim, table):
    """Page after page of tickets with this status, and of no others."""
    table.add_all([(number, number, STATUSES[number % 5], "P2") for number in range(201, 216)])
    api = api_of(submission, driver, sim, table, "1.1")
    for status in STATUSES:
        first = api.get(f"/v1/tickets?status={status}&limit=2").json
        second = api.get(f"/v1/tickets?status={status}&limit=100&cursor={first['next_cursor']}").json
        assert [item["id"] for item in first["items"]] == table.ids(status)[:2]
        assert [item["id"] for item in second["items"]] == table.ids(status)[2:]
        assert second["next_cursor"] is None


@pytest.mark.task(4)
def test_refuses_a_status_that_there_is_not(submission, driver, sim, table):
    """An empty page for a misspelt status looks like a day without tickets."""
    api = api_of(submission, driver, sim, table, "1.1")
    for status in ("lost", "OPEN", "", "open,new"):
        answer = api.get(f"/v1/tickets?status={status}")
        assert told(answer) == (422, PROBLEMS + "invalid-request", 422), f"status={status}"
        assert {each["at"] for each in answer.json["errors"]} == {"query/status"}


@pytest.mark.task(4)
def test_old_and_new_answer_side_by_side(submission, driver, sim, table):
    """A rollout takes an hour, and a reader who began with one revision goes on with the other: a cursor that only its
    own revision understands is an error on every second page."""
    apis = [api_of(submission, driver, sim, table, revision) for revision in ("1.1", "1.0", "1.1", "1.0")]
    read, target = [], "/v1/tickets?limit=3"
    for api in apis:
        body = api.get(target).json
        read += [item["id"] for item in body["items"]]
        target = f"/v1/tickets?limit=3&cursor={body['next_cursor']}"
    assert read == table.ids()
    assert body["next_cursor"] is None


@pytest.mark.task(4)
def test_does_the_rest_as_1_0_does(submission, driver, sim, table):
    """What the change did not mean to touch still works: the limits, the errors, the ids, the answers."""
    table.add_many(range(201, 321))
    api = api_of(submission, driver, sim, table, "1.1")
    assert [len(api.get(f"/v1/tickets{query}").json["items"]) for query in ("", "?limit=100")] == [20, 100]
    assert told(api.get("/v1/tickets?limit=101")) == (422, PROBLEMS + "invalid-request", 422)
    assert told(api.get("/v1/tickets?cursor=T-108")) == (400, PROBLEMS + "invalid-cursor", 400)
    assert told(api.get("/v1/tickets/7")) == (404, "about:blank", 404)
    assert api.get("/v1/tickets", x_request_id="export-9").headers.get("x-request-id") == "export-9"
    sim.script("Yes.", RateLimited(retry_after=2))
    answered = api.post("/v1/answers", {"question": QUESTION})
    assert (answered.status, answered.json) == (200, {"answer": "Yes."})
    refused = api.post("/v1/answers", {"question": QUESTION})
    assert told(refused) == (503, PROBLEMS + "model-unavailable", 503)
    assert refused.headers.get("retry-after") == "2"
