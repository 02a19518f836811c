"""Grader for m4_agents/e07_human_approval."""

import json
import re
import sqlite3
from contextlib import closing

import pytest

from gradus.grading import fields_of, raises, type_name
from gradus.sim import Reply, ServerError, ToolCall

REQUEST = "Credit C-1042 with 98 euros for two dead sensors"
CREDIT = {"customer_id": "C-1042", "cents": 9800, "reason": "two dead sensors"}
DEVICE = {"device_id": "CT210-0077"}


class Systems:
    """Billing, devices and the approvers' inbox: they remember what they are asked and told."""

    def __init__(self, sim, folder):
        self.sim = sim
        self.folder = folder
        self.ran = []  # (name, arguments, key) of each call of run_tool
        self.told = []  # each Pending that the approvers were notified of
        self.failures = []  # what the next calls of run_tool raise, one after the other

    def run_tool(self, name, arguments, key):
        self.ran.append((name, arguments, key))
        if self.failures:
            raise self.failures.pop(0)
        return f"{name} done"

    def notify(self, pending):
        self.told.append(pending)

    def desk(self, submission, file="checkpoints.sqlite"):
        client = self.sim.client(max_retries=0)
        return submission.Desk(self.folder / file, client, self.run_tool, self.notify)

    def desk_elsewhere(self, submission):
        """The desk of a process that has nothing but a copy of what was committed to the checkpoint file."""
        here, there = (sqlite3.connect(self.folder / file) for file in ("checkpoints.sqlite", "elsewhere.sqlite"))
        with closing(here), closing(there):
            here.backup(there)
        return self.desk(submission, "elsewhere.sqlite")


@pytest.fixture
def systems(sim, tmp_path):
    return Systems(sim, tmp_path)


def calls(name, arguments, call_id=None):
    """The model's reply that calls one tool."""
    return Reply(tool_calls=[ToolCall(name, arguments, call_id)])


def credit_waits(submission, sim, systems):
    """A desk, and what `propose` returned there for a credit of 98 euros that agent-7 asked for in thread T-1."""
    desk = systems.desk(submission)
    sim.script(calls("issue_credit", CREDIT))
    return desk, submission.propose(desk, "T-1", "agent-7", REQUEST)


# Task 1


@pytest.mark.task(1)
@pytest.mark.parametrize(
    ("there", "back"),
    [
        (CREDIT, dict(reversed(CREDIT.items()))),
        ({"swaps": [1, [{"old": "A", "new": None}]]}, {"swaps": [1, [{"new": None, "old": "A"}]]}),
    ],
    ids=["top", "nested"],
)
def test_key_order_makes_no_difference(submission, there, back):
    """A call comes back from a file or a web page with its keys in another order. It is still what was shown."""
    shown = submission.digest_of("T-1", submission.Call("call_1", "issue_credit", there))
    assert submission.digest_of("T-1", submission.Call("call_1", "issue_credit", back)) == shown


@pytest.mark.task(1)
@pytest.mark.parametrize(
    "arguments",
    [
        {**CREDIT, "cents": 98000},
        {**CREDIT, "cents": "9800"},
        {**CREDIT, "reason": "two dead sensors "},
        {"customer_id": "C-1042", "cents": 9800},
    ],
    ids=["amount", "type", "space", "missing"],
)
def test_other_arguments_have_another_digest(submission, arguments):
    """A digest that two different calls share lets an approval of one carry out the other."""
    shown = submission.digest_of("T-1", submission.Call("call_1", "issue_credit", CREDIT))
    assert submission.digest_of("T-1", submission.Call("call_1", "issue_credit", arguments)) != shown


@pytest.mark.task(1)
@pytest.mark.held_out
def test_nested_values_count(submission):
    """What lies deep in the arguments is executed too, so it belongs to what was approved."""
    digests = {
        submission.digest_of("T-1", submission.Call("c", "swap", {"devices": devices}))
        for devices in (["A", "B"], ["B", "A"], ["A, B"], [["A"], "B"], {"A": "B"}, ["A", "B", None])
    }
    assert len(digests) == 6, "six different calls have six different digests"


