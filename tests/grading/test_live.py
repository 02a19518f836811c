"""The live run: a second run with an endpoint in place of the scripts, reported apart, that changes nothing graded."""

from __future__ import annotations

import json
import stat
from collections.abc import Callable, Mapping
from dataclasses import replace
from importlib import resources
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from typer.testing import CliRunner

from gradus import cli
from gradus.curriculum import Curriculum
from gradus.grading import pool as pool_module
from gradus.grading.live import LiveError, LiveReport, LiveRun, live_run
from gradus.grading.pool import GradingError, Pool
from gradus.grading.reporters import json_report
from gradus.grading.reporters.terminal import Screen, render_live
from gradus.grading.verdicts import Report, TestResult, Verdict
from gradus.sim import Request, Response, Simulator
from tests.command import gradus
from tests.grading.conftest import LIMITS
from tests.grading.samples import WriteSubmission
from tests.sim.endpoint import serving

KEY = "swordfish-0123456789"
ROOT = Path(__file__).resolve().parents[2]
GOOD = """
def add(a, b):
    return a + b

def ask(client, question):
    messages = [{"role": "user", "content": question}]
    return client.chat.completions.create(model="sim-small", messages=messages).choices[0].message.content
"""
SCHEMA = json.loads(resources.files("gradus.grading.reporters").joinpath("report.schema.json").read_text("utf-8"))


