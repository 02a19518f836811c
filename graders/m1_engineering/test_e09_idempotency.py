"""Grader for m1_engineering/e09_idempotency."""

import json
import re
import sqlite3
from collections import defaultdict
from contextlib import closing, contextmanager
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gradus.grading import raises, value_of

NOW = 1_790_841_600.0  # 1 October 2026, 08:00 UTC
DAY = 24 * 60 * 60.0
MOST = 40  # statements, more than one call may take
TENANTS = [f"tenant {at}" for at in range(1, MOST)]  # one for each statement, to tell apart what happened there
PLENTY = 10_000_000  # cents: a limit that no test reaches by accident


def credit(submission, amount="98.00", reason="two dead sensors", customer_id="C-1042", ticket=None):
    return submission.CreditRequest(customer_id, Decimal(amount), reason, ticket)


# Task 1: the same request, or another


def prints(submission, *requests):
    """How many fingerprints these requests have."""
    return len({submission.fingerprint(request) for request in requests})


@pytest.mark.task(1)
@pytest.mark.parametrize(
    "amounts",
    [("98", "98.0", "98.00", "9.8E+1"), ("0.1", "0.10", "1E-1"), ("100", "1E+2", "100.000"), ("0", "0.00", "-0")],
    ids=["98", "0.1", "100", "0"],
)
def test_an_amount_is_a_number_however_written(submission, amounts):
    """A client that writes 98.0 the second time has not changed its mind. Told that it has, it cannot retry at all."""
    same = [credit(submission, amount) for amount in amounts]
    assert prints(submission, *same) == 1, "one fingerprint"
    assert prints(submission, *same, credit(submission, "97")) == 2, "another one for another amount"


@pytest.mark.task(1)
def test_every_field_counts(submission):
    """Whatever the fingerprint leaves out can be changed under an old key, and the caller is told that it was done."""
    requests = [
        credit(submission),
        credit(submission, amount="98.01"),
        credit(submission, reason="two dead sensors "),
        credit(submission, reason="Two dead sensors"),
        credit(submission, customer_id="C-1043"),
        credit(submission, ticket="T-77"),
    ]
    assert prints(submission, *requests) == len(requests), "six different requests have six fingerprints"


@pytest.mark.task(1)
def test_no_ticket_is_not_an_empty_one(submission):
    """None, "" and "None" are three values. Turned into text without care, two of them become one."""
    assert prints(submission, *(credit(submission, ticket=ticket) for ticket in (None, "", "None", "null"))) == 4


@pytest.mark.task(1)
@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("0.1", "0.1000000000000000055511151231257827"),
        ("98", "98.000000000000000000000000000001"),
        ("100000000000000000000000000000", "100000000000000000000000000001"),
        ("1.004", "1.0"),
    ],
    ids=["float", "small", "large", "cents"],
)
def test_amounts_differ_in_their_last_digit(submission, one, other):
    """Floats have 16 digits, `normalize()` keeps 28, and `quantize` rounds to what you ask for. All of them make two
    amounts one."""
    assert prints(submission, credit(submission, one), credit(submission, other)) == 2, "two different amounts"


@pytest.mark.task(1)
def test_no_text_passes_for_the_border_of_two(submission):
    """A separator is of no use where a field may contain it. Escape it, as JSON does, or write each text's length."""
    for separator in ("", " ", ",", ":", "|", "\n", "\0", "', '", '", "', '","', "\x1f"):
        requests = [
            credit(submission, "1", reason=f"b{separator}c", customer_id="a", ticket="d"),
            credit(submission, "1", reason="b", customer_id="a", ticket=f"c{separator}d"),
            credit(submission, "1", reason="c", customer_id=f"a{separator}b", ticket="d"),
            credit(submission, "1", reason=f"b{separator}c{separator}d", customer_id="a"),
        ]
        assert prints(submission, *requests) == 4, f"four fingerprints where a field contains {separator!r}"


@pytest.mark.task(1)
def test_the_fingerprint_is_a_sha256(submission):
    """Another process compares it tomorrow. Python's own hash() of a text differs from one process to the next."""
    assert re.fullmatch("[0-9a-f]{64}", submission.fingerprint(credit(submission))), "64 lowercase hexadecimal digits"