@pytest.mark.task(1)
def test_the_digest_names_the_tool(submission):
    """The same arguments mean one thing to one tool and another to the next."""
    digests = {
        submission.digest_of("T-1", submission.Call("c", name, DEVICE))
        for name in ("deactivate_device", "reset_device")
    }
    assert len(digests) == 2, "two different digests"


@pytest.mark.task(1)
def test_the_digest_names_this_one_proposal(submission):
    """Asking for the same credit again is a new proposal. The approval of an earlier one must not fit it."""
    digests = {
        submission.digest_of(thread_id, submission.Call(call_id, "issue_credit", CREDIT))
        for thread_id, call_id in (("T-1", "call_1"), ("T-1", "call_2"), ("T-2", "call_1"))
    }
    assert len(digests) == 3, "three different digests"


@pytest.mark.task(1)
def test_no_text_passes_for_the_border_of_two(submission):
    """A separator is of no use if the parts may contain it. Escape it, as JSON does, or write each part's length."""
    for separator in ("", "\n", "\0", ":", "|", " ", ",", '"', '","'):
        long = f"a{separator}a"
        digests = {
            submission.digest_of(thread_id, submission.Call(call_id, name, {}))
            for thread_id, call_id, name in ((long, "a", "a"), ("a", long, "a"), ("a", "a", long))
        }
        assert len(digests) == 3, f"three digests if thread, id or name is {long!r} and the other two are 'a'"


@pytest.mark.task(1)
def test_the_digest_is_a_sha256(submission):
    """Other processes and systems compare digests. Python's own hash() differs from one process to the next."""
    digest = submission.digest_of("T-1", submission.Call("call_1", "issue_credit", CREDIT))
    assert re.fullmatch("[0-9a-f]{64}", digest), "64 lowercase hexadecimal digits"


# Task 2


@pytest.mark.task(2)
def test_a_change_waits_for_a_person(submission, sim, systems):
    """A click on Reject does not bring the money back. Nothing is executed before somebody has decided."""
    _, waiting = credit_waits(submission, sim, systems)
    assert systems.ran == [], "no tool was run"
    assert type_name(waiting) == "Pending"
    assert (waiting.thread_id, waiting.requester) == ("T-1", "agent-7")
    assert (waiting.call.name, waiting.call.arguments) == ("issue_credit", CREDIT)
    assert waiting.digest == submission.digest_of("T-1", waiting.call)


@pytest.mark.task(2)
def test_every_tool_but_the_harmless_waits(submission, sim, systems):
    """A list of dangerous tools is out of date when the next tool is added. List the harmless ones; all others wait."""
    desk = systems.desk(submission)
    sim.script(calls("close_account", {"customer_id": "C-7"}))
    assert type_name(submission.propose(desk, "T-2", "agent-7", "C-7 has gone out of business")) == "Pending"
    assert systems.ran == [], "no tool was run"


@pytest.mark.task(2)
def test_reading_needs_no_approval(submission, sim, systems):
    """Approvers who are asked about everything soon approve everything. What changes nothing goes straight through."""
    desk = systems.desk(submission)
    sim.script(calls("lookup_account", {"customer_id": "C-7"}, "call_7"))
    outcome = submission.propose(desk, "T-3", "agent-7", "What plan is C-7 on?")
    assert fields_of(outcome) == {"status": "answered", "text": "lookup_account done"}
    key = submission.digest_of("T-3", submission.Call("call_7", "lookup_account", {"customer_id": "C-7"}))
    assert systems.ran == [("lookup_account", {"customer_id": "C-7"}, key)]
    assert (systems.told, submission.pending(desk, "T-3")) == ([], None)


