"""Grader for m1_engineering/e13_million_users."""

import importlib.util
import sys
from collections import Counter
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gradus.grading import Record, fields_of, raises, type_name

DRIVER = Path(__file__).parent / "drivers" / "e13_million_users.py"


def simulation():
    """The driver's module, on this side: the same code plays a scenario here, where the submission cannot reach it."""
    name = "graders.m1_engineering.drivers.e13_million_users"
    if name not in sys.modules:
        spec = importlib.util.spec_from_file_location(name, DRIVER)
        sys.modules[name] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules[name])
    return sys.modules[name]


# Task 1: one breaker for all


def breaker_of(submission, window=4, max_failures=2, cool_down=10.0, probes=2):
    return submission.CircuitBreaker(window=window, max_failures=max_failures, cool_down=cool_down, probes=probes)


def ends(breaker, now, *results):
    """Calls that begin and end at this moment, one after the other, with these results."""
    for ok in results:
        permit = breaker.acquire(now)
        assert permit is not None, f"acquire({now}) gives no permit"
        breaker.record(permit, ok, now)


def refuses(breaker, now):
    return breaker.acquire(now) is None


@pytest.mark.task(1)
def test_lets_calls_through_while_they_work(submission):
    """A breaker that is closed costs nobody anything: any number of calls, also before the first of them has ended."""
    breaker = breaker_of(submission)
    permits = [breaker.acquire(0.0) for _ in range(12)]
    assert None not in permits, "12 calls begin before any has ended, and each gets a permit"
    for permit in permits:
        breaker.record(permit, True, 1.0)
    ends(breaker, 2.0, True, True, True)


@pytest.mark.task(1)
@pytest.mark.parametrize(("window", "max_failures"), [(4, 2), (20, 10), (3, 3), (5, 1)])
def test_opens_at_so_many_failures(submission, window, max_failures):
    """Some calls fail on a good day, and a breaker that opens for them is an outage of its own. At `max_failures` it
    knows enough: it does not wait until the window is full."""
    breaker = breaker_of(submission, window, max_failures)
    ends(breaker, 0.0, *[False] * (max_failures - 1))
    assert not refuses(breaker, 1.0), f"{max_failures - 1} failures are not {max_failures}"
    ends(breaker, 2.0, False)
    assert refuses(breaker, 3.0), f"{max_failures} of the last {window} results are failures"


@pytest.mark.task(1)
def test_looks_back_no_further_than_the_window(submission):
    """Three failures in a week are not three in a row. Results leave the window as new ones come in; a counter that
    only ever grows opens in the end, whatever happens."""
    breaker = breaker_of(submission, window=4, max_failures=2)
    ends(breaker, 0.0, False, True, True, True, False, True, True, True)
    assert not refuses(breaker, 1.0), "of any four results in a row no more than one was a failure"


@pytest.mark.task(1)
def test_remembers_failures_between_successes(submission):
    """A model that fails every third call is not well, though it never fails twice in a row."""
    breaker = breaker_of(submission, window=4, max_failures=2)
    ends(breaker, 0.0, True, False, True, True, False)
    assert refuses(breaker, 1.0), "of the last four results two were failures, with successes between them"


@pytest.mark.task(1)
def test_stays_open_for_the_whole_cool_down(submission):
    """While the breaker is open nobody asks the model. The time counts from the failure that opened it, and whoever
    asks meanwhile does not put it off."""
    breaker = breaker_of(submission, cool_down=10.0)
    ends(breaker, 5.0, False, False)
    for now in (5.0, 6.0, 14.5, 14.999):
        assert refuses(breaker, now), f"opened at 5.0 with a cool_down of 10.0, and asked at {now}"
    assert not refuses(breaker, 15.0), "10.0 s after it opened, at 15.0, the first probe may go"


@pytest.mark.task(1)
@pytest.mark.parametrize("probes", [1, 3])
def test_probes_with_a_few_calls(submission, probes):
    """A model that has just come back has cold caches and a queue. All the traffic at once knocks it over again, so a
    few calls go first, and the others wait for what comes of them, however long that takes."""
    breaker = breaker_of(submission, probes=probes)
    ends(breaker, 0.0, False, False)
    given_out = [breaker.acquire(10.0 + number) is not None for number in range(probes + 4)]
    assert given_out == [True] * probes + [False] * 4, f"from 10.0 on, {probes} permits in all, as none has ended yet"
    assert refuses(breaker, 99.0), "time alone brings no further permits: the probes have to end"


@pytest.mark.task(1)
def test_closes_when_all_probes_have_succeeded(submission):
    """One good answer may be luck. When all the probes are back, traffic returns in full, and what happened before
    the outage was over no longer counts against it."""
    breaker = breaker_of(submission, window=4, max_failures=2, probes=2)
    ends(breaker, 0.0, True, False, False)
    first, second = breaker.acquire(10.0), breaker.acquire(10.0)
    breaker.record(first, True, 11.0)
    assert refuses(breaker, 12.0), "one of two probes has succeeded, the other has not ended"
    breaker.record(second, True, 13.0)
    assert not any(refuses(breaker, 14.0) for _ in range(8)), "both probes have succeeded: all calls get a permit"
    ends(breaker, 15.0, False)
    assert not refuses(breaker, 16.0), "one failure since it closed; those from before are forgotten"


@pytest.mark.task(1)
def test_opens_again_when_a_probe_fails(submission):
    """The model is not well yet. It gets the whole cool-down again, counted from the probe that said so; the other
    probe, which comes back later with good news, was asked too early to count."""
    breaker = breaker_of(submission, cool_down=10.0, probes=2)
    ends(breaker, 0.0, False, False)
    first, second = breaker.acquire(10.0), breaker.acquire(10.0)
    breaker.record(first, False, 12.0)
    breaker.record(second, True, 13.0)
    assert refuses(breaker, 21.999), "the probe failed at 12.0, and the cool_down is 10.0"
    ends(breaker, 22.0, True)
    assert not refuses(breaker, 22.0), "two probes may go again, and this is the second"