fields = st.tuples(
    st.sampled_from(["C-1", "C-2", ""]),
    st.sampled_from([Decimal(text) for text in ("1", "1.00", "-1", "0.1", "0.10", "0.01", "10", "1E+1", "0", "0.0")]),
    st.sampled_from(["", "é", "e", "Nässe"]),
    st.sampled_from([None, "", "T-1"]),
)


@pytest.mark.task(1)
@pytest.mark.held_out
@settings(max_examples=15)
@given(one=fields, other=fields, taken_over=st.sets(st.integers(0, 3), min_size=2))
def test_fingerprints_are_equal_exactly_if_the_requests_are(submission, one, other, taken_over):
    """Both directions matter: a retry must be known again, and nothing else may pass for it."""
    other = tuple(one[index] if index in taken_over else value for index, value in enumerate(other))
    mine, yours = (submission.fingerprint(submission.CreditRequest(*values)) for values in (one, other))
    assert (mine == yours) == (one == other)


# Task 2: once for each key


@pytest.fixture
def path(tmp_path):
    return tmp_path / "billing.sqlite"


def database(submission, driver, path, tenants=("north", "south"), limit=PLENTY):
    """The submission's empty database; these tenants, whose books are open, have one customer each, C-1042."""
    driver.create(submission.open_database, path)
    customers = [(tenant, "C-1042", limit) for tenant in tenants]
    insert(path, tenants=[(tenant, True) for tenant in tenants], customers=customers)


@contextmanager
def opened(path):
    """The grader's own connection; it commits when all went well."""
    with closing(sqlite3.connect(path)) as conn, conn:
        conn.execute("PRAGMA synchronous = OFF")  # no power is cut here
        yield conn


def change(path, statement):
    with opened(path) as conn:
        conn.execute(statement)


def insert(path, **rows_of):
    """Insert rows, given by the name of their table."""
    with opened(path) as conn:
        for table, rows in rows_of.items():
            for row in rows:
                conn.execute(f"INSERT INTO {table} VALUES ({', '.join('?' * len(row))})", row)


def read(path, query, *values):
    with opened(path) as conn:
        return conn.execute(query, values).fetchall()


def credited(path):
    """The credits in the file, oldest first: tenant, cents, reason."""
    return read(path, "SELECT tenant, cents, reason FROM credits ORDER BY id")


def written(path):
    """What the file holds, by tenant: the ids of its credits, the messages for them, the keys of its answers."""
    found = defaultdict(lambda: ([], [], []))
    queries = [
        "SELECT tenant, id FROM credits",
        "SELECT tenant, o.key FROM outbox o JOIN credits c ON o.key = 'credit-' || c.id",
        "SELECT tenant, key FROM idempotency_keys",
    ]
    with opened(path) as conn:
        for index, query in enumerate(queries):
            for tenant, what in conn.execute(query):
                found[tenant][index].append(what)
    return found


def post(submission, driver, path, key="K-7", request=None, tenant="north", now=NOW):
    """One call, on a connection of its own."""
    call = (tenant, key, credit(submission) if request is None else request, now)
    return driver.post(submission.post_credit, path, [call])[0]


def body_of(response):
    return json.loads(response.body)


@pytest.mark.task(2)
def test_books_a_credit(submission, driver, path):
    """The first call with a key does what it asks for: one credit, one message to the provider, and the answer."""
    database(submission, driver, path)
    answer = post(submission, driver, path, request=credit(submission, "12.5", "probe 3 wet", ticket="T-9"))
    assert read(path, "SELECT tenant, customer_id, cents, reason, ticket, booked_at FROM credits") == [
        ("north", "C-1042", 1250, "probe 3 wet", "T-9", NOW)
    ]
    assert len(read(path, "SELECT * FROM outbox")) == 1
    assert answer == submission.Response(201, '{"credit_id": 1, "cents": 1250, "total_cents": 1250}')


@pytest.mark.task(2)
def test_the_second_call_books_nothing_and_reads_the_same_answer(submission, driver, path):
    """The caller whose answer was lost asks again, with the same key, to learn what became of it. Whatever happened to
    the account since, that has not changed: the same status, the same body, character by character."""
    database(submission, driver, path)
    first = post(submission, driver, path, "K-7")
    post(submission, driver, path, "K-8", credit(submission, "10", "late parcel"))
    assert post(submission, driver, path, "K-7", now=NOW + 5) == first
    assert credited(path) == [("north", 9800, "two dead sensors"), ("north", 1000, "late parcel")]