@pytest.mark.task(2)
def test_an_answer_in_words_is_passed_on(submission, sim, systems):
    """Not every request calls for a tool. What the model said is then the outcome, and there is nothing to decide."""
    desk = systems.desk(submission)
    sim.script("Credits are booked in cents.")
    outcome = submission.propose(desk, "T-4", "agent-7", "What unit are credits in?")
    assert fields_of(outcome) == {"status": "answered", "text": "Credits are booked in cents."}
    assert (systems.ran, systems.told, submission.pending(desk, "T-4")) == ([], [], None)


@pytest.mark.task(2)
def test_approvers_hear_of_it_and_see_it(submission, sim, systems):
    """A proposal that nobody knows of waits for ever. Notification and screen both show what is to be decided."""
    desk, waiting = credit_waits(submission, sim, systems)
    assert systems.told == [waiting]
    assert submission.pending(desk, "T-1") == waiting
    assert sim.ledger.calls == 1, "the model was asked once"


@pytest.mark.task(2)
def test_another_process_sees_what_waits(submission, sim, systems):
    """People decide after lunch, and you deploy before. What only this process remembers is gone by then."""
    _, waiting = credit_waits(submission, sim, systems)
    assert submission.pending(systems.desk_elsewhere(submission), "T-1") == waiting


@pytest.mark.task(2)
def test_threads_do_not_mix(submission, sim, systems):
    """Many conversations wait at the same time. What one of them proposes is no other one's business."""
    desk, waiting = credit_waits(submission, sim, systems)
    sim.script(calls("deactivate_device", DEVICE))
    other = submission.propose(desk, "T-2", "agent-8", "CT210-0077 was stolen")
    assert (submission.pending(desk, "T-1"), submission.pending(desk, "T-2")) == (waiting, other)
    assert submission.pending(desk, "T-unknown") is None


@pytest.mark.task(2)
def test_a_new_request_does_not_replace_what_waits(submission, sim, systems):
    """LangGraph lets new input replace a pending interrupt without a word. The approver would lose what they saw."""
    desk, waiting = credit_waits(submission, sim, systems)
    with raises("ApprovalPending"):
        submission.propose(desk, "T-1", "agent-7", "And what plan is C-1042 on?")
    assert sim.ledger.calls == 1, "the model was not asked again"
    assert submission.pending(desk, "T-1") == waiting
    assert systems.told == [waiting], "one notification"


@pytest.mark.task(2)
def test_a_failed_request_does_not_block_the_thread(submission, sim, systems):
    """A provider's outage is not a pending approval. Whoever takes it for one leaves a thread that nobody can free."""
    desk = systems.desk(submission)
    sim.script(ServerError(503), calls("issue_credit", CREDIT))
    with raises("InternalServerError"):
        submission.propose(desk, "T-1", "agent-7", REQUEST)
    assert submission.pending(desk, "T-1") is None
    assert type_name(submission.propose(desk, "T-1", "agent-7", REQUEST)) == "Pending"


# Task 3


@pytest.mark.task(3)
def test_executes_what_was_shown(submission, sim, systems):
    """Asked again, a model may propose something else. What runs is what the approver read, whatever it says now."""
    desk, waiting = credit_waits(submission, sim, systems)
    sim.otherwise(calls("issue_credit", {**CREDIT, "cents": 98000}))
    outcome = submission.decide(desk, "T-1", "lead-2", "approve", waiting.digest)
    assert systems.ran == [("issue_credit", CREDIT, waiting.digest)]
    assert fields_of(outcome) == {"status": "executed", "text": "issue_credit done"}
    assert sim.ledger.calls == 1, "the model was asked once, before the approval"
    assert submission.pending(desk, "T-1") is None


@pytest.mark.task(3)
@pytest.mark.held_out
def test_arguments_arrive_unchanged(submission, sim, systems):
    """Arguments go through a file and come back. Their types, their nesting and their letters must come back too."""
    desk = systems.desk(submission)
    arguments = {"été": ["1", 1, 1.5, True, None, {"b": {}, "a": []}], "note": "-20 °C ❄"}
    sim.script(calls("replace_sensors", arguments))
    shown = submission.propose(desk, "T-9", "agent-7", "Replace them")
    submission.decide(desk, "T-9", "lead-2", "approve", shown.digest)
    assert [json.dumps(ran[1], sort_keys=True) for ran in systems.ran] == [json.dumps(arguments, sort_keys=True)]