@pytest.mark.task(1)
def test_ignores_calls_from_before_the_change(submission):
    """Calls that began before it opened come back for as long as their timeout lasts. They tell of the past: taken for
    probes they close the breaker in the middle of an outage, or keep it open after the end."""
    breaker = breaker_of(submission, window=4, max_failures=2, cool_down=10.0, probes=2)
    early = [breaker.acquire(0.0) for _ in range(6)]
    ends(breaker, 1.0, False, False)
    breaker.record(early[0], False, 9.0)
    assert not refuses(breaker, 11.0), "opened at 1.0; the failure at 9.0 of a call that began before puts nothing off"
    breaker.record(early[1], False, 11.0)
    breaker.record(early[2], True, 11.0)
    breaker.record(early[3], True, 11.0)
    second = breaker.acquire(12.0)
    assert second is not None, "half-open: the failure of a call from before it opened is no failed probe"
    assert refuses(breaker, 12.0), "half-open: the successes of calls from before it opened are no probes"


@pytest.mark.task(1)
@pytest.mark.parametrize("late", [False, True], ids=["late_failure", "late_success"])
def test_a_probe_counts_only_in_its_own_half_open_time(submission, late):
    """Two probes went, one failed, and the other comes back when the breaker is half-open for the second time. It was
    asked a cool-down ago: it neither opens the breaker again nor helps to close it."""
    breaker = breaker_of(submission, cool_down=10.0, probes=2)
    ends(breaker, 0.0, False, False)
    failed, left_over = breaker.acquire(10.0), breaker.acquire(10.0)
    breaker.record(failed, False, 11.0)
    third, fourth = breaker.acquire(21.0), breaker.acquire(21.0)
    breaker.record(left_over, late, 22.0)
    breaker.record(third, True, 22.0)
    assert refuses(breaker, 22.0), "one of its two probes has succeeded so far: still half-open"
    breaker.record(fourth, True, 22.0)
    assert not refuses(breaker, 22.0), "both of its probes have succeeded: closed"


@pytest.mark.task(1)
def test_forgets_calls_from_before_the_outage(submission):
    """A call may hang through a whole outage. When it fails at last, the breaker has closed anew, and a failure that
    is minutes old must not open it."""
    breaker = breaker_of(submission, window=4, max_failures=2, cool_down=10.0, probes=1)
    early = [breaker.acquire(0.0) for _ in range(3)]
    ends(breaker, 1.0, False, False)
    ends(breaker, 11.0, True)
    for permit in early:
        breaker.record(permit, False, 12.0)
    assert not refuses(breaker, 12.0), "all three began before it opened"


class ExpectedBreaker:
    """What the contract says, with everything kept and looked through anew each time."""

    def __init__(self, window, max_failures, cool_down, probes):
        self.window, self.max_failures, self.cool_down, self.probes = window, max_failures, cool_down, probes
        self.change("closed", 0)

    def change(self, state, now):
        self.state, self.since, self.given, self.results = state, now, [], []

    def acquire(self, now):
        if self.state == "open" and now - self.since >= self.cool_down:
            self.change("half-open", now)
        if self.state == "open" or (self.state == "half-open" and len(self.given) == self.probes):
            return None
        self.given.append(object())
        return self.given[-1]

    def record(self, permit, ok, now):
        if permit not in self.given:
            return
        self.results.append(ok)
        failures = self.results[-self.window :].count(False)
        if failures >= (self.max_failures if self.state == "closed" else 1):
            self.change("open", now)
        elif self.state == "half-open" and len(self.results) == self.probes:
            self.change("closed", now)


STEPS = st.lists(
    st.tuples(st.sampled_from(["begin", "begin", "begin", "ok", "fail", "fail"]), st.integers(0, 9), st.integers(0, 4)),
    min_size=10,
    max_size=25,
)