@pytest.mark.task(2)
def test_what_was_done_is_told_while_the_books_are_closed(submission, driver, path):
    """The answer is there. Asking the ledger first whether it would book today answers another question."""
    database(submission, driver, path)
    first = post(submission, driver, path)
    change(path, "UPDATE tenants SET books_open = 0")
    assert post(submission, driver, path) == first
    assert credited(path) == [("north", 9800, "two dead sensors")]


@pytest.mark.task(2)
def test_the_same_request_may_be_written_differently(submission, driver, path):
    """A retry is compared by what it asks for. 98.0 and 98.00 euros are the same credit."""
    database(submission, driver, path)
    first = post(submission, driver, path, request=credit(submission, "98.00"))
    assert post(submission, driver, path, request=credit(submission, "98.0")) == first
    assert credited(path) == [("north", 9800, "two dead sensors")]


@pytest.mark.task(2)
def test_another_key_is_another_credit(submission, driver, path):
    """Two equal credits may both be meant; only the caller knows, and says so with the key. Keys are texts and nothing
    more: no case folded, no space trimmed, no SQL read."""
    database(submission, driver, path)
    keys = ["K-7", "k-7", "K-7 ", "K-70", "", "7", "07", "' OR ''='", "Kä-7", "%"]
    answers = [post(submission, driver, path, key) for key in keys]
    assert [(answer.status, body_of(answer)["credit_id"]) for answer in answers] == [(201, n) for n in range(1, 11)]


@pytest.mark.task(2)
def test_each_tenant_has_keys_of_its_own(submission, driver, path):
    """Two tenants who both count from 1 use the same keys. One must neither get the other's answer nor block it."""
    database(submission, driver, path)
    post(submission, driver, path, "1", credit(submission, "98", "north's"), "north")
    answer = post(submission, driver, path, "1", credit(submission, "5", "south's"), "south")
    assert (answer.status, body_of(answer)["cents"]) == (201, 500)
    assert credited(path) == [("north", 9800, "north's"), ("south", 500, "south's")]
    assert body_of(post(submission, driver, path, "1", credit(submission, "98", "north's"), "north"))["cents"] == 9800


@pytest.mark.task(2)
@pytest.mark.parametrize("customer_id", ["C-1042", "C-9999"], ids=["credit", "refusal"])
def test_a_key_is_not_used_for_another_request(submission, driver, path, customer_id):
    """One of two requests under one key is a mistake. Booking it breaks the promise of the key; answering with the
    other's answer says that something was done which was not."""
    database(submission, driver, path)
    request = credit(submission, customer_id=customer_id)
    first = post(submission, driver, path, request=request)
    answer = post(submission, driver, path, request=credit(submission, "980.00"))
    assert answer == value_of(submission.KEY_REUSED)
    assert len(credited(path)) == (customer_id == "C-1042"), "nothing was booked for the second request"
    assert post(submission, driver, path, request=request) == first, "the answer that was kept stays"


@pytest.mark.task(2)
@pytest.mark.parametrize(
    ("amount", "customer_id", "status", "error"),
    [
        ("98", "C-2000", 404, "unknown_customer"),
        ("600", "C-1042", 409, "over_limit"),
        ("0.005", "C-1042", 400, "bad_amount"),
    ],
    ids=["404", "409", "400"],
)
def test_a_refusal_is_an_answer(submission, driver, path, amount, customer_id, status, error):
    """The caller was told no, and may have told somebody else. The same call must not turn into a yes an hour later
    because the account looks different; who wants to ask anew takes a new key."""
    database(submission, driver, path, limit=50_000)
    request = credit(submission, amount, customer_id=customer_id)
    refused = post(submission, driver, path, "K-7", request)
    assert (refused.status, body_of(refused)) == (status, {"error": error})
    change(path, "UPDATE customers SET limit_cents = 100000")
    insert(path, customers=[("north", "C-2000", 100_000)])
    assert post(submission, driver, path, "K-7", request, now=NOW + 3600) == refused
    assert post(submission, driver, path, "K-8", request).status == (400 if status == 400 else 201)
    assert len(credited(path)) == (status != 400)