@pytest.mark.task(3)
def test_a_rejection_executes_nothing(submission, sim, systems):
    """A person said no. That ends the proposal: nothing waits any more, and no later click revives it."""
    desk, waiting = credit_waits(submission, sim, systems)
    outcome = submission.decide(desk, "T-1", "lead-2", "reject", waiting.digest)
    assert fields_of(outcome) == {"status": "rejected", "text": ""}
    assert submission.pending(desk, "T-1") is None
    assert submission.decide(desk, "T-1", "lead-3", "approve", waiting.digest) == outcome
    assert systems.ran == [], "no tool was run"


@pytest.mark.task(3)
def test_only_approve_approves(submission, sim, systems):
    """Every text but the empty one is true in Python, "no" among them. Compare with the one word that means yes."""
    desk, waiting = credit_waits(submission, sim, systems)
    for decision in ("no", "yes", "", "Approve", "approve ", "rejected"):
        with raises("ValueError"):
            submission.decide(desk, "T-1", "lead-2", decision, waiting.digest)
    assert systems.ran == [], "no tool was run"
    assert submission.pending(desk, "T-1") == waiting


@pytest.mark.task(3)
def test_nobody_approves_their_own_request(submission, sim, systems):
    """The second pair of eyes is the point of an approval. Whoever asked has only the first."""
    desk, waiting = credit_waits(submission, sim, systems)
    with raises("SelfApproval"):
        submission.decide(desk, "T-1", "agent-7", "approve", waiting.digest)
    assert systems.ran == [], "no tool was run"
    assert submission.pending(desk, "T-1") == waiting


@pytest.mark.task(3)
def test_nobody_rejects_their_own_request(submission, sim, systems):
    """A rejection says that a second person has looked. Who takes their own request back leaves a false record."""
    desk, waiting = credit_waits(submission, sim, systems)
    with raises("SelfApproval"):
        submission.decide(desk, "T-1", "agent-7", "reject", waiting.digest)
    assert submission.pending(desk, "T-1") == waiting


@pytest.mark.task(3)
def test_an_approval_of_something_else_does_not_count(submission, sim, systems):
    """A page left open overnight shows an older proposal. The digest tells what it showed when somebody clicked."""
    desk, waiting = credit_waits(submission, sim, systems)
    other = submission.digest_of("T-1", submission.Call(waiting.call.id, "issue_credit", {**CREDIT, "cents": 4900}))
    with raises("StaleApproval"):
        submission.decide(desk, "T-1", "lead-2", "approve", other)
    assert systems.ran == [], "no tool was run"
    assert submission.pending(desk, "T-1") == waiting


@pytest.mark.task(3)
def test_the_first_decision_stands(submission, sim, systems):
    """People double-click, and two approvers press different buttons. One decision counts; the other hears of it."""
    desk, waiting = credit_waits(submission, sim, systems)
    outcome = submission.decide(desk, "T-1", "lead-2", "approve", waiting.digest)
    assert submission.decide(desk, "T-1", "lead-2", "approve", waiting.digest) == outcome
    assert submission.decide(desk, "T-1", "lead-3", "reject", waiting.digest) == outcome
    assert len(systems.ran) == 1, "the tool was run once"


@pytest.mark.task(3)
def test_a_decided_thread_compares_digests_too(submission, sim, systems):
    """Who decides on something else must not be told how this one ended: they would take it for the end of theirs."""
    desk, waiting = credit_waits(submission, sim, systems)
    submission.decide(desk, "T-1", "lead-2", "approve", waiting.digest)
    with raises("StaleApproval"):
        submission.decide(desk, "T-1", "lead-3", "approve", "0" * 64)