@pytest.mark.task(1)
@settings(max_examples=20)
@given(steps=STEPS, window=st.integers(1, 4), probes=st.integers(1, 2))
def test_follows_the_states_whatever_comes(submission, steps, window, probes):
    """Calls overlap, end in any order and fail in any order. The breaker gives permits when its three states say so,
    and at no other time."""
    settings_of_both = {"window": window, "max_failures": (window + 1) // 2, "cool_down": 6, "probes": probes}
    breaker, expected = submission.CircuitBreaker(**settings_of_both), ExpectedBreaker(**settings_of_both)
    now, in_flight, told = 0, [], []
    for step, which, later in steps:
        now += later
        if step == "begin":
            permit, twin = breaker.acquire(now), expected.acquire(now)
            told.append(f"acquire({now})")
            verb = "no permit" if permit is None else "a permit"
            assert (permit is None) == (twin is None), f"{verb} in the end, with {settings_of_both}: {', '.join(told)}"
            if permit is not None:
                told[-1] += f" -> p{len(told)}"
                in_flight.append((permit, twin, f"p{len(told)}"))
        elif in_flight:
            permit, twin, name = in_flight.pop(which % len(in_flight))
            told.append(f"record({name}, {step == 'ok'}, {now})")
            breaker.record(permit, step == "ok", now)
            expected.record(twin, step == "ok", now)


@pytest.mark.task(1)
def test_two_breakers_know_nothing_of_each_other(submission):
    """Each model has a breaker of its own. When one of them is down, the other is what everybody needs."""
    broken, well = breaker_of(submission), breaker_of(submission)
    ends(broken, 0.0, False, False)
    assert refuses(broken, 1.0)
    assert not refuses(well, 1.0)


# Task 2: answers for whoever asks the same

ASKED = {"id": 1, "tenant": "kitchen-1", "prompt_version": "v7", "question": "Is 9 °C too warm?", "deadline": 4.0}


def request_of(submission, **changes):
    return submission.Request(**{**ASKED, **changes})


def filled(submission, ttl=60.0, **changes):
    """A cache that was given one answer, at 100.0."""
    cache = submission.AnswerCache(ttl)
    cache.put(request_of(submission, **changes), "large", "Yes.", 100.0)
    return cache


@pytest.mark.task(2)
@pytest.mark.parametrize(
    "question",
    ["Is 9 °C too warm?", "IS 9 °c TOO WARM?", "  Is 9 °C too warm?\n", "Is  9\t°C\n too   warm?"],
    ids=["same", "case", "ends", "between"],
)
def test_knows_a_question_however_it_is_typed(submission, question):
    """People type the same question in many ways. Each spelling that is taken for a new question is a call that
    somebody pays for."""
    cache = filled(submission)
    other = request_of(submission, id=2, question=question, deadline=999.0)
    assert cache.get(other, "large", 101.0) == "Yes."


@pytest.mark.task(2)
def test_folds_case_as_unicode_does(submission):
    """`lower()` leaves "Straße" and "STRASSE" apart; `casefold()` is made for comparing."""
    cache = filled(submission, question="Kühlkette Hauptstraße?")
    assert cache.get(request_of(submission, question="KÜHLKETTE HAUPTSTRASSE?"), "large", 101.0) == "Yes."


@pytest.mark.task(2)
@pytest.mark.parametrize(
    "changes",
    [
        {"tenant": "kitchen-2"},
        {"tenant": "Kitchen-1"},
        {"prompt_version": "v8"},
        {"question": "Is -9 °C too warm?"},
        {"question": "Is 9 °C too warm"},
        {"question": "Is 90 °C too warm?"},
        {"question": "Is9 °C too warm?"},
    ],
    ids=["tenant", "tenant_case", "prompt_version", "sign", "mark", "digit", "joined"],
)
def test_gives_an_answer_to_nobody_else(submission, changes):
    """An answer is made of its tenant's data, by one version of the prompt, to one question. Served to another tenant
    it is a leak; served to another question it is wrong: a sign makes the difference between a freezer and a fridge."""
    cache = filled(submission)
    assert cache.get(request_of(submission, **changes), "large", 101.0) is None
    assert cache.get(request_of(submission), "large", 101.0) == "Yes.", "whoever asks the same still gets it"


@pytest.mark.task(2)
@pytest.mark.parametrize("mark", ["", " ", "|", ":", "/", "\n", "\0", ","])
def test_lets_no_two_keys_run_into_each_other(submission, mark):
    """Joined into one text, "a|b" and "c" is the same as "a" and "b|c". A tuple keeps its parts apart."""
    cache = filled(submission, tenant=f"a{mark}b", prompt_version="c", question="d")
    for tenant, version, question in [("a", f"b{mark}c", "d"), ("a", "b", f"c{mark}d"), (f"a{mark}b{mark}c", "", "d")]:
        other = request_of(submission, tenant=tenant, prompt_version=version, question=question)
        assert cache.get(other, "large", 101.0) is None, f"tenant {tenant!r}, version {version!r}, {question!r}"


@pytest.mark.task(2)
def test_keeps_the_models_apart(submission):
    """In an outage the small model answers. If its answers pass for those of the large one, everybody gets them for as
    long as they are kept, though the large one is well again."""
    cache = filled(submission)
    request = request_of(submission)
    assert cache.get(request, "small", 101.0) is None
    cache.put(request, "small", "Perhaps.", 102.0)
    assert cache.get(request, "large", 103.0) == "Yes."
    assert cache.get(request, "small", 103.0) == "Perhaps."


@pytest.mark.task(2)
@pytest.mark.parametrize("ttl", [60.0, 0.5])
def test_forgets_an_answer_in_time(submission, ttl):
    """The page that an answer came from may change. `ttl` is how long one may be wrong for that; an answer that is
    asked for often does not stay longer."""
    cache = filled(submission, ttl)
    request = request_of(submission)
    for age in (0.0, ttl / 2, ttl - 0.125):
        assert cache.get(request, "large", 100.0 + age) == "Yes.", f"{age} s old, with a ttl of {ttl} s"
    assert cache.get(request, "large", 100.0 + ttl) is None, f"{ttl} s old is not younger than {ttl} s"


@pytest.mark.task(2)
def test_takes_the_latest_answer(submission):
    """What was asked anew was answered anew: the new text counts, and its age begins with it."""
    cache = filled(submission, ttl=60.0)
    request = request_of(submission)
    cache.put(request, "large", "No.", 140.0)
    assert cache.get(request, "large", 199.0) == "No."


@pytest.mark.task(2)
def test_tells_an_empty_answer_from_none(submission):
    """A model may answer with no text. That is an answer; only None says that nothing is there."""
    cache = submission.AnswerCache(60.0)
    cache.put(request_of(submission), "large", "", 0.0)
    assert cache.get(request_of(submission), "large", 1.0) == ""


# Task 3: room for everybody, and retries as a share


@pytest.mark.task(3)
def test_lets_in_no_more_than_the_limit(submission):
    """What goes beyond a model's slots waits in its queue, and everybody behind it waits longer. A call that is turned
    away has somewhere else to go; one that waits has not."""
    bulkhead = submission.Bulkhead(3, 3)
    assert [bulkhead.enter(tenant) for tenant in ("a", "b", "c", "d")] == [True, True, True, False]
    bulkhead.leave("b")
    assert bulkhead.enter("d"), "one of three has left"
    assert not bulkhead.enter("b"), "three are inside again"


@pytest.mark.task(3)
def test_keeps_room_from_a_tenant_that_floods(submission):
    """One customer's import job sends a hundred questions a second. Without a limit of its own it has all the slots,
    and the others have the outage."""
    bulkhead = submission.Bulkhead(5, 2)
    assert [bulkhead.enter("hot") for _ in range(6)] == [True, True, False, False, False, False]
    assert [bulkhead.enter(tenant) for tenant in ("a", "b", "c", "d")] == [True, True, True, False], (
        "calls that were turned away take no room"
    )
    bulkhead.leave("hot")
    assert bulkhead.enter("hot"), "it has one inside, and there is room"


@pytest.mark.task(3)
def test_notices_a_call_that_leaves_twice(submission):
    """A call that ends twice makes room that is not there, and the limit grows by one each time. Somebody must hear of
    it."""
    bulkhead = submission.Bulkhead(1, 1)
    with raises("ValueError"):
        bulkhead.leave("a")
    assert bulkhead.enter("a")
    with raises("ValueError"):
        bulkhead.leave("b")
    bulkhead.leave("a")
    with raises("ValueError"):
        bulkhead.leave("a")
    assert [bulkhead.enter("b"), bulkhead.enter("b")] == [True, False], "what was refused has changed nothing"


@pytest.mark.task(3)
@settings(max_examples=20)
@given(
    moves=st.lists(st.tuples(st.booleans(), st.sampled_from("abc")), max_size=30),
    limit=st.integers(1, 4),
    per_tenant=st.integers(1, 3),
)
def test_counts_right_whatever_comes(submission, moves, limit, per_tenant):
    """Calls come and go in any order. Both limits hold at every moment, and nobody is turned away below them."""
    bulkhead = submission.Bulkhead(limit, per_tenant)
    inside = Counter()
    for enters, tenant in moves:
        if enters:
            room = inside.total() < limit and inside[tenant] < per_tenant
            assert bulkhead.enter(tenant) is room, (
                f"{tenant!r} enters while {dict(inside)} are inside; limit {limit}, per_tenant {per_tenant}"
            )
            inside[tenant] += room
        elif inside[tenant]:
            bulkhead.leave(tenant)
            inside[tenant] -= 1


@pytest.mark.task(3)
def test_starts_with_a_burst_of_retries(submission):
    """A handful of failures on a quiet morning may all be retried. A thousand may not."""
    budget = submission.RetryBudget(every=10, burst=3)
    assert [budget.spend() for _ in range(5)] == [True, True, True, False, False]


@pytest.mark.task(3)
@pytest.mark.parametrize("every", [1, 3, 10, 49])
def test_earns_one_retry_in_so_many_requests(submission, every):
    """With one retry for ten requests, an outage makes eleven calls out of ten, and not forty. It is earned by the
    tenth request: in floating point, ten times a tenth is a little less than one."""
    budget = submission.RetryBudget(every=every, burst=2)
    assert [budget.spend() for _ in range(3)] == [True, True, False]
    for _ in range(2):
        for _ in range(every - 1):
            budget.earn()
            assert not budget.spend(), f"fewer than {every} requests have earned nothing whole"
        budget.earn()
        assert budget.spend(), f"{every} requests have earned a retry, and asking in between costs nothing"
        assert not budget.spend()


@pytest.mark.task(3)
def test_saves_no_more_than_the_burst(submission):
    """A quiet night must not save up the retries for a storm in the morning."""
    budget = submission.RetryBudget(every=2, burst=3)
    for _ in range(101):
        budget.earn()
    assert [budget.spend() for _ in range(5)] == [True, True, True, False, False]
    assert not submission.RetryBudget(every=1, burst=0).spend(), "a burst of 0 allows none"


@pytest.mark.task(3)
def test_a_full_budget_saves_no_part_of_a_retry(submission):
    """What comes in while the budget is full earns nothing, not even a part: the next retry takes as many requests as
    any other."""
    budget = submission.RetryBudget(every=10, burst=1)
    for _ in range(9):
        budget.earn()
    assert budget.spend()
    for earned in range(1, 10):
        budget.earn()
        assert not budget.spend(), f"{earned} of 10 requests since it was full"
    budget.earn()
    assert budget.spend()


@pytest.mark.task(3)
@settings(max_examples=20)
@given(moves=st.lists(st.booleans(), max_size=40), every=st.integers(1, 6), burst=st.integers(0, 3))
def test_adds_up_whatever_comes(submission, moves, every, burst):
    """Requests and retries come in any order, and parts of a retry are kept until they are a whole one."""
    budget = submission.RetryBudget(every=every, burst=burst)
    held = Fraction(burst)
    for spends in moves:
        if spends:
            assert budget.spend() is (held >= 1), f"it holds {held} retries, with every={every} and burst={burst}"
            held -= held >= 1
        else:
            budget.earn()
            held = min(Fraction(burst), held + Fraction(1, every))


# Task 4: the gateway

USUAL = {
    "large": (20, 6, 2.0),
    "small": (16, 5, 1.0),
    "window": 20,
    "max_failures": 10,
    "cool_down": 20.0,
    "probes": 2,
    "ttl": 300.0,
    "retry_every": 10,
    "retry_burst": 50,
}


def gateway_of(submission, **changes):
    """A gateway with the usual configuration, unless changed. A model's limits are (limit, per_tenant, timeout)."""
    values = {**USUAL, **changes}
    values = {
        **values,
        "large": limits_of(submission, values["large"]),
        "small": limits_of(submission, values["small"]),
    }
    return submission.Gateway(submission.Config(**values))


def limits_of(submission, values):
    limit, per_tenant, timeout = values
    return submission.ModelLimits(limit=limit, per_tenant=per_tenant, timeout=timeout)


class Desk:
    """Asks a gateway question after question, each a new one unless told otherwise."""

    def __init__(self, submission, **changes):
        self.submission = submission
        self.gateway = gateway_of(submission, **changes)
        self.asked = 0

    def ask(self, now, tenant="kitchen-1", question=None, version="v7", patience=60.0):
        """What the gateway says to a request, and the request."""
        self.asked += 1
        question = question or f"What does error E-{self.asked:04} mean?"
        request = self.submission.Request(
            id=self.asked, tenant=tenant, prompt_version=version, question=question, deadline=now + patience
        )
        return said(self.gateway.on_request(request, now)), request

    def tell(self, request, outcome, now, text=""):
        """What the gateway says to the end of the request's call."""
        return said(self.gateway.on_result(request, self.submission.Result(outcome, text), now))

    def answered(self, now, text="Yes.", **asked):
        """Asks something that a model is called for, and lets it answer at once."""
        action, request = self.ask(now, **asked)
        assert action[0] == "Call", f"a request that nothing was cached for got {action}"
        assert self.tell(request, "answer", now, text) == ("Answer", text)

    def fail(self, now, times=1):
        """Requests whose call fails, as does the second if there is one."""
        for _ in range(times):
            action, request = self.ask(now, tenant=f"tenant-{self.asked}")
            while action[0] == "Call":
                action = self.tell(request, "error", now, "503")
            assert action == REJECTED


def said(action):
    """An action as a tuple: its type and its fields, without the reason of a rejection."""
    if not isinstance(action, Record):
        return (action,)
    if type_name(action) != "Reject":
        return (type_name(action), *fields_of(action).values())
    assert isinstance(action.reason, str), "the reason of a Reject is a text"
    return REJECTED


REJECTED = ("Reject",)
LARGE = ("Call", "large", 2.0)
SMALL = ("Call", "small", 1.0)
OPEN_AT_TWO = {"window": 4, "max_failures": 2, "cool_down": 10.0}


@pytest.mark.task(4)
def test_asks_the_large_model_and_keeps_its_answer(submission):
    """The large model is what people pay for. What it has answered once, it need not be asked again."""
    desk = Desk(submission)
    action, request = desk.ask(0.0, question="Is 9 °C too warm?")
    assert action == LARGE
    assert desk.tell(request, "answer", 1.0, "Yes, above 8 °C.") == ("Answer", "Yes, above 8 °C.")
    assert desk.ask(2.0, question="is  9 °C too warm?")[0] == ("Answer", "Yes, above 8 °C.")
    assert desk.ask(2.0, question="Is 9 °C too warm?", patience=0.0)[0] == ("Answer", "Yes, above 8 °C."), (
        "rule 1 comes first: an answer that is there takes no time, so no deadline is too near for it"
    )
    assert desk.ask(301.0, question="Is 9 °C too warm?")[0] == LARGE, "300 s old: it is not kept any longer"


@pytest.mark.task(4)
@pytest.mark.parametrize("outcome", ["error", "timeout"])
def test_gives_a_failed_call_a_second_on_the_small_model(submission, outcome):
    """Whoever asked has lost some seconds, and the model that failed has trouble enough. The small one answers soon."""
    desk = Desk(submission)
    _, request = desk.ask(0.0)
    assert desk.tell(request, outcome, 2.0, "503: try later") == SMALL
    assert desk.tell(request, "answer", 2.5, "Perhaps.") == ("Answer", "Perhaps.")


@pytest.mark.task(4)
def test_stops_at_the_second_call(submission):
    """Two calls failed. A third helps one request in a thousand, and in an outage it is load for all the others."""
    desk = Desk(submission)
    _, request = desk.ask(0.0)
    assert desk.tell(request, "error", 0.1, "503") == SMALL
    assert desk.tell(request, "error", 0.2, "503") == REJECTED
    desk = Desk(submission, large=(1, 1, 2.0))
    desk.ask(0.0, tenant="kitchen-9")
    action, request = desk.ask(0.0)
    assert action == SMALL, "the large model has no room: the first call goes to the small one"
    assert desk.tell(request, "timeout", 1.0) == SMALL, "the first call failed, whichever model it went to"
    assert desk.tell(request, "error", 1.5, "503") == REJECTED


@pytest.mark.task(4)
def test_keeps_no_error(submission):
    """An error that is kept is served to everybody who asks, long after it has passed."""
    desk = Desk(submission)
    _, request = desk.ask(0.0, question="Is 9 °C too warm?")
    desk.tell(request, "error", 0.1, "503: try later")
    desk.tell(request, "error", 0.2, "503: try later")
    assert desk.ask(0.3, question="Is 9 °C too warm?")[0] == LARGE


@pytest.mark.task(4)
def test_serves_the_small_models_answers_as_second_best(submission):
    """What the small model said is kept too: it helps while the large one cannot be asked, and only then."""
    desk = Desk(submission, large=(1, 1, 2.0))
    _, first = desk.ask(0.0)
    action, second = desk.ask(0.0, question="Is 9 °C too warm?")
    assert action == SMALL
    desk.tell(second, "answer", 0.5, "Perhaps.")
    assert desk.ask(0.6, question="Is 9 °C too warm?")[0] == ("Answer", "Perhaps."), "the large model has no room"
    desk.tell(first, "answer", 0.7, "Yes.")
    action, third = desk.ask(0.8, question="Is 9 °C too warm?")
    assert action == LARGE, "the large model has room again, and has never answered this"
    assert desk.tell(third, "error", 0.9, "503") == ("Answer", "Perhaps."), "its call failed: no second call is needed"


@pytest.mark.task(4)
def test_calls_nobody_for_whoever_has_left(submission):
    """A call may take no longer than somebody waits for it. When the deadline has come, any call is for nobody."""
    desk = Desk(submission)
    assert desk.ask(5.0, patience=0.5)[0] == ("Call", "large", 0.5)
    assert desk.ask(5.0, patience=0.0)[0] == REJECTED
    _, request = desk.ask(6.0, patience=2.5)
    assert desk.tell(request, "timeout", 8.0) == ("Call", "small", 0.5)
    _, request = desk.ask(9.0, patience=1.5)
    assert desk.tell(request, "timeout", 10.5) == REJECTED


@pytest.mark.task(4)
def test_moves_over_when_the_large_model_is_full(submission):
    """A full model is no reason to wait and none to fail: the small one has room. Only when both are full is somebody
    turned away, at once, while there is still time to say so. A call that has ended makes room, however it ended."""
    desk = Desk(submission, large=(2, 2, 2.0), small=(1, 1, 1.0))
    (a, first), (b, second), (c, third), (d, _) = [desk.ask(0.0, tenant=f"kitchen-{n}") for n in range(4)]
    assert [a, b, c, d] == [LARGE, LARGE, SMALL, REJECTED]
    desk.tell(first, "answer", 1.0, "Yes.")
    assert desk.tell(second, "timeout", 1.0) == REJECTED, "the small model has no room for its second call"
    assert [desk.ask(1.0, tenant="a")[0], desk.ask(1.0, tenant="b")[0], desk.ask(1.0, tenant="c")[0]] == [
        LARGE,
        LARGE,
        REJECTED,
    ]
    desk.tell(third, "answer", 1.1, "Yes.")
    assert desk.ask(1.2, tenant="d")[0] == SMALL


@pytest.mark.task(4)
def test_holds_a_flood_back_for_the_others(submission):
    """One tenant sends far more than its share. It gets its share, of both models, and the others notice nothing."""
    desk = Desk(submission, large=(8, 3, 2.0), small=(6, 2, 1.0))
    flood = [desk.ask(0.0, tenant="hot")[0] for _ in range(9)]
    assert flood == [LARGE] * 3 + [SMALL] * 2 + [REJECTED] * 4
    others = [desk.ask(0.0, tenant=f"kitchen-{number}")[0] for number in range(5)]
    assert others == [LARGE] * 5


@pytest.mark.task(4)
def test_lets_one_request_learn_from_another(submission):
    """When the large model is down, ten requests have to find that out, and not each one anew. Then it is left alone,
    but for the probes, until it is well again."""
    desk = Desk(submission, window=20, max_failures=10, cool_down=20.0, probes=2)
    for number in range(10):
        action, request = desk.ask(1.0, tenant=f"kitchen-{number}")
        assert action == LARGE, f"{number} failures are not ten"
        assert desk.tell(request, "timeout", 3.0) == SMALL
        desk.tell(request, "answer", 3.2, "Perhaps.")
    assert [desk.ask(22.0, tenant=tenant)[0] for tenant in ("a", "b", "c")] == [SMALL] * 3, "opened at 3.0, for 20 s"
    probes = [desk.ask(23.0, tenant=tenant) for tenant in ("d", "e", "f", "g")]
    assert [action for action, _ in probes] == [LARGE, LARGE, SMALL, SMALL], "half-open, with two probes"
    for _, request in probes[:2]:
        desk.tell(request, "answer", 24.0, "Yes.")
    assert [desk.ask(25.0, tenant=f"tenant-{n}")[0] for n in range(5)] == [LARGE] * 5, "both probes have succeeded"


@pytest.mark.task(4)
def test_forgives_failures_that_are_long_past(submission):
    """On the best of days one call in a hundred fails. Over a day they are hundreds, and none of them is an outage."""
    desk = Desk(submission, **OPEN_AT_TWO)
    for _ in range(3):
        _, request = desk.ask(0.0)
        desk.tell(request, "error", 0.0, "503")
        desk.tell(request, "answer", 0.0, "Perhaps.")
        for _ in range(3):
            desk.answered(0.0)
    assert desk.ask(1.0)[0] == LARGE, "of any four calls to the large model no more than one has failed"


@pytest.mark.task(4)
def test_gives_the_small_model_a_breaker_of_its_own(submission):
    """The small model goes down too. Asking it all the same costs every request its second call and its patience."""
    desk = Desk(submission, **OPEN_AT_TWO)
    desk.fail(0.0, times=2)
    assert desk.ask(1.0)[0] == REJECTED, "two calls to each model have failed, and both breakers are open"
    action, request = desk.ask(10.0)
    assert action == LARGE, "the cool_down of both is over"
    assert desk.tell(request, "error", 10.1, "503") == SMALL


@pytest.mark.task(4)
def test_loses_no_probe(submission):
    """A permit that no call follows is never recorded, and a breaker that waits for its probe waits for ever: the
    model is well, and nobody is sent to it. Ask for room first and for the permit last."""
    desk = Desk(submission, **OPEN_AT_TWO, probes=2, large=(1, 1, 2.0))
    for _ in range(2):
        _, request = desk.ask(0.0)
        assert desk.tell(request, "error", 0.0, "503") == SMALL
        desk.tell(request, "answer", 0.0, "Perhaps.")
    action, probe = desk.ask(10.0)
    assert action == LARGE, "half-open: the first of two probes"
    assert desk.ask(10.0)[0] == SMALL, "the large model has room for one call only"
    desk.tell(probe, "answer", 11.0, "Yes.")
    assert desk.ask(11.5)[0] == LARGE, "there is room again, and one of two probes has not been made"


@pytest.mark.task(4)
def test_keeps_no_room_for_calls_that_were_not_made(submission):
    """A request that the breaker keeps away has not gone in. Room that is taken for it never becomes free."""
    desk = Desk(submission, **OPEN_AT_TWO, probes=1, large=(2, 2, 2.0))
    for _ in range(2):
        _, request = desk.ask(0.0)
        desk.tell(request, "error", 0.0, "503")
        desk.tell(request, "answer", 0.0, "Perhaps.")
    for number in range(4):
        assert desk.ask(1.0, tenant=f"tenant-{number}")[0] == SMALL, "the breaker of the large model is open"
    assert desk.ask(10.0)[0] == LARGE, "nothing is in flight to the large model, and its cool_down is over"


@pytest.mark.task(4)
def test_retries_no_more_than_the_budget_allows(submission):
    """The budget is for all requests together. One retry in so many requests cannot become a storm."""
    desk = Desk(submission, retry_every=3, retry_burst=1)
    second = []
    for _ in range(8):
        _, request = desk.ask(0.0)
        second.append(desk.tell(request, "error", 0.0, "503"))
        if second[-1] == SMALL:
            desk.tell(request, "answer", 0.0, "Perhaps.")
    assert second == [SMALL, REJECTED, REJECTED, SMALL, REJECTED, REJECTED, SMALL, REJECTED], (
        "one retry to begin with, and another for every three requests that come in"
    )


@pytest.mark.task(4)
def test_a_timeout_counts_whoever_set_it(submission):
    """Two calls hung until their requests' deadlines. That the deadline cut them short says nothing good about the
    model: nothing came. Left out, or taken for well, such timeouts keep calls coming to a model that hangs."""
    desk = Desk(submission, **OPEN_AT_TWO)
    for now in (0.0, 1.0):
        action, request = desk.ask(now, patience=1.0)
        assert action == ("Call", "large", 1.0), "what is left until the deadline"
        assert desk.tell(request, "timeout", now + 1.0) == REJECTED, "the deadline has come"
    assert desk.ask(3.0)[0] == SMALL, "two of the last four calls to the large model have failed: its breaker is open"


@pytest.mark.task(4)
def test_a_call_that_has_ended_takes_no_room(submission):
    """The first call is over when the second is decided. Counted as inside until then, a request competes with itself
    for the last place, and is turned away from an empty room."""
    desk = Desk(submission, large=(1, 1, 2.0), small=(1, 1, 1.0))
    assert desk.ask(0.0, tenant="kitchen-2")[0] == LARGE, "it takes the only place at the large model"
    action, request = desk.ask(0.0)
    assert action == SMALL
    assert desk.tell(request, "error", 0.5, "503") == SMALL, "its call to the small model has ended: the place is free"


@pytest.mark.task(4)
def test_earns_with_each_request(submission):
    """The budget is a share of the requests that come in: of those, too, that the cache answers and of those that are
    turned away."""
    desk = Desk(submission, retry_every=2, retry_burst=1)
    desk.answered(0.0, question="Is 9 °C too warm?")
    for others in ({"question": "Is 9 °C too warm?"}, {"patience": 0.0}, {"patience": 0.0}):
        _, request = desk.ask(1.0)
        assert desk.tell(request, "error", 1.0, "503") == SMALL, "two requests have come in since the last retry"
        desk.tell(request, "answer", 1.0, "Perhaps.")
        assert desk.ask(1.0, **others)[0] != LARGE


@pytest.mark.task(4)
def test_spends_no_retry_where_none_is_needed(submission):
    """A retry is for a second call. An answer from the cache is none, and for whoever has left there is none."""
    desk = Desk(submission, retry_every=1000, retry_burst=1, large=(1, 1, 2.0))
    _, first = desk.ask(0.0)
    _, second = desk.ask(0.0, question="Is 9 °C too warm?")
    desk.tell(second, "answer", 0.5, "Perhaps.")
    desk.tell(first, "answer", 0.5, "Yes.")
    _, request = desk.ask(1.0, question="Is 9 °C too warm?")
    assert desk.tell(request, "error", 1.0, "503") == ("Answer", "Perhaps.")
    _, request = desk.ask(2.0, patience=1.0)
    assert desk.tell(request, "timeout", 3.0) == REJECTED
    _, request = desk.ask(4.0)
    assert desk.tell(request, "error", 4.0, "503") == SMALL, "the one retry of the budget has not been used yet"


@pytest.mark.task(4)
def test_spends_a_retry_that_finds_no_room(submission):
    """Rule 4 comes before rule 5: the retry is gone, whether or not the small model has room. That is on the safe side:
    where there is no room, more retries are the last thing that helps."""
    desk = Desk(submission, retry_every=1000, retry_burst=1, large=(2, 1, 2.0), small=(1, 1, 1.0))
    (_, first), (_, second), (_, third) = [desk.ask(0.0, tenant=tenant) for tenant in ("a", "b", "c")]
    assert desk.tell(first, "error", 0.5, "503") == REJECTED, "the small model is busy with the third request"
    desk.tell(third, "answer", 0.6, "Perhaps.")
    assert desk.tell(second, "error", 0.7, "503") == REJECTED, "the small model has room, and the budget is spent"


@pytest.mark.task(4)
def test_two_gateways_know_nothing_of_each_other(submission):
    """What one gateway has cached, counted and closed is its own. State that classes share outlives them, and shows up
    in another test, or another tenant."""
    busy = Desk(submission, **OPEN_AT_TWO, large=(2, 1, 2.0), retry_burst=2)
    busy.answered(0.0, question="Is 9 °C too warm?")
    busy.fail(0.0, times=2)
    fresh = Desk(submission, **OPEN_AT_TWO, large=(2, 1, 2.0), retry_burst=2)
    action, request = fresh.ask(1.0, question="Is 9 °C too warm?")
    assert action == LARGE
    assert fresh.tell(request, "error", 1.0, "503") == SMALL


# Task 4: what it makes of traffic

SUCCESS, P99, CENTS, AMPLIFICATION, FULL = 0.995, 2.0, 0.73, 1.2, 0.9


def play(submission, driver, scenario, tell_moves=False, **changes):
    """The report of a scenario, played on the other side against a gateway with this configuration."""
    values = {**USUAL, **changes}
    rules = {"limits": {name: values[name][:2] for name in ("large", "small")}}
    rules |= {name: values[name] for name in ("ttl", "retry_every", "retry_burst")}
    gateway = gateway_of(submission, **changes)
    return driver.play(gateway, submission.Request, submission.Result, scenario, rules, tell_moves)


def breaches_of(report, *kinds):
    """What was breached, told by its first case; all kinds unless some are named."""
    return [
        f"{first} ({times:,} times in all)"
        for kind, (times, first) in report.breaches.items()
        if not kinds or kind in kinds
    ]


def missed(report):
    """A sentence or two for each promise that the run has broken."""
    numbers = report.numbers
    told = breaches_of(report)
    if numbers.success < SUCCESS:
        told.append(f"success: {numbers.success:.3%} of requests were answered, and 99.5 % are asked. {losses(report)}")
    if numbers.p99 > P99:
        told.append(
            f"latency: 99 of 100 answers took up to {numbers.p99:.2f} s, and 2.00 s are allowed. {slow(report)}"
        )
    if numbers.cents > CENTS:
        told.append(f"cost: {numbers.cents:.3f} cents for each answer, and 0.73 are allowed. {spending(report)}")
    if numbers.amplification > AMPLIFICATION:
        told.append(
            f"amplification: {numbers.amplification:.2f} calls for each request that made any, and 1.2 are allowed. "
            f"{multiplying(report)}"
        )
    if numbers.full < FULL:
        told.append(
            f"quality: {numbers.full:.1%} of requests in normal times got an answer of the large model, and 90 % are "
            f"asked. {poor(report)}"
        )
    return told


def when(phase):
    return f"from {phase.start:.0f} s to {phase.end:.0f} s ({phase.what})"


def calls_to(phase, model="large"):
    return f"{phase.calls[model]:,} calls went to the {model} model, of which {phase.failed_calls[model]:,} failed"


def losses(report):
    phase = max(report.phases, key=lambda phase: phase.failed)
    reasons = ", ".join(f"{reason}: {times:,}" for reason, times in sorted(phase.reasons.items(), key=lambda r: -r[1]))
    return (
        f"Most were lost {when(phase)}: {phase.failed:,} of {phase.requests:,}. Reasons then, all tenants: "
        f"{reasons}. {calls_to(phase)}; {calls_to(phase, 'small')}."
    )


def slow(report):
    phase = max(report.phases, key=lambda phase: phase.slow)
    return (
        f"Most of the slow ones began {when(phase)}: {phase.slow:,} of {phase.answered:,} answers took longer. "
        f"{calls_to(phase)}."
    )


def spending(report):
    phase = max(report.phases, key=lambda phase: phase.cents)
    return (
        f"Most was spent {when(phase)}: {phase.calls['large']:,} calls to the large model and {phase.calls['small']:,} "
        f"to the small one, for {phase.answered:,} answers."
    )


def multiplying(report):
    phase = max(report.phases, key=lambda phase: phase.further_calls)
    return f"Most of the further calls were made {when(phase)}: {phase.further_calls:,}. {calls_to(phase)}."


def poor(report):
    normal = [phase for phase in report.phases if phase.normal]
    phase = min(normal, key=lambda phase: phase.full / max(1, phase.requests))
    return (
        f"Fewest got one {when(phase)}: {phase.full:,} of {phase.requests:,}, and {phase.calls['large']:,} calls "
        "went to the large model, which was well."
    )


@pytest.mark.task(4)
@pytest.mark.parametrize("scenario", ["quiet", "outage", "slow", "hot", "spike", "combined"])
def test_holds_the_service_level(submission, driver, scenario):
    """A million users notice each of five numbers: success, latency, cost, amplification, quality. Each is easy to
    reach by giving up another. They have to hold together, on the quiet day and on the bad ones."""
    report = play(submission, driver, scenario)
    broken = missed(report)
    assert not broken, f"in the scenario {scenario!r}:\n" + "\n".join(broken)


@pytest.mark.task(4)
def test_serves_only_what_was_asked(submission, driver):
    """In a minute of traffic with a new prompt version half-way and errors in between, each answer is one that a model
    gave to the same tenant, for the same prompt version, to the same question, a short while ago."""
    report = play(submission, driver, "sample", ttl=12.0)
    wrong = breaches_of(report, "other tenant", "other version", "other question", "stale", "invented")
    assert not wrong, "\n".join(wrong)
    assert sum(phase.answered for phase in report.phases) > 500, "most of about 600 requests get an answer"


@pytest.mark.task(4)
def test_keeps_to_its_limits_in_traffic(submission, driver):
    """Two models with few slots, and more traffic than they can take: at no moment is a call too many in flight."""
    report = play(submission, driver, "sample", large=(4, 2, 2.0), small=(2, 1, 1.0))
    beyond = breaches_of(report, "limit", "tenant limit", "deadline")
    assert not beyond, "\n".join(beyond)
    assert sum(phase.answered for phase in report.phases) > 300, "there is room for well over half of the requests"


@pytest.mark.task(4)
def test_stays_within_the_budget_without_a_breaker(submission, driver):
    """A breaker needs some failures before it knows. The budget is there for what the breaker does not see: here it
    is set so high that it never opens, and the outage must not multiply the calls."""
    report = play(submission, driver, "sample", window=100_000, max_failures=100_000, retry_burst=5)
    over = breaches_of(report, "budget")
    assert not over, "\n".join(over)
    assert sum(phase.further_calls for phase in report.phases) >= 20, "what the budget allows may be used"


class OverTheWire:
    """A gate of the simulation that asks the submission's gateway call by call."""

    def __init__(self, submission, gateway):
        self.submission = submission
        self.gateway = gateway
        self.requests = {}

    def ask(self, arrival, now):
        request = self.requests[arrival.id] = self.submission.Request(
            arrival.id, arrival.tenant, arrival.prompt_version, arrival.question, arrival.deadline
        )
        return self.move(self.gateway.on_request(request, now), "on_request")

    def tell(self, arrival, outcome, text, now):
        result = self.submission.Result(outcome, text)
        return self.move(self.gateway.on_result(self.requests[arrival.id], result, now), "on_result")

    def move(self, action, method):
        return simulation().move_of(type_name(action), action, method)


@pytest.mark.task(4)
def test_decides_the_same_when_asked_one_by_one(submission, driver):
    """The runs above take place beside your code. This one is repeated from outside, event by event: the gateway has
    to make the same moves, so it may depend on nothing but its configuration and what it is told."""
    core = simulation()
    first = 500
    report = play(submission, driver, "sample", tell_moves=True)
    here = core.simulate(core.SCENARIOS["sample"], OverTheWire(submission, gateway_of(submission)), most_events=first)
    for number, (one_by_one, beside) in enumerate(zip(here.moves, report.moves, strict=False)):
        assert one_by_one == tuple(beside), f"move {number}: {one_by_one} when asked from outside, {beside} before"
    assert len(here.moves) == first