@pytest.mark.task(2)
def test_not_now_is_no_answer(submission, driver, path):
    """A 503 says to come back. Kept under the key, it is repeated to everybody who does, for a day, and the credit is
    never booked."""
    database(submission, driver, path)
    change(path, "UPDATE tenants SET books_open = 0")
    for _ in range(2):
        answer = post(submission, driver, path)
        assert (answer.status, body_of(answer)) == (503, {"error": "books_closed"})
    change(path, "UPDATE tenants SET books_open = 1")
    assert post(submission, driver, path, request=credit(submission, "97")).status == 201, "the key is still free"
    assert credited(path) == [("north", 9700, "two dead sensors")]


@pytest.mark.task(2)
@pytest.mark.parametrize("table", ["credits", "outbox", "idempotency_keys"])
@pytest.mark.parametrize("how", ["ABORT", "ROLLBACK"])
def test_an_error_is_no_answer(submission, driver, path, table, how):
    """The disk was full, or the memory: that says nothing about the request. Nothing is booked, nothing is kept, the
    caller sees the error itself, and the next call with the key may succeed. With some errors SQLite has already rolled
    back when you want to."""
    database(submission, driver, path)
    change(
        path, f"CREATE TRIGGER broken BEFORE INSERT ON {table} BEGIN SELECT RAISE({how}, 'the disk is on fire'); END"
    )
    for _ in range(2):
        with raises("IntegrityError") as caught:
            post(submission, driver, path)
        assert caught.error.message == "the disk is on fire"
        assert written(path)["north"] == ([], [], []), "no credit, no message, no answer"
    change(path, "DROP TRIGGER broken")
    assert post(submission, driver, path).status == 201
    assert credited(path) == [("north", 9800, "two dead sensors")]


@pytest.mark.task(2)
@pytest.mark.parametrize("age", [0.0, 1.0, DAY - 0.5, -30.0])
def test_a_key_is_remembered_for_a_day(submission, driver, path, age):
    """A client retries for hours when its network is down, and from a machine whose clock is half a minute behind."""
    database(submission, driver, path)
    first = post(submission, driver, path)
    assert post(submission, driver, path, now=NOW + age) == first
    assert post(submission, driver, path, request=credit(submission, "97"), now=NOW + age).status == 422
    assert len(credited(path)) == 1


@pytest.mark.task(2)
@pytest.mark.parametrize("age", [DAY, DAY + 0.5, 30 * DAY])
def test_after_a_day_a_key_is_new(submission, driver, path, age):
    """Keys are not kept for ever. From the moment that you promised on, an old key means nothing, whatever it was used
    for, and what it is used for now is remembered for a day."""
    database(submission, driver, path)
    post(submission, driver, path)
    request = credit(submission, "5", "late parcel")
    second = post(submission, driver, path, request=request, now=NOW + age)
    assert second.status == 201
    assert post(submission, driver, path, request=request, now=NOW + age + DAY - 1) == second
    assert credited(path) == [("north", 9800, "two dead sensors"), ("north", 500, "late parcel")]


@pytest.mark.task(2)
def test_a_retry_does_not_extend_the_day(submission, driver, path):
    """The promise counts from the answer. A client that polls with its key would otherwise keep it for ever."""
    database(submission, driver, path)
    first = post(submission, driver, path)
    assert post(submission, driver, path, now=NOW + DAY - 1) == first
    assert post(submission, driver, path, now=NOW + DAY + 1) != first


@pytest.mark.task(2)
def test_not_now_is_no_answer_under_an_old_key_either(submission, driver, path):
    """The key is as good as new: the ledger decides. Neither the outdated answer nor the 503 is in the way of the next
    call."""
    database(submission, driver, path)
    post(submission, driver, path)
    change(path, "UPDATE tenants SET books_open = 0")
    assert post(submission, driver, path, now=NOW + DAY).status == 503
    change(path, "UPDATE tenants SET books_open = 1")
    assert post(submission, driver, path, now=NOW + DAY + 60).status == 201
    assert len(credited(path)) == 2


@pytest.mark.task(2)
def test_leaves_no_transaction_open(submission, driver, path):
    """A connection that goes back to its pool inside a transaction makes the next user's work part of it, and holds the
    write lock against everybody."""
    database(submission, driver, path)

    def left_open(key, **changes):
        call = ("north", key, credit(submission, **changes), NOW)
        return driver.leaves_a_transaction_open(submission.post_credit, path, *call)

    assert not left_open("K-7"), "after a credit"
    assert not left_open("K-7"), "after a repeated answer"
    assert not left_open("K-7", amount="97"), "after KEY_REUSED"
    assert not left_open("K-8", customer_id="C-9999"), "after a refusal"
    change(path, "CREATE TRIGGER broken BEFORE INSERT ON outbox BEGIN SELECT RAISE(ABORT, 'on fire'); END")
    assert not left_open("K-9"), "after an error"
    change(path, "UPDATE tenants SET books_open = 0")
    assert not left_open("K-9"), "after a 503"
    assert credited(path) == [("north", 9800, "two dead sensors")]


