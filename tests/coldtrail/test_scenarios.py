"""Agent scenarios: the right effects reach the goal, nothing less does, and what is forbidden can happen."""

import re
import sqlite3
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import get_args

import pytest
import yaml

from gradus.authoring.corpus.errors import SourceError
from gradus.authoring.corpus.scenarios import read_scenarios
from gradus.coldtrail.ops import ops_db
from gradus.coldtrail.scenarios import Category, Check, Forbidden, Principal, Scenario, scenarios
from gradus.coldtrail.store import data_folder

ID = re.compile(r"\b(?:C-\d{3}|T-\d{4}|CR-\d{4}|RMA-\d{4}|INV-\d{5}|SN-\d{2,3}-\d{4}|ST-\d\d)\b")


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return ops_db(tmp_path_factory.mktemp("ops"))


@pytest.fixture
def ops(database: Path) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(database, isolation_level=None)) as connection:
        connection.execute("PRAGMA foreign_keys = ON")
        yield connection


@contextmanager
def after(ops: sqlite3.Connection, statements: Iterable[str]) -> Iterator[None]:
    """The database as these statements leave it, for as long as the block lasts."""
    ops.execute("BEGIN")
    try:
        for statement in statements:
            ops.execute(statement)
        yield
    finally:
        ops.execute("ROLLBACK")


def unmet(ops: sqlite3.Connection, scenario: Scenario) -> list[str]:
    return [check.means for check in scenario.goal if not check.holds(ops)]


def reached(ops: sqlite3.Connection, scenario: Scenario) -> list[str]:
    return [check.means for check in scenario.forbidden if check.holds(ops)]


def test_there_are_forty_of_every_category() -> None:
    assert [scenario.id for scenario in scenarios()] == [f"S-{number:02}" for number in range(1, 41)]
    assert min(Counter(scenario.category for scenario in scenarios())[category] for category in get_args(Category)) >= 2
    assert sum(not scenario.effects for scenario in scenarios()) == 11


def test_before_anything_happens_only_change_nothing_scenarios_are_done(ops: sqlite3.Connection) -> None:
    for scenario in scenarios():
        assert bool(unmet(ops, scenario)) == bool(scenario.effects), scenario.id
        assert reached(ops, scenario) == [], scenario.id


def test_the_right_effects_reach_the_goal_and_nothing_forbidden(ops: sqlite3.Connection) -> None:
    for scenario in scenarios():
        with after(ops, scenario.effects):
            assert unmet(ops, scenario) == [], scenario.id
            assert reached(ops, scenario) == [], scenario.id
            assert ops.execute("PRAGMA foreign_key_check").fetchall() == [], scenario.id


def test_half_of_the_effects_is_not_enough(ops: sqlite3.Connection) -> None:
    for scenario in scenarios():
        for left_out in scenario.effects:
            with after(ops, (effect for effect in scenario.effects if effect != left_out)):
                assert unmet(ops, scenario), f"{scenario.id} is done without: {left_out}"


def test_agents_choose_ids_and_may_take_notes(ops: sqlite3.Connection) -> None:
    """What a scenario leaves open: numbers of new records, internal notes, entries in the audit log."""
    notes = (
        "INSERT INTO audit_log (at, actor, action, target, detail) "
        "VALUES ('2026-10-01T09:40:00Z', 'ST-00', 'ticket.read', 'T-7001', '')",
        "INSERT INTO ticket_notes (ticket_id, author, visibility, body, created_at) "
        "VALUES ('T-7001', 'ST-00', 'internal', 'Looked at.', '2026-10-01T09:40:00Z')",
    )
    for scenario in scenarios():
        renumbered = (re.sub(r"\b(T-7|CR-1|RMA-2)900\b", r"\g<1>955", effect) for effect in scenario.effects)
        with after(ops, (*renumbered, *notes)):
            assert unmet(ops, scenario) == [], scenario.id
            assert reached(ops, scenario) == [], scenario.id


def test_what_is_forbidden_can_happen(ops: sqlite3.Connection) -> None:
    for scenario in scenarios():
        for check in scenario.forbidden:
            with after(ops, [check.violation]):
                assert check.holds(ops), f"{scenario.id}: {check.means}"


def test_a_forbidden_check_answers_even_where_rows_were_deleted(ops: sqlite3.Connection) -> None:
    """Nobody escapes by deleting what would be found: without any rows there is still an answer."""
    schema = ";".join(sql for (sql,) in ops.execute("SELECT sql FROM sqlite_master WHERE type = 'table'"))
    with closing(sqlite3.connect(":memory:")) as empty:
        empty.executescript(schema)
        for scenario in scenarios():
            for check in scenario.forbidden:
                assert empty.execute(check.sql).fetchone() is not None, f"{scenario.id}: {check.means}"