@pytest.fixture(autouse=True)
def own_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("GRADUS_LLM", "GRADUS_MODEL", "GRADUS_CASSETTE", "OPENAI_BASE_URL", "OPENAI_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    for name in ("http_proxy", "all_proxy", "HTTP_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def endpoint() -> Simulator:
    simulator = Simulator()
    simulator.otherwise("a live answer")
    return simulator


def by_name(tests: list[TestResult]) -> dict[str, TestResult]:
    return {test.name: test for test in tests}


def everything(live: LiveReport) -> dict[str, TestResult]:
    return by_name([test for result in live.report.exercises for task in result.tasks for test in task.tests])


# One exercise


def test_the_endpoint_answers_in_place_of_the_script(
    house: Curriculum, endpoint: Simulator, write_submission: WriteSubmission
) -> None:
    with Pool(house.exercises, LIMITS, upstream=endpoint) as live:
        tests = by_name(live.examine(house.exercises[0], write_submission(GOOD)))
        bare = GOOD.replace("    messages =", "    from openai import OpenAI\n    client = OpenAI()\n    messages =")
        same = by_name(live.examine(house.exercises[0], write_submission(bare)))
    asks, once = tests["test_asks"], tests["test_asks_once"]
    assert (asks.outcome, asks.returned, asks.expected) == (Verdict.FAILED, "'a live answer'", "'pong'")
    assert once.outcome is Verdict.PASSED
    assert (asks.calls, once.calls, tests["test_adds"].calls) == (1, 1, 0)
    assert asks.tokens == endpoint.ledger[0].prompt_tokens + endpoint.ledger[0].completion_tokens
    assert "user: ping" in asks.transcript
    assert "-> a live answer" in asks.transcript
    assert same["test_asks"].transcript == asks.transcript  # a client that the submission builds reaches it too
    assert endpoint.ledger.calls == 4


def test_a_graded_run_counts_calls_and_tells_what_was_said_only_if_that_failed(
    house: Curriculum, pool: Pool, write_submission: WriteSubmission
) -> None:
    tests = by_name(pool.examine(house.exercises[0], write_submission(GOOD)))
    assert {test.outcome for test in tests.values()} == {Verdict.PASSED}
    assert (tests["test_asks"].calls, tests["test_adds"].calls) == (1, 0)
    assert tests["test_asks"].tokens > 2
    assert tests["test_asks"].cost > 0
    assert {test.transcript for test in tests.values()} == {""}
    talkative = GOOD.replace("choices[0].message.content", "choices[0].message.content.upper()")
    tests = by_name(pool.examine(house.exercises[0], write_submission(talkative)))
    assert "> #1 at 0.00 s: POST /v1/chat/completions" in tests["test_asks"].transcript
    assert "    user: ping\n    -> pong\n" in tests["test_asks"].transcript
    assert tests["test_adds"].transcript == ""


def test_an_endpoint_may_take_its_time(
    house: Curriculum, endpoint: Simulator, write_submission: WriteSubmission, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Clock:
        """The pool's clock, which a slow endpoint moves."""

        late = 0.0

        def monotonic(self) -> float:
            return self.late

    class Slow:
        def handle(self, request: Request) -> Response:
            clock.late += 1000
            return endpoint.handle(request)

    clock = Clock()
    monkeypatch.setattr(pool_module, "time", clock)
    busy = (
        GOOD.replace("    return client", "    answer = client").rstrip()
        + "\n    sum(range(3_000_000))\n    return answer\n"
    )
    with Pool(house.exercises, LIMITS, upstream=Slow()) as slow:
        tests = by_name(slow.examine(house.exercises[0], write_submission(busy)))
    assert "examiner" not in tests
    assert tests["test_asks_once"].outcome is Verdict.PASSED


SPYING = """
import os

def add(a, b):
    with open("/proc/self/environ", "rb") as file:
        started_with = file.read().decode()
    seen = "\\n".join([*map("=".join, os.environ.items()), started_with])
    for word in ("GRADUS_LLM", "GRADUS_MODEL", "GRADUS_CASSETTE", "OPENAI_BASE_URL", "swordfish"):
        if word in seen:
            raise ValueError(word)
    return a + b if os.environ["OPENAI_API_KEY"] == "sim" else None
"""


@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="only Linux tells")
@pytest.mark.parametrize("live", [False, True])
def test_no_submission_sees_the_endpoint_s_variables(
    house: Curriculum,
    endpoint: Simulator,
    write_submission: WriteSubmission,
    monkeypatch: pytest.MonkeyPatch,
    live: bool,
) -> None:
    for name in ("GRADUS_LLM", "GRADUS_MODEL", "GRADUS_CASSETTE", "OPENAI_BASE_URL", "OPENAI_API_KEY"):
        monkeypatch.setenv(name, KEY)
    with Pool(house.exercises, LIMITS, upstream=endpoint if live else None) as pool:
        tests = by_name(pool.examine(house.exercises[0], write_submission(SPYING)))
    assert tests["test_adds"].outcome is Verdict.PASSED, tests["test_adds"].returned


# What the environment asks for


def test_nothing_is_asked_for_by_default() -> None:
    assert live_run({"OPENAI_BASE_URL": "http://localhost/v1", "OPENAI_API_KEY": KEY}, ROOT) is None
    assert live_run({"GRADUS_LLM": ""}, ROOT) is None
    assert live_run({"GRADUS_LLM": "sim"}, ROOT) is None


URL = {"OPENAI_BASE_URL": "http://localhost:1/v1"}
SENSELESS = [
    ({"GRADUS_LLM": "real"}, "GRADUS_LLM is one of sim, live, record, replay, and is set to 'real'."),
    ({"GRADUS_LLM": "live"}, "GRADUS_LLM=live asks an endpoint: set OPENAI_BASE_URL and OPENAI_API_KEY."),
    ({"GRADUS_LLM": "record", **URL}, "GRADUS_LLM=record asks an endpoint: set OPENAI_API_KEY."),
    ({"GRADUS_LLM": "live", "OPENAI_API_KEY": KEY}, "set OPENAI_BASE_URL. The first is like"),
    ({"GRADUS_LLM": "live", "OPENAI_API_KEY": KEY, "OPENAI_BASE_URL": "localhost"}, "http://host/v1"),
    ({"GRADUS_LLM": "live", "OPENAI_API_KEY": "clé", **URL}, "GRADUS_LLM=live: the API key holds"),
    ({"GRADUS_LLM": "replay", "GRADUS_CASSETTE": "/no/such/file"}, "/no/such/file: No such file or directory."),
    ({"GRADUS_LLM": "record", "GRADUS_CASSETTE": "/", "OPENAI_API_KEY": KEY, **URL}, "Cannot write the cassette /"),
]


@pytest.mark.parametrize(("environ", "said"), SENSELESS)
def test_what_makes_no_sense_is_told_before_anything_is_graded(
    monkeypatch: pytest.MonkeyPatch, environ: Mapping[str, str], said: str
) -> None:
    with pytest.raises(LiveError) as caught:
        live_run(environ, ROOT)
    assert said in str(caught.value)
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("gradus.grading.pool.grade", None)
    result = CliRunner().invoke(cli.app, ["grade", "e00"])
    assert result.exit_code == 2
    assert said in result.stderr
    assert result.stdout == ""


# A whole run


Run = Callable[..., LiveReport]


@pytest.fixture
def run(house: Curriculum, write_submission: WriteSubmission, tmp_path: Path) -> Run:
    """Makes a live run of e01_sample; its cassette lies in tmp_path."""

    def make(source: str, **environ: str) -> LiveReport:
        live = LiveRun(environ, tmp_path)
        target = write_submission(source)
        return live.make(house, house.exercises[:1], target, jobs=1, on_result=lambda result: None)

    return make


def document(house: Curriculum, live: LiveReport) -> dict[str, Any]:
    read: dict[str, Any] = json.loads(json_report.render(house, Report("exercises", 0.1, ()), live))
    jsonschema.Draft202012Validator(SCHEMA).validate(read)
    found: dict[str, Any] = read["live"]
    return found


def test_a_key_that_the_endpoint_says_back_goes_nowhere(
    house: Curriculum, run: Run, endpoint: Simulator, tmp_path: Path
) -> None:
    class Echo:
        def handle(self, request: Request) -> Response:
            simulator = Simulator()
            simulator.script(f"You sent {request.headers['authorization']} to us")
            return simulator.handle(request)

    with serving(Echo()) as (url, requests):
        live = run(GOOD, GRADUS_LLM="record", OPENAI_BASE_URL=url, OPENAI_API_KEY=KEY)
    assert requests[0][1]["authorization"] == f"Bearer {KEY}"
    assert everything(live)["test_asks"].returned == "'You sent [key] to us'"
    cassette = (tmp_path / ".gradus" / "cassette.jsonl").read_text(encoding="utf-8")
    assert "You sent [key] to us" in cassette
    for shown in (cassette, json.dumps(document(house, live)), render_live(house, live, Screen(), verbose=True)):
        assert KEY not in shown


def test_the_endpoint_s_own_model_is_asked(run: Run, endpoint: Simulator) -> None:
    with serving(endpoint) as (url, requests):
        live = run(GOOD, GRADUS_LLM="live", OPENAI_BASE_URL=url, OPENAI_API_KEY=KEY, GRADUS_MODEL="sim-large-2026-03")
    assert [json.loads(body)["model"] for _, _, body in requests] == ["sim-large-2026-03"] * 2
    assert live.answered_by == f"sim-large-2026-03 at {url}"
    assert live.cassette == ""


def test_a_request_that_was_not_recorded_is_shown_with_the_nearest(
    house: Curriculum, run: Run, endpoint: Simulator, tmp_path: Path
) -> None:
    with serving(endpoint) as (url, _):
        recorded = run(GOOD, GRADUS_LLM="record", OPENAI_BASE_URL=url, OPENAI_API_KEY=KEY)
    replayed = run(GOOD, GRADUS_LLM="replay")
    assert everything(replayed).keys() == everything(recorded).keys()
    for name, test in everything(recorded).items():
        assert replace(everything(replayed)[name], seconds=0) == replace(test, seconds=0)
    assert replayed.notes == ()
    other = run(GOOD.replace('"content": question', '"content": question + "!"'), GRADUS_LLM="replay")
    (note,) = other.notes
    assert f"is not recorded in {tmp_path}/.gradus/cassette.jsonl" in note
    assert '-    "content": "ping",\n+    "content": "ping!",' in note
    assert '+    "content": "ping!",' in render_live(house, other, Screen())
    assert everything(other)["test_asks"].returned.startswith("raised BadRequestError: ")
    assert document(house, other)["notes"] == [note]


def test_a_run_that_stops_is_told_in_a_note(
    house: Curriculum, run: Run, endpoint: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*args: object, **options: object) -> Report:
        raise GradingError("The worker process does not start.")

    monkeypatch.setattr("gradus.grading.live.grade", fail)
    live = run(GOOD, GRADUS_LLM="live", OPENAI_API_KEY=KEY, **URL)
    assert live.notes == ("The live run could not be finished. The worker process does not start.",)
    assert document(house, live)["exercises"] == []


def test_an_endpoint_that_is_not_there_is_told_by_the_checks(run: Run) -> None:
    live = run(GOOD, GRADUS_LLM="live", OPENAI_API_KEY=KEY, **URL)
    assert "The endpoint at http://localhost:1/v1 was not reached" in everything(live)["test_asks"].returned
    assert everything(live)["test_adds"].outcome is Verdict.PASSED


def test_the_section(house: Curriculum, run: Run, endpoint: Simulator) -> None:
    with serving(endpoint) as (url, _):
        live = run(GOOD.replace("return a + b", 'raise NotImplementedError("Task 1")'),
                   GRADUS_LLM="record", OPENAI_BASE_URL=url, OPENAI_API_KEY=KEY, GRADUS_MODEL="sim-large")  # fmt: skip
    tokens = sum(test.tokens for test in everything(live).values())
    live = replace(live, cassette=str(house.root / ".gradus" / "cassette.jsonl"))
    assert render_live(house, live, Screen(100)) == (
        "\n"
        f"Live, not graded: answered by sim-large at {url}, recorded in\n"
        ".gradus/cassette.jsonl\n"
        "Many checks expect a script's exact words. That those do not hold here is as expected.\n"
        f"  e01 1 check held, 1 did not, 2 to do; 2 calls, {tokens} tokens\n"
    )
    told = render_live(house, live, Screen(100), verbose=True)
    assert "✗ e01 task 2 failed: asks\n" in told
    assert "● e01 task 2 passed: asks once\n  said        #1 at 0.00 s: POST /v1/chat/completions" in told
    assert "-> a live answer" in told
    for width in (20, 40):
        assert max(map(len, render_live(house, live, Screen(width)).splitlines())) <= width


# The command


def graded(file: Path) -> Any:
    """The report without the live run, and without what differs between any two runs."""
    report = json.loads(file.read_text("utf-8"))
    report.pop("live", None)
    return json.loads(json.dumps(report), object_hook=lambda found: {**found, "seconds": 0})


def test_the_command_records_and_replays(endpoint: Simulator, tmp_path: Path) -> None:
    files = {name: tmp_path / f"{name}.json" for name in ("sim", "record", "replay")}
    cassette = tmp_path / "cassette.jsonl"

    def grade(mode: str, **environment: str) -> str:
        arguments = ("grade", "e00", "--target", "solutions", "--strict", "--json", str(files[mode]))
        result = gradus(*arguments, cwd=ROOT, GRADUS_LLM=mode, GRADUS_CASSETTE=str(cassette), **environment)
        assert (result.returncode, result.stderr) == (0, "")
        return result.stdout

    with serving(endpoint) as (url, _):
        board = grade("sim", OPENAI_BASE_URL=url, OPENAI_API_KEY=KEY)
        assert endpoint.ledger.calls == 0
        recorded = grade("record", OPENAI_BASE_URL=url, OPENAI_API_KEY=KEY, GRADUS_MODEL="sim-large")
        asked = endpoint.ledger.calls
    assert asked == 3
    replayed = grade("replay")
    assert recorded.startswith(f"{board}\nLive, not graded: answered by sim-large at {url}")
    assert replayed.startswith(f"{board}\nLive, not graded: answered by the cassette")
    assert recorded.splitlines()[-1] == replayed.splitlines()[-1]
    assert "e00 6 checks held, 2 did not; 3 calls, " in replayed
    assert graded(files["record"]) == graded(files["replay"]) == graded(files["sim"])
    assert json.loads(files["replay"].read_text("utf-8"))["live"]["mode"] == "replay"
    assert stat.S_IMODE(cassette.stat().st_mode) == 0o600
    for file in (cassette, *files.values()):
        assert KEY.encode() not in file.read_bytes()
    assert b"uthorization" not in cassette.read_bytes()