@pytest.mark.task(2)
def test_fails_if_the_lock_is_not_given_back(submission, driver, path, clock):
    """Whoever cannot write in time says so, and the caller tries again. An answer made up instead would be a lie."""
    database(submission, driver, path)
    with closing(sqlite3.connect(path, isolation_level=None)) as holder:
        holder.execute("BEGIN IMMEDIATE")
        with raises("OperationalError") as caught:
            post(submission, driver, path)
        assert "locked" in caught.error.message
        assert clock.slept == [], "SQLite has waited; nobody sleeps besides"
    assert post(submission, driver, path).status == 201
    assert len(credited(path)) == 1


@pytest.mark.task(2)
def test_waits_for_its_turn(submission, driver, path):
    """Somebody else is about to commit. That is a queue and no failure: SQLite waits as long as the busy timeout says,
    unless your transaction has read something first. Then it is refused on the spot."""
    database(submission, driver, path)
    outcome = driver.wait_for_lock(submission.post_credit, path, ("north", "K-7", credit(submission), NOW))
    assert (outcome.status, outcome.error) == (201, ""), "it waits for the lock, then books"
    assert len(credited(path)) == 1


def meetings(submission, driver, path, first, second):
    """Let two calls meet at each statement of the first, each time for another tenant.

    Args:
        first: the key and the request of the one call.
        second: those of the other, which is made as a whole at that statement.

    Returns:
        For each meeting where it was, the credits and messages of the tenant, and the two answers.
    """
    pairs = [[(tenant, *call, NOW) for call in (first, second)] for tenant in TENANTS]
    held = driver.meet(submission.post_credit, path, pairs)
    assert held[-1].statement is None, f"one call of post_credit takes fewer than {MOST} statements"
    places, outcomes, again = [], [], {}
    for at, meeting in enumerate(held):
        one, other, statement = meeting.first, meeting.second, meeting.statement
        where = f"the other call came just before: {statement}" if statement else "one call came after the other"
        assert not one.error, f"no call fails when nobody is in its way. It raised {one.error}, and {where}"
        if other.error == "OperationalError: database is locked" and at and statement:
            again[at] = pairs[at][1]  # it gave up waiting for the first, and comes back
        else:
            assert not other.error, f"no call fails when nobody is in its way. It raised {other.error}, and {where}"
        places.append(where)
        outcomes.append([(one.status, one.body), (other.status, other.body)])
    for at, answer in zip(again, driver.post(submission.post_credit, path, [*again.values()]), strict=True):
        outcomes[at][1] = (answer.status, answer.body)
    found = written(path)
    return [(where, *found[tenant][:2], both) for where, tenant, both in zip(places, TENANTS, outcomes, strict=False)]


@pytest.mark.task(2)
@pytest.mark.parametrize("key_is", ["new", "outdated"])
def test_two_calls_at_once_book_one_credit(submission, driver, path, key_is):
    """The client gave up on the first call and sent a second; now both are under way, in two processes. Whoever looks
    for the key now and writes it later lets both pass. Here the second call is made at each statement of the first."""
    database(submission, driver, path, TENANTS)
    call = "K-7", credit(submission)
    if key_is == "outdated":
        change(path, "UPDATE customers SET limit_cents = 0")
        calls = [(tenant, *call, NOW - DAY) for tenant in TENANTS]
        assert {answer.status for answer in driver.post(submission.post_credit, path, calls)} == {409}
        change(path, f"UPDATE customers SET limit_cents = {PLENTY}")
    for where, ids, messages, answers in meetings(submission, driver, path, call, call):
        assert (len(ids), len(messages)) == (1, 1), f"one credit and one message, and {where}"
        assert answers[0] == answers[1], f"both read the same answer, and {where}"
        assert (answers[0][0], json.loads(answers[0][1])["credit_id"]) == (201, ids[0])