@pytest.mark.task(3)
def test_a_lost_answer_is_asked_for_with_the_same_key(submission, sim, systems):
    """Nobody knows whether the lost call has acted. Only the same idempotency key makes it safe to try again."""
    desk, waiting = credit_waits(submission, sim, systems)
    systems.failures = [ConnectionError("the connection was lost before the answer came")]
    with raises("ConnectionError"):
        submission.decide(desk, "T-1", "lead-2", "approve", waiting.digest)
    assert submission.pending(desk, "T-1") == waiting
    outcome = submission.decide(desk, "T-1", "lead-2", "approve", waiting.digest)
    assert outcome.status == "executed"
    assert systems.ran == [("issue_credit", CREDIT, waiting.digest)] * 2


@pytest.mark.task(3)
def test_an_error_is_not_a_result(submission, sim, systems):
    """A ledger that refuses has booked nothing. Called "executed", the credit is never tried again."""
    desk, waiting = credit_waits(submission, sim, systems)
    systems.failures = [RuntimeError("the ledger is closed for the night")]
    with raises("RuntimeError"):
        submission.decide(desk, "T-1", "lead-2", "approve", waiting.digest)
    assert submission.pending(desk, "T-1") == waiting


@pytest.mark.task(3)
def test_approvers_are_told_once(submission, sim, systems):
    """On resume LangGraph runs the interrupted node from its first line again, and all that stands before the pause."""
    desk, waiting = credit_waits(submission, sim, systems)
    submission.decide(desk, "T-1", "lead-2", "approve", waiting.digest)
    assert systems.told == [waiting], "one notification"


@pytest.mark.task(3)
def test_every_proposal_needs_its_own_decision(submission, sim, systems):
    """An approval is for one call, not for a thread. The same request made again needs a decision of its own."""
    desk, waiting = credit_waits(submission, sim, systems)
    submission.decide(desk, "T-1", "lead-2", "approve", waiting.digest)
    sim.script(calls("issue_credit", CREDIT))
    again = submission.propose(desk, "T-1", "agent-7", REQUEST)
    assert type_name(again) == "Pending"
    with raises("StaleApproval"):
        submission.decide(desk, "T-1", "lead-2", "approve", waiting.digest)
    assert len(systems.ran) == 1, "the first credit was booked, the second waits"


@pytest.mark.task(3)
def test_there_must_be_something_to_decide(submission, sim, systems):
    """Resuming a thread that LangGraph does not know starts it. A decision on nothing is an error, not a start."""
    desk = systems.desk(submission)
    with raises("NothingPending"):
        submission.decide(desk, "T-5", "lead-2", "approve", "0" * 64)
    sim.script(calls("lookup_account", {"customer_id": "C-7"}))
    submission.propose(desk, "T-5", "agent-7", "What plan is C-7 on?")
    with raises("NothingPending"):
        submission.decide(desk, "T-5", "lead-2", "approve", "0" * 64)
    assert len(systems.ran) == 1, "the look-up"


@pytest.mark.task(3)
def test_a_failed_request_cannot_be_approved(submission, sim, systems):
    """A look-up that failed leaves its call behind, but nobody was asked to approve it. `pending` says None as well."""
    desk = systems.desk(submission)
    sim.script(calls("lookup_account", {"customer_id": "C-7"}))
    systems.failures = [RuntimeError("accounts are being moved")]
    with raises("RuntimeError"):
        submission.propose(desk, "T-6", "agent-7", "What plan is C-7 on?")
    with raises("NothingPending"):
        submission.decide(desk, "T-6", "lead-2", "approve", systems.ran[0][2])
    assert len(systems.ran) == 1, "the look-up that failed"


@pytest.mark.task(3)
def test_another_process_carries_out_the_decision(submission, sim, systems):
    """The process that proposed may be gone. Whatever the decision needs is in the checkpoint file."""
    _, waiting = credit_waits(submission, sim, systems)
    outcome = submission.decide(systems.desk_elsewhere(submission), "T-1", "lead-2", "approve", waiting.digest)
    assert outcome.status == "executed"
    assert systems.ran == [("issue_credit", CREDIT, waiting.digest)]