def test_checks_speak_of_what_exists(ops: sqlite3.Connection) -> None:
    known = {
        value
        for table, column in (
            *(("customers", "id"), ("tickets", "id"), ("credit_ledger", "id"), ("rmas", "id")),
            *(("invoices", "id"), ("devices", "serial"), ("staff", "id")),
        )
        for (value,) in ops.execute(f"SELECT {column} FROM {table}")
    }
    for scenario in scenarios():
        said = " ".join((scenario.opening, *(reply.text for reply in scenario.replies)))
        for check in (*scenario.goal, *scenario.forbidden):
            unknown = set(ID.findall(f"{check.sql} {check.equals}")) - known - set(ID.findall(said))
            assert not unknown, f"{scenario.id}: {check.means}"


def test_checks_read_and_return_one_value(ops: sqlite3.Connection) -> None:
    ops.execute("PRAGMA query_only = ON")
    for scenario in scenarios():
        with after(ops, ()):
            for check in (*scenario.goal, *scenario.forbidden):
                rows = ops.execute(check.sql).fetchall()
                assert [len(row) for row in rows] in ([], [1]), f"{scenario.id}: {check.means}"
                assert check.means.endswith(".")


def test_principals_are_who_they_say(ops: sqlite3.Connection) -> None:
    roles = dict(ops.execute("SELECT id, role FROM staff"))
    tenants = dict(ops.execute("SELECT id, tenant_id FROM customers"))
    for scenario in scenarios():
        asker = scenario.principal
        if asker.tenant is None:
            assert roles[asker.id] == asker.role, scenario.id
        else:
            assert tenants[asker.id] == asker.tenant, scenario.id
            assert asker.role in ("site_contact", "tenant_admin")


def test_approvals_come_from_others_and_are_clear(ops: sqlite3.Connection) -> None:
    roles = dict(ops.execute("SELECT id, role FROM staff"))
    decisions = [
        (scenario, reply) for scenario in scenarios() for reply in scenario.replies if reply.asked == "approval"
    ]
    for scenario, reply in decisions:
        assert reply.by is not None
        assert reply.by != scenario.principal.id
        assert roles[reply.by] == "team_lead"
    assert Counter(reply.text.split()[0] for _, reply in decisions) == {"Approved.": 4, "Denied.": 1}


def test_only_tool_trouble_has_trouble() -> None:
    for scenario in scenarios():
        assert (scenario.trouble is not None) == (scenario.category == "tool_trouble"), scenario.id


def test_what_people_write_is_synthetic_and_uneven() -> None:
    said = [
        text for scenario in scenarios() for text in (scenario.opening, *(reply.text for reply in scenario.replies))
    ]
    assert all(
        re.fullmatch(r"@example\.(com|org|net)", mail) for text in said for mail in re.findall(r"@[\w.]+\w", text)
    )
    assert all(phone == "+49 30 5550 0199" for text in said for phone in re.findall(r"\+\d[\d ]+\d", text))
    lengths = sorted(len(scenario.opening) for scenario in scenarios())
    assert lengths[-1] > 3 * lengths[0]
    assert len({scenario.opening for scenario in scenarios()}) == 40


# reading the source


def source(**changes: object) -> dict[str, object]:
    check = {"sql": "SELECT 1", "equals": 1, "means": "True."}
    scenario = {
        "id": "S-01",
        "title": "t",
        "category": "lookup",
        "principal": {"role": "tier_1", "tenant": None, "id": "ST-01"},
        "opening": "o",
        "goal": [check],
        "forbidden": [],
        **changes,
    }
    return {"unchanged": [], "never": [{**check, "violation": "v"}], "scenarios": [scenario]}


def test_what_is_never_allowed_is_forbidden_in_each() -> None:
    assert read_scenarios(source()) == (
        Scenario(
            id="S-01",
            title="t",
            category="lookup",
            principal=Principal("tier_1", None, "ST-01"),
            opening="o",
            goal=(Check("SELECT 1", 1, "True."),),
            forbidden=(Forbidden("SELECT 1", 1, "True.", "v"),),
        ),
    )


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"category": "chat"}, "category"),
        ({"goal": [{"sql": "SELECT 1", "equals": 1}]}, "means"),
        ({"repplies": []}, "repplies"),
        ({"principal": {"role": "boss", "tenant": None, "id": "ST-01"}}, "role"),
    ],
)
def test_a_wrong_source_is_refused(changes: dict[str, object], said: str) -> None:
    with pytest.raises(SourceError, match=said):
        read_scenarios(source(**changes))


def test_an_id_may_stand_once() -> None:
    twice = source()
    twice["scenarios"] = [*twice["scenarios"], *twice["scenarios"]]  # type: ignore[misc]
    with pytest.raises(SourceError, match="S-01 is there twice"):
        read_scenarios(twice)


def test_the_derived_file_is_what_the_source_says() -> None:
    text = (data_folder() / "held_out" / "scenarios.yaml").read_bytes()
    assert read_scenarios(yaml.load(text, yaml.CSafeLoader)) == scenarios()


def test_a_check_without_a_row_does_not_hold(ops: sqlite3.Connection) -> None:
    assert not Check("SELECT status FROM devices WHERE serial = 'SN-999-0001'", "active", "").holds(ops)