@pytest.mark.task(2)
def test_two_requests_at_once_do_not_share_a_key(submission, driver, path):
    """At the same moment, too, a key is good for one request. The other one is told."""
    database(submission, driver, path, TENANTS)
    reused = value_of(submission.KEY_REUSED)
    calls = [("K-7", credit(submission, amount)) for amount in ("98", "980")]
    for where, ids, _, answers in meetings(submission, driver, path, *calls):
        assert len(ids) == 1, f"one credit, and {where}"
        assert sorted(status for status, _ in answers) == [201, 422], where
        assert (reused.status, reused.body) in answers


@pytest.mark.task(2)
def test_two_credits_at_once_keep_to_the_limit(submission, driver, path):
    """`book` reads the total and then adds to it. That is only right if nobody adds in between, under whatever key."""
    database(submission, driver, path, TENANTS, limit=10_000)
    request = credit(submission)
    for where, ids, _, answers in meetings(submission, driver, path, ("K-7", request), ("K-8", request)):
        assert len(ids) == 1, f"98 of 100 euros are credited, and {where}"
        assert sorted(status for status, _ in answers) == [201, 409], where


@pytest.mark.task(2)
def test_survives_being_killed_at_any_statement(submission, driver, path):
    """Processes are killed, by the kernel or by a deployment in a hurry. What is in the file then is all of it or
    nothing, and the retry finds out which. Here it happens at each statement, and before the answer is handed back."""
    database(submission, driver, path, TENANTS)
    request = credit(submission)
    calls = [(tenant, "K-7", request, NOW) for tenant in TENANTS]
    statements = driver.kill(submission.post_credit, path, calls)
    assert statements[-1] is None, f"one call of post_credit takes fewer than {MOST} statements"
    places = [f"it was killed before: {statement}" for statement in statements[:-1]] + ["it was killed at the end"]
    before = written(path)
    retries = [(*call[:3], NOW + 5) for call in calls[: len(statements)]]
    answers = driver.post(submission.post_credit, path, retries)
    after = written(path)
    for (tenant, *_), where, answer in zip(retries, places, answers, strict=True):
        ids, messages, kept = before[tenant]
        assert len(ids) == len(messages) == len(kept), (
            f"a credit, its message and its answer are in the file together or not at all, and {where}"
        )
        ids, messages, _ = after[tenant]
        assert (len(ids), len(messages)) == (1, 1), f"after the retry there is one credit and one message, and {where}"
        assert (answer.status, body_of(answer)["credit_id"]) == (201, ids[0]), where


steps = st.tuples(
    st.sampled_from(["K-1", "K-2"]),
    st.sampled_from(["30", "30.0", "31", "70", "0"]),
    st.sampled_from([0.0, 3600.0, DAY / 2, DAY]),
)


@pytest.mark.task(2)
@pytest.mark.held_out
@settings(max_examples=10)
@given(history=st.lists(steps, min_size=2, max_size=10))
def test_any_history_of_calls(submission, driver, path, history):
    """Whatever came before: the answer is the one kept under the key, or KEY_REUSED, or what the ledger says."""
    database(submission, driver, path, limit=10_000)
    now, credit_id, total, kept, calls, expected = NOW, 0, 0, {}, [], []
    for key, amount, later in history:
        now += later
        calls.append(("north", key, credit(submission, amount), now))
        cents = int(Decimal(amount) * 100)
        at, asked, outcome = kept.get(key, (NOW - DAY, None, None))
        if now - at < DAY:
            expected.append(outcome if asked == cents else (422, {"error": "key_reused"}))
            continue
        if not cents:
            outcome = 400, {"error": "bad_amount"}
        elif total + cents > 10_000:
            outcome = 409, {"error": "over_limit"}
        else:
            credit_id, total = credit_id + 1, total + cents
            outcome = 201, {"credit_id": credit_id, "cents": cents, "total_cents": total}
        kept[key] = now, cents, outcome
        expected.append(outcome)
    answers = driver.post(submission.post_credit, path, calls)
    assert [(answer.status, body_of(answer)) for answer in answers] == expected


# Task 3: the effect elsewhere


class Provider:
    """The payment provider: acts once for each key, and remembers what it was sent."""

    def __init__(self, path):
        self.path = path
        self.sent = []  # (key, payload), in the order in which they came
        self.acted = {}  # receipts by key
        self.failures = {}  # by key: what is raised once the provider has acted, the first time
        self.meanwhile = lambda key: None  # what else happens while it acts

    def send(self, key, payload):
        self.sent.append((key, payload))
        receipt = self.acted.setdefault(key, f"R-{len(self.acted) + 1}")
        self.meanwhile(key)
        if key in self.failures:
            raise self.failures.pop(key)
        return receipt


def receipts(path):
    return dict(read(path, "SELECT key, receipt FROM outbox"))


def outbox(submission, driver, path, *keys):
    """An outbox in which messages with these keys wait, and the provider."""
    driver.create(submission.open_database, path)
    add(path, *keys)
    return Provider(path)


def add(path, *keys):
    insert(path, outbox=[(None, key, payload_of(key), None) for key in keys])


def payload_of(key):
    return json.dumps({"for": key})


def deliver(submission, driver, provider):
    return driver.deliver(submission.deliver, provider.path, provider.send)


@pytest.mark.task(3)
def test_sends_what_waits(submission, driver, path):
    """Each message goes out with the key and the payload that were written down with the credit, the oldest first."""
    provider = outbox(submission, driver, path, "credit-9", "credit-10", "credit-1")
    assert deliver(submission, driver, provider) == 3
    assert provider.sent == [(key, payload_of(key)) for key in ("credit-9", "credit-10", "credit-1")]
    assert receipts(path) == {"credit-9": "R-1", "credit-10": "R-2", "credit-1": "R-3"}


@pytest.mark.task(3)
def test_sends_all_that_wait(submission, driver, path):
    """After an hour without the provider many wait. Whoever reads them in pages, by an offset, skips as many as have
    got their receipt meanwhile: they no longer wait, and the rest has moved up."""
    keys = [f"credit-{number}" for number in range(1, 302)]
    provider = outbox(submission, driver, path, *keys)
    assert deliver(submission, driver, provider) == 301
    assert [key for key, _ in provider.sent] == keys


@pytest.mark.task(3)
def test_sends_nothing_twice(submission, driver, path):
    """A message that has its receipt is done. What comes later is sent alone."""
    provider = outbox(submission, driver, path, "credit-1", "credit-2")
    assert deliver(submission, driver, provider) == 2
    assert deliver(submission, driver, provider) == 0
    add(path, "credit-3")
    assert deliver(submission, driver, provider) == 1
    assert [key for key, _ in provider.sent] == ["credit-1", "credit-2", "credit-3"]
    assert receipts(path) == {"credit-1": "R-1", "credit-2": "R-2", "credit-3": "R-3"}


@pytest.mark.task(3)
@pytest.mark.parametrize("error", [ConnectionError, ConnectionResetError, TimeoutError])
def test_a_lost_answer_is_asked_for_with_the_same_key(submission, driver, path, error):
    """The provider has acted; the answer was lost. You cannot know that, so you ask again, and the key is all that
    keeps it from acting twice."""
    provider = outbox(submission, driver, path, "credit-1")
    provider.failures = {"credit-1": error("the connection was lost")}
    assert deliver(submission, driver, provider) == 0
    assert receipts(path) == {"credit-1": None}, "it still waits"
    assert deliver(submission, driver, provider) == 1
    assert provider.sent == [("credit-1", payload_of("credit-1"))] * 2
    assert receipts(path) == {"credit-1": "R-1"}


@pytest.mark.task(3)
def test_one_lost_answer_does_not_hold_up_the_rest(submission, driver, path):
    """Each customer waits for their own money. The message that failed gets its next chance with the next call, not at
    once: the connection has just been lost."""
    provider = outbox(submission, driver, path, "credit-1", "credit-2", "credit-3")
    provider.failures = {"credit-1": ConnectionError("lost"), "credit-2": TimeoutError("late")}
    assert deliver(submission, driver, provider) == 1
    assert [key for key, _ in provider.sent] == ["credit-1", "credit-2", "credit-3"]
    assert receipts(path) == {"credit-1": None, "credit-2": None, "credit-3": "R-3"}


@pytest.mark.task(3)
def test_an_error_of_another_kind_is_not_a_lost_answer(submission, driver, path):
    """An expired credential or a bug in the client does not pass by itself. Skipped in silence, customers find it."""
    provider = outbox(submission, driver, path, "credit-1", "credit-2", "credit-3")
    provider.failures = {"credit-2": PermissionError("the credential has expired")}
    with raises("PermissionError") as caught:
        deliver(submission, driver, provider)
    assert caught.error.message == "the credential has expired"
    assert [key for key, _ in provider.sent] == ["credit-1", "credit-2"]
    assert receipts(path) == {"credit-1": "R-1", "credit-2": None, "credit-3": None}
    assert deliver(submission, driver, provider) == 2
    assert receipts(path) == {"credit-1": "R-1", "credit-2": "R-2", "credit-3": "R-3"}


@pytest.mark.task(3)
def test_an_empty_receipt_is_a_receipt(submission, driver, path):
    """The provider has answered, with nothing to say. Only NULL means that it has not."""
    provider = outbox(submission, driver, path, "credit-1")
    provider.acted = {"credit-1": ""}
    assert deliver(submission, driver, provider) == 1
    assert receipts(path) == {"credit-1": ""}
    assert deliver(submission, driver, provider) == 0


@pytest.mark.task(3)
def test_a_receipt_is_written_when_it_is_there(submission, driver, path):
    """Not before, or a lost message counts as sent. Not at the end of the batch, or a crash sends all of it again."""
    provider = outbox(submission, driver, path, "credit-1", "credit-2", "credit-3")
    seen = []
    provider.meanwhile = lambda key: seen.append(receipts(path))
    deliver(submission, driver, provider)
    assert seen == [
        {"credit-1": None, "credit-2": None, "credit-3": None},
        {"credit-1": "R-1", "credit-2": None, "credit-3": None},
        {"credit-1": "R-1", "credit-2": "R-2", "credit-3": None},
    ], "what others saw in the outbox while each message was sent"


@pytest.mark.task(3)
def test_others_write_while_it_sends(submission, driver, path):
    """The provider may take seconds to answer. A transaction that stays open for so long stops every other writer; a
    cursor that stays open keeps a snapshot, and after somebody else's commit you can no longer write from it."""
    provider = outbox(submission, driver, path, "credit-1", "credit-2", "credit-3")
    locked_out = []

    def write(key):
        with closing(sqlite3.connect(path, timeout=0, isolation_level=None)) as conn:
            try:
                conn.execute("INSERT INTO tenants VALUES (?, 1)", (f"opened during {key}",))
            except sqlite3.OperationalError:
                locked_out.append(key)

    provider.meanwhile = write
    assert deliver(submission, driver, provider) == 3
    assert locked_out == [], "another connection can write while a message is being sent"
    assert receipts(path) == {"credit-1": "R-1", "credit-2": "R-2", "credit-3": "R-3"}


@pytest.mark.task(3)
def test_delivery_leaves_no_transaction_open(submission, driver, path):
    """Whoever uses the connection next would work inside it, on an old snapshot or with everybody else locked out."""
    provider = outbox(submission, driver, path, "credit-1", "credit-2", "credit-3")

    def left_open():
        return driver.leaves_a_transaction_open(submission.deliver, path, provider.send)

    provider.failures = {"credit-2": ConnectionError("lost"), "credit-3": PermissionError("expired")}
    assert not left_open(), "after an error"
    assert not left_open(), "after a delivery"
    assert not left_open(), "when nothing waits"
    assert receipts(path) == {"credit-1": "R-1", "credit-2": "R-2", "credit-3": "R-3"}


@pytest.mark.task(3)
def test_no_message_is_lost_when_the_process_is_killed(submission, driver, path, tmp_path):
    """Here the process is killed at each statement, and while a message or its answer is under way. Every message is
    sent in the end, under its one key, and what has its receipt is not sent again."""
    outbox(submission, driver, path)
    for at in range(1, MOST):
        keys = [f"credit-{at}-{n}" for n in (1, 2)]
        add(path, *keys)
        journal = tmp_path / f"journal-{at}"
        step = driver.kill_delivery(submission.deliver, path, journal, at)
        where = f"it was killed before: {step}" if step else "it was killed after it had returned"
        sent = journal.read_text().split() if journal.exists() else []
        done = {key for key, receipt in receipts(path).items() if key in keys and receipt is not None}
        assert done <= set(sent) <= set(keys), f"no receipt for what was never sent, and no key but these, and {where}"
        provider = Provider(path)
        assert deliver(submission, driver, provider) == 2 - len(done), where
        assert [key for key, _ in provider.sent] == [key for key in keys if key not in done], where
        assert None not in receipts(path).values(), f"every message has its receipt in the end, and {where}"
        if step is None:
            assert sent == keys
            return
    raise AssertionError(f"delivering two messages takes fewer than {MOST} steps")
