"""Grader for m1_engineering/e12_versioned_artifacts."""

import hashlib
import json
import re
import shutil
import sqlite3
from contextlib import closing
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gradus.grading import raises
from gradus.sim import Reply, models

SYSTEM = "Answer briefly.\nNever promise a caf\u00e9 a refund."
PROMPT = {"system": SYSTEM, "user": "Question: {question}", "examples": [{"q": "Is 9 °C too warm?", "a": "Yes."}]}
OUTPUT = {
    "type": "object",
    "properties": {"answer": {"type": "string"}},
    "required": ["answer"],
    "additionalProperties": False,
}
QUESTION = " How cold may {it} get?\n"
TEXT = ' {"answer": "-20 °C"}\n'

names = st.text('aZ1 \n"\\\0\u007f\u00e9e\u0301\uff5e🧊', max_size=4)  # by code point, 🧊 comes after \uff5e
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | names,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=3),
    max_leaves=6,
)


def canonical(content):
    """The canonical text of some content, as the contract has it."""
    if isinstance(content, dict):
        return "{" + ",".join(f"{canonical(key)}:{canonical(content[key])}" for key in sorted(content)) + "}"
    if isinstance(content, list):
        return "[" + ",".join(map(canonical, content)) + "]"
    return json.dumps(content, ensure_ascii=False)


def sha256(content):
    return hashlib.sha256(canonical(content).encode()).hexdigest()


def is_exactly(value, expected):
    """Whether two values are equal down to the types of their numbers: 1, 1.0 and True are equal in Python."""
    return canonical(value) == canonical(expected)


# Task 1: the hash of some content


@pytest.mark.task(1)
def test_the_hash_is_what_others_compute(submission):
    """Other services and next year's release compute the same hash. Python's own hash() differs from one process to the
    next, and repr() may from one version to the next."""
    assert submission.content_hash({"b": [1, 2.0], "a": "8 °C"}) == (
        "cfd426d0b00ddce63bbb91c3c80b2eb4b1dbc511e786f245bc8d656ea5f0f6d6"
    ), 'the SHA-256 of the 24 characters {"a":"8 °C","b":[1,2.0]} in UTF-8'


@pytest.mark.task(1)
def test_the_hash_has_all_its_digits(submission):
    """A hash that was cut sooner or later stands for two contents, and is equal to nobody else's."""
    for content in (None, {}, PROMPT):
        digest = submission.content_hash(content)
        assert re.fullmatch("[0-9a-f]{64}", digest), f"64 lowercase hexadecimal digits, not {digest!r}"


@pytest.mark.task(1)
def test_key_order_makes_no_difference(submission):
    """The same prompt comes from a file, a form or a database with its keys in any order. It is still the same prompt,
    and the same inside its lists and dicts."""
    there = {"system": SYSTEM, "limits": {"low": 2, "high": 8}, "examples": [{"q": "a", "a": "b"}]}
    back = {"examples": [{"a": "b", "q": "a"}], "limits": {"high": 8, "low": 2}, "system": SYSTEM}
    assert submission.content_hash(there) == submission.content_hash(back) == sha256(there)


@pytest.mark.task(1)
@pytest.mark.parametrize(
    "system",
    [
        SYSTEM + " ",
        SYSTEM.replace("\n", " "),
        SYSTEM.replace("\n", "\r\n"),
        SYSTEM.replace(".\n", ".\n\n"),
        SYSTEM.lower(),
        SYSTEM.replace("\u00e9", "e\u0301"),
    ],
    ids=["space", "joined", "crlf", "blank_line", "case", "other_code_points"],
)
def test_every_edit_of_a_template_has_another_hash(submission, system):
    """One space is enough to change what a model answers, and so are two code points that look like one letter. An edit
    that the hash does not see is an edit that nobody finds."""
    assert submission.content_hash({"system": system}) != submission.content_hash({"system": SYSTEM})
    assert submission.content_hash({"system": system}) == sha256({"system": system})


@pytest.mark.task(1)
@pytest.mark.parametrize(
    "different",
    [[1, 1.0, True, "1", [1]], [0, 0.0, -0.0, False, None, ""], [{}, {"a": None}, {"a": "None"}, []], [[1, 2], [2, 1]]],
    ids=["ones", "nothings", "missing", "order"],
)
def test_values_of_other_types_are_other_content(submission, different):
    """To Python 1, 1.0 and True are equal; in a request they are not, and neither are null, 0 and a missing key."""
    hashes = [submission.content_hash({"value": value}) for value in different]
    assert len(set(hashes)) == len(different), f"{len(different)} hashes for {different}"
    assert hashes == [sha256({"value": value}) for value in different]


@pytest.mark.task(1)
@pytest.mark.held_out
@settings(max_examples=30)
@given(value=values)
def test_any_json_has_its_hash(submission, value):
    """Artifacts hold whatever people put into them: deep nesting, empty lists, odd keys, every script."""
    assert submission.content_hash(value) == sha256(value)


@pytest.mark.task(1)
@pytest.mark.parametrize(
    "value",
    [(1, 2), {1: "a"}, {None: "a"}, float("nan"), float("-inf"), {1, 2}, b"a", date(2026, 9, 1), Decimal("1.5")],
    ids=["tuple", "int_key", "none_key", "nan", "inf", "set", "bytes", "date", "decimal"],
)
@pytest.mark.parametrize("wrap", [lambda value: value, lambda value: {"a": [{"b": value}]}], ids=["top", "inside"])
def test_refuses_what_json_would_change(submission, value, wrap):
    """json.dumps writes a tuple as a list and the key 1 as "1", and default=str writes a date as its text. So two
    contents get one hash, and what comes back from a file is not what was hashed."""
    with raises("NotJsonError"):
        submission.content_hash(wrap(value))


@pytest.mark.task(1)
@pytest.mark.parametrize("where", ["value", "key"])
def test_refuses_half_a_character(submission, driver, where):
    """Python's text may hold half of a surrogate pair, as a cut emoji leaves it. No file can, and no request: it is
    refused like all that JSON cannot hold, and not by whichever library meets it first."""
    with raises("NotJsonError"):
        driver.hashed_with_half_a_character(submission.content_hash, where)


# Task 2: the registry


@pytest.mark.task(2)
def test_counts_the_versions_of_each_name(submission, tmp_path):
    """ "The answer prompt, version 2" must mean one thing. How many other prompts there are has no part in it."""
    registry = submission.Registry(tmp_path)
    given_numbers = [registry.publish(name, {"text": text}) for name, text in ["ac", "bc", "ad", "ae", "bd"]]
    assert given_numbers == [1, 1, 2, 3, 2], "versions of a, b, a, a, b"
    assert [registry.get("a", version)["text"] for version in (1, 2, 3)] == ["c", "d", "e"]
    assert (registry.latest("a"), registry.latest("b")) == (3, 2)


@pytest.mark.task(2)
@pytest.mark.parametrize(
    "artifact",
    [
        PROMPT,
        {"numbers": [1, 1.0, True, None, 0.1, -0.0, 2**70]},
        [],
        "text",
        "caf\u00e9 cafe\u0301 🧊\r\n\0",
        "a\u2028b\u2029c\u0085d",
    ],
    ids=["prompt", "numbers", "empty", "text", "letters", "line_separators"],
)
def test_gives_back_what_was_published(submission, tmp_path, artifact):
    """An answer is only explained by the very content that made it: every space of it, every letter, every type."""
    registry = submission.Registry(tmp_path)
    version = registry.publish("artifact", artifact)
    assert is_exactly(registry.get("artifact", version), artifact), f"get gives {artifact!r}"
    assert is_exactly(registry.by_hash(sha256(artifact)), artifact), f"by_hash gives {artifact!r}"


@pytest.mark.task(2)
def test_the_same_content_keeps_its_version(submission, tmp_path):
    """Every deploy publishes all prompts. If that makes new versions of what has not changed, the number says nothing
    any more, and two answers from one prompt seem to come from two."""
    registry = submission.Registry(tmp_path)
    for version in (1, 2, 3):
        registry.publish("prompt", {"text": version, "tone": "kind"})
    assert registry.publish("prompt", {"tone": "kind", "text": 1}) == 1, "its keys are in another order, that is all"
    assert registry.publish("prompt", {"text": 2, "tone": "kind"}, 2) == 2, "with its own number asked for"
    assert registry.latest("prompt") == 3
    assert registry.publish("prompt", {"text": 1.0, "tone": "kind"}) == 4, "1.0 is not 1: this is other content"


@pytest.mark.task(2)
def test_a_published_version_never_changes(submission, tmp_path):
    """All that was answered with version 1 refers to it. Whoever edits it in place rewrites the past, and nobody can
    say any more what was sent."""
    registry = submission.Registry(tmp_path)
    registry.publish("prompt", {"text": "old"})
    registry.publish("other", {"text": "new"})
    with raises("VersionConflictError"):
        registry.publish("prompt", {"text": "new"}, 1)
    assert registry.get("prompt", 1) == {"text": "old"}
    assert registry.latest("prompt") == 1, "what was refused is not stored under another number"
    assert registry.publish("prompt", {"text": "new"}, 2) == 2, "as a version of its own it is welcome"


@pytest.mark.task(2)
def test_content_has_one_version(submission, tmp_path):
    """If one content had two numbers, a hash could not say which version it is. Asking for the second is a mistake that
    somebody wants to hear of."""
    registry = submission.Registry(tmp_path)
    registry.publish("prompt", {"text": "same"})
    with raises("VersionConflictError"):
        registry.publish("prompt", {"text": "same"}, 2)
    assert registry.latest("prompt") == 1
    assert registry.publish("elsewhere", {"text": "same"}, 2) == 2, "another name counts by itself"


@pytest.mark.task(2)
def test_the_highest_number_is_the_latest(submission, tmp_path):
    """As text, "10" comes before "9". As files, the newest is what was copied last. A version is a number, and the
    latest is the highest."""
    registry = submission.Registry(tmp_path)
    for version in (9, 10, 3):
        assert registry.publish("prompt", {"text": version}, version) == version
    assert registry.latest("prompt") == 10
    assert registry.publish("prompt", {"text": "next"}) == 11, (
        "one more than the highest, whatever numbers are left out"
    )
    assert registry.get("prompt", 3) == {"text": 3}


@pytest.mark.task(2)
def test_a_name_is_any_text(submission, tmp_path):
    """People put slashes, dots and umlauts into names. A name is no file name and no pattern: it may neither leave the
    folder nor match another one."""
    folder = tmp_path / "registry"
    registry = submission.Registry(folder)
    all_names = ["answer", "Answer", "answer-short", "answer/short", "../answer", "/answer", "answer@1", "a_swer", "%"]
    all_names += [
        "7",
        "007",
        "7.0",
        "1e3",
        "1000",
        "answer1",
        "answer.json",
        "answer ",
        "'; --",
        "*",
        ".",
        "..",
        "réponse",
        "re\u0301ponse",
        "🧊",
    ]
    for place, name in enumerate(all_names):
        assert registry.publish(name, {"text": place}) == 1, f"the first version of {name!r}"
    assert [registry.get(name, 1)["text"] for name in all_names] == list(range(len(all_names)))
    assert [path.name for path in tmp_path.iterdir()] == ["registry"], "nothing is written outside of the folder"


@pytest.mark.task(2)
def test_finds_content_by_its_whole_hash(submission, tmp_path):
    """A log line from last year has a hash and nothing else. It finds its content under any name; the beginning of a
    hash finds nothing, because one day it would find the wrong one."""
    registry = submission.Registry(tmp_path)
    for name, artifact in [("prompt", PROMPT), ("output", OUTPUT), ("copy", PROMPT)]:
        registry.publish(name, artifact)
    assert registry.by_hash(sha256(PROMPT)) == PROMPT
    assert registry.by_hash(sha256(OUTPUT)) == OUTPUT
    for digest in (sha256("never published"), sha256(PROMPT)[:16], "", "%"):
        with raises("UnknownArtifactError"):
            registry.by_hash(digest)


@pytest.mark.task(2)
def test_says_what_it_does_not_have(submission, tmp_path):
    """A typo in a name must not be answered with something else, nor with a None that goes to the model as a prompt."""
    registry = submission.Registry(tmp_path)
    with raises("NotJsonError"):
        registry.publish("prompt", {**PROMPT, "limits": (2, 8)})
    with raises("UnknownArtifactError"):
        registry.latest("prompt")
    registry.publish("prompt", PROMPT, 2)
    for name, version in [("prompt", 1), ("prompt", 3), ("prompts", 2)]:
        with raises("UnknownArtifactError"):
            registry.get(name, version)
    with raises("UnknownArtifactError"):
        registry.latest("prompts")
    assert registry.get("prompt", 2) == PROMPT, "what was published is there"


@pytest.mark.task(2)
def test_every_process_sees_the_same(submission, tmp_path):
    """The deploy publishes, a hundred web servers read. What one object remembers by itself the others don't know, and
    a number that it remembers has been given away meanwhile."""
    here = submission.Registry(tmp_path / "made" / "when" / "needed")
    there = submission.Registry(tmp_path / "made" / "when" / "needed")
    assert [registry.publish("prompt", place) for place, registry in enumerate([here, there, here, there])] == [
        1,
        2,
        3,
        4,
    ]
    assert (here.latest("prompt"), there.get("prompt", 3)) == (4, 2)
    copied = submission.Registry(shutil.copytree(tmp_path / "made" / "when" / "needed", tmp_path / "copied"))
    assert (copied.latest("prompt"), copied.get("prompt", 1)) == (4, 0), "a copy of the folder is a copy of all of it"
    with raises("UnknownArtifactError"):
        submission.Registry(tmp_path / "empty").latest("prompt")


@pytest.mark.task(2)
def test_nobody_shares_what_is_published(submission, driver, tmp_path):
    """Callers add a line to the dict they have just published, or to the one they got. That must change their copy and
    nobody else's."""
    registry = submission.Registry(tmp_path)
    assert driver.published(registry.publish, "prompt", PROMPT) == 1
    assert driver.read_often(registry.get, ["prompt", 1]) == [PROMPT] * 3
    assert driver.read_often(registry.by_hash, [sha256(PROMPT)]) == [PROMPT] * 3
    assert registry.get("prompt", 1) == PROMPT


def tampered(folder, to, edit=b"Answer at will."):
    """A copy of a registry's folder in which somebody has edited a prompt; None if its text is nowhere to be found."""
    copied, found = shutil.copytree(folder, to), False
    for file in [path for path in copied.rglob("*") if path.is_file() and path.read_bytes()[:6] == b"SQLite"]:
        with closing(sqlite3.connect(file)) as db:  # what is still in a write-ahead log goes into the file
            db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    for file in [path for path in copied.rglob("*") if path.is_file()]:
        content = file.read_bytes()
        found = found or b"Answer briefly." in content
        file.write_bytes(content.replace(b"Answer briefly.", edit))
    return copied if found else None


@pytest.mark.task(2)
def test_notices_what_was_edited_in_the_folder(submission, tmp_path):
    """A hot fix by hand, straight in the folder, is the edit that no code refuses. The hash tells: better no answer
    than one that claims a prompt it was not made with."""
    registry = submission.Registry(tmp_path / "registry")
    registry.publish("prompt", PROMPT)
    registry.publish("output", OUTPUT)
    assert submission.Registry(shutil.copytree(tmp_path / "registry", tmp_path / "intact")).get("prompt", 1) == PROMPT
    folder = tampered(tmp_path / "registry", tmp_path / "edited")
    if folder is None:  # stored in a way that no editor gets at
        return
    edited = submission.Registry(folder)
    with raises("CorruptArtifactError"):
        edited.get("prompt", 1)
    with raises("CorruptArtifactError"):
        edited.by_hash(sha256(PROMPT))
    assert edited.get("output", 1) == OUTPUT, "what was left alone is still there"


@pytest.mark.task(2)
def test_notices_an_edit_that_leaves_no_json(submission, tmp_path):
    """An edit by hand may lose a quotation mark. That is a corrupt artifact like any other, and whoever verifies a
    record has to hear so, not which character the parser did not expect."""
    submission.Registry(tmp_path / "registry").publish("prompt", PROMPT)
    folder = tampered(tmp_path / "registry", tmp_path / "edited", edit=b'Answer brie"ly.')
    if folder is None:
        return
    with raises("CorruptArtifactError"):
        submission.Registry(folder).get("prompt", 1)


# Task 3: migrations

V1 = {"question": QUESTION, "text": TEXT, "model": "sim-large", "prompt": "answer@3", "temperature": 0}
V2 = {
    "schema_version": 2,
    "question": QUESTION,
    "text": TEXT,
    "model": "sim-large",
    "prompt": "answer@3",
    "params": {"temperature": 0},
}
V3 = {
    "schema_version": 3,
    "question": QUESTION,
    "text": TEXT,
    "model": {"asked": "sim-large", "returned": None},
    "prompt": {"name": "answer", "version": 3, "hash": None},
    "output": None,
    "params": {"temperature": 0},
}


@pytest.mark.task(3)
@pytest.mark.parametrize("record", [V1, {**V1, "schema_version": 1}, V2, V3], ids=["bare", "1", "2", "3"])
def test_brings_every_version_to_the_newest(submission, record):
    """Logs are kept for years, and nobody rewrites them. Whoever reads one has to understand all that was ever written:
    records from before there was a version, too."""
    assert submission.migrate(record) == V3


@pytest.mark.task(3)
def test_renames_within_each_source(submission):
    """A list of dicts is migrated one by one: in order, all of them, with what else they hold."""
    old = [{"page": "help/b", "score": 0.5}, {"page": "help/a", "spans": [[1, 2]]}]
    new = [{"id": "help/b", "score": 0.5}, {"id": "help/a", "spans": [[1, 2]]}]
    for record, expected in [
        ({**V1, "sources": old}, new),
        ({**V2, "sources": old}, new),
        ({**V3, "sources": new}, new),
    ]:
        assert submission.migrate(record)["sources"] == expected
    assert submission.migrate({**V2, "sources": []})["sources"] == []


@pytest.mark.task(3)
def test_splits_the_prompt_at_the_last_at(submission):
    """Names are any text, "@" included. What follows the last one is the version, and a version is a number."""
    for prompt, name, version in [("eu@answer@12", "eu@answer", 12), ("short@1", "short", 1), ("@home@0", "@home", 0)]:
        migrated = submission.migrate({**V2, "prompt": prompt})
        assert migrated["prompt"] == {"name": name, "version": version, "hash": None}


@pytest.mark.task(3)
def test_says_that_nobody_recorded_it(submission):
    """The log says which name was asked for, and that is no model: which one answered nobody knows now. A guess that
    looks like a record is worse than None."""
    for asked in ("sim-large", "sim-small-2026-03"):
        for record in (V1, V2):
            assert submission.migrate({**record, "model": asked})["model"] == {"asked": asked, "returned": None}


@pytest.mark.task(3)
@pytest.mark.parametrize("record", [V1, V2, V3], ids=["1", "2", "3"])
def test_keeps_fields_it_does_not_know(submission, record):
    """Another team has written its ticket number into the record. You don't need it; they do. Dropped once, it is gone
    for good."""
    unknown = {"ticket": "T-17", "tags": [], "reviewed": None, "eu": {"legal_hold": True, "price": 1.0}, "": 0}
    expected = {**V3, **unknown}
    assert is_exactly(submission.migrate({**record, **unknown}), expected), f"all of {unknown} is still there"


@pytest.mark.task(3)
def test_migrating_twice_is_migrating_once(submission):
    """A job that died halfway is run again, over records that are done and records that are not. Milliseconds that are
    divided by 1000 twice are still a plausible number, and nobody notices."""
    for record in (V1, V2, {**V1, "sources": [{"page": "help/a"}]}, {**V2, "ticket": "T-17"}):
        once = submission.migrate(record)
        assert submission.migrate(once) == once
        assert once["schema_version"] == 3
    for record in ({**V1, "latency": 1840}, {**V2, "latency": 1.84}, {**V3, "latency": 1.84}):
        once = submission.migrate(record)
        assert (once["latency"], submission.migrate(once)["latency"]) == (1.84, 1.84), "1840 ms are 1.84 s, and stay so"
    assert submission.migrate({**V1, "latency": 1840.25})["latency"] == 1.84025, "divided by 1000, and not rounded"


@pytest.mark.task(3)
@pytest.mark.held_out
@settings(max_examples=20)
@given(
    text=st.text("a@é ", max_size=4),
    temperature=st.sampled_from([0, 0.0, 1, 0.7, None]),
    latency=st.none() | st.integers(1, 10**6),
    pages=st.none() | st.lists(st.sampled_from(["help/a", "help/b", ""]), max_size=3),
    others=st.dictionaries(st.sampled_from(["x", "y", ""]), st.sampled_from([None, 0, 1.0, [], [{"page": 1}], "@"])),
    version=st.integers(0, 10**6),
)
def test_migrates_any_record(submission, text, temperature, latency, pages, others, version):
    """Years of logs hold every combination of fields. Whatever was there has its place in the new record, and what was
    not there stays away."""
    first = {"question": text, "text": text, "model": text, "prompt": f"{text}@{version}", "temperature": temperature}
    last = {
        "schema_version": 3,
        "question": text,
        "text": text,
        "model": {"asked": text, "returned": None},
        "prompt": {"name": text, "version": version, "hash": None},
        "output": None,
        "params": {"temperature": temperature},
        **others,
    }
    second = {"schema_version": 2, **{key: first[key] for key in ("question", "text", "model", "prompt")}}
    second |= {"params": {"temperature": temperature}, **others}
    first |= others
    if latency is not None:
        first["latency"], second["latency"], last["latency"] = latency, latency / 1000, latency / 1000
    if pages is not None:
        first["sources"] = second["sources"] = [{"page": page, **others} for page in pages]
        last["sources"] = [{"id": page, **others} for page in pages]
    for record in (first, second, last):
        assert is_exactly(submission.migrate(record), last), f"{record} becomes {last}"


@pytest.mark.task(3)
@pytest.mark.parametrize("found", [4, 40, 0, -1, "3", "2", 3.0, 1.0, True, None], ids=repr)
def test_refuses_a_version_it_does_not_know(submission, found):
    """A record from next month's release means something that this code cannot know. Read as if it were today's, it is
    read wrongly and perhaps written back."""
    with raises("UnsupportedSchemaError") as caught:
        submission.migrate({**V3, "schema_version": found})
    assert is_exactly(caught.error.fields["found"], found), f"found is {found!r}"


@pytest.mark.task(3)
def test_goes_by_the_version_and_not_by_the_fields(submission):
    """A field that a later version no longer has may be there again: somebody else's, of another meaning. Only the
    number says what was converted already."""
    probe = {**V2, "temperature": 9.5, "sources": [{"page": "help/a"}]}
    expected = {**V3, "temperature": 9.5, "sources": [{"id": "help/a"}]}
    assert submission.migrate(probe) == expected, "the temperature is no parameter here: version 2 has those in params"
    newest = {**V3, "temperature": 9.5, "sources": [{"id": "help/a", "page": 7}]}
    assert submission.migrate(newest) == newest


@pytest.mark.task(3)
@pytest.mark.parametrize("record", [V1, V2, V3], ids=["1", "2", "3"])
def test_leaves_its_input_alone(submission, driver, record):
    """The caller still holds the old record, to compare or to write back if the rest of the batch fails. If they share
    a list with the new one, an edit of either is an edit of both."""
    key = "id" if record is V3 else "page"
    given_record = {**record, "sources": [{key: "help/a", "spans": [[1, 2]]}], "eu": {"hold": [True]}}
    seen = driver.migrated(submission.migrate, given_record)
    assert seen.called == given_record, "the record is after the call what it was before"
    assert seen.edited == given_record, "an edit of the result changes nothing in the record"
    assert seen.result == submission.migrate(given_record)


# Task 4: what made an answer


def stocked(submission, folder):
    """A registry with versions 1 and 2 of the prompt "answer", and versions 1 and 2 of the output schema "short"."""
    registry = submission.Registry(folder)
    registry.publish("answer", PROMPT)
    registry.publish("answer", {**PROMPT, "system": "Answer at length."})
    registry.publish("short", {**OUTPUT, "title": "Short"})
    registry.publish("short", OUTPUT)
    return registry


def recipe_of(submission, model="sim-large", params=None, **versions):
    return submission.Recipe("answer", "short", model, {"temperature": 0} if params is None else params, **versions)


def ask(submission, sim, registry, recipe, question=QUESTION):
    return submission.ask(sim.client(max_retries=0), registry, question, recipe)


def made(**changes):
    """The record of an answer, made by hand."""
    record = {
        "schema_version": 3,
        "question": QUESTION,
        "text": TEXT,
        "model": {"asked": "sim-large", "returned": "sim-large-2026-09"},
        "prompt": {"name": "answer", "version": 2, "hash": sha256("a prompt")},
        "output": {"name": "short", "version": 1, "hash": sha256("a schema")},
        "params": {"temperature": 0, "seed": 7},
    }
    return {**record, **changes}


@pytest.mark.task(4)
def test_asks_with_what_is_published(submission, sim, tmp_path):
    """The record is only true if the request was made of the very artifacts that it names."""
    sim.script(TEXT)
    ask(submission, sim, stocked(submission, tmp_path), recipe_of(submission, params={"temperature": 0.5, "seed": 7}))
    assert sim.ledger.calls == 1
    assert sim.ledger.exchanges[0].request == {
        "model": "sim-large",
        "messages": [
            {"role": "system", "content": "Answer at length."},
            {"role": "user", "content": f"Question: {QUESTION}"},
        ],
        "response_format": {
            "type": "json_schema",
            "json_schema": {"name": "answer", "schema": OUTPUT, "strict": True},
        },
        "temperature": 0.5,
        "seed": 7,
    }


@pytest.mark.task(4)
def test_the_record_holds_all_that_made_the_answer(submission, sim, tmp_path):
    """Next year somebody asks where this answer came from. What is not in the record is lost: content goes by its hash,
    the number is for people."""
    sim.script(TEXT)
    registry = stocked(submission, tmp_path)
    record = ask(submission, sim, registry, recipe_of(submission, params={"temperature": 0, "seed": 7}))
    expected = {
        "schema_version": 3,
        "question": QUESTION,
        "text": TEXT,
        "model": {"asked": "sim-large", "returned": "sim-large-2026-09"},
        "prompt": {"name": "answer", "version": 2, "hash": sha256({**PROMPT, "system": "Answer at length."})},
        "output": {"name": "short", "version": 2, "hash": sha256(OUTPUT)},
        "params": {"temperature": 0, "seed": 7},
    }
    assert record == expected
    assert is_exactly(record, expected), "numbers keep their type: 0 is not 0.0"


@pytest.mark.task(4)
@pytest.mark.parametrize("asked", ["sim-small", "sim-large", "sim-small-2026-03", "sim-large-2026-03"])
def test_records_the_model_that_answered(submission, sim, tmp_path, asked):
    """An alias names whatever model is newest at the moment. The completion says which one it was, this time and never
    again."""
    sim.script(TEXT)
    record = ask(submission, sim, stocked(submission, tmp_path), recipe_of(submission, asked))
    assert record["model"] == {"asked": asked, "returned": sim.ledger.exchanges[0].model}


@pytest.mark.task(4)
def test_keeps_to_the_versions_of_the_recipe(submission, sim, tmp_path):
    """Pinning a version is how you go back to what worked. The latest is only for those who ask for no other."""
    sim.script(TEXT, TEXT)
    registry = stocked(submission, tmp_path)
    old_prompt = ask(submission, sim, registry, recipe_of(submission, prompt_version=1))
    old_output = ask(submission, sim, registry, recipe_of(submission, output_version=1))
    assert old_prompt["prompt"] == {"name": "answer", "version": 1, "hash": sha256(PROMPT)}
    assert old_prompt["output"]["version"] == 2
    assert old_output["output"] == {"name": "short", "version": 1, "hash": sha256({**OUTPUT, "title": "Short"})}
    assert old_output["prompt"]["version"] == 2
    requests = [exchange.request for exchange in sim.ledger.exchanges]
    assert requests[0]["messages"][0]["content"] == SYSTEM
    assert requests[1]["response_format"]["json_schema"]["schema"] == {**OUTPUT, "title": "Short"}


@pytest.mark.task(4)
def test_a_refusal_is_an_answer(submission, sim, tmp_path):
    """A model that refuses says nothing in `content`. What made it refuse is worth knowing, so it has a record too."""
    sim.script(Reply(refusal="I can't help with that."))
    record = ask(submission, sim, stocked(submission, tmp_path), recipe_of(submission, params={}))
    assert (record["text"], record["params"]) == ("", {})
    assert record["model"]["returned"] == "sim-large-2026-09"


@pytest.mark.task(4)
def test_asks_nobody_without_its_artifacts(submission, sim, tmp_path):
    """A call whose answer cannot be explained is money spent on something that must not be used."""
    registry = stocked(submission, tmp_path)
    for name, output, versions in [
        ("answers", "short", {}),
        ("answer", "shirt", {}),
        ("answer", "short", {"output_version": 9}),
    ]:
        with raises("UnknownArtifactError"):
            ask(submission, sim, registry, submission.Recipe(name, output, "sim-large", {}, **versions))
    assert sim.ledger.calls == 0


@pytest.mark.task(4)
def test_the_record_keeps_its_own_params(submission, driver, sim, tmp_path):
    """The caller turns the temperature up in the same dict, for the next question. The record of this answer must go on
    saying what this answer was made with."""
    params = {"temperature": 0, "metadata": {"team": "eu"}}
    sim.script(TEXT)
    registry = stocked(submission, tmp_path)
    record = driver.asked(submission.ask, sim.client(), registry, QUESTION, recipe_of(submission, params=params))
    assert record["params"] == params == {"temperature": 0, "metadata": sim.ledger.exchanges[0].request["metadata"]}


@pytest.mark.task(4)
@pytest.mark.held_out
def test_names_the_model_when_an_alias_has_moved(submission, sim, tmp_path, monkeypatch):
    """Nothing of yours has changed since yesterday, and the answers have. The records must be able to say that it was
    the model."""
    sim.script(TEXT, TEXT, TEXT)
    registry = stocked(submission, tmp_path)
    monkeypatch.setitem(models.ALIASES, "sim-large", "sim-large-2026-03")
    yesterday = ask(submission, sim, registry, recipe_of(submission))
    monkeypatch.setitem(models.ALIASES, "sim-large", "sim-large-2026-09")
    today = ask(submission, sim, registry, recipe_of(submission), "May it get wet?")
    later_on = ask(submission, sim, registry, recipe_of(submission, "sim-large-2026-09"))
    assert submission.changed(yesterday, today) == ["model"]
    assert submission.changed(today, later_on) == [], "the same model, asked for by its date"


@pytest.mark.task(4)
def test_says_which_parts_differ(submission):
    """At night somebody looks for what changed between a good answer and a bad one. One word is what they need, for
    each part that did, and none for those that did not."""
    other = {
        "prompt": {"name": "answer", "version": 2, "hash": sha256("another prompt")},
        "output": {"name": "short", "version": 1, "hash": sha256("another schema")},
        "model": {"asked": "sim-large", "returned": "sim-large-2026-03"},
        "params": {"temperature": 0, "seed": 8},
    }
    assert submission.changed(made(), made(text="Other words.", question="Another question?")) == []
    for part, value in other.items():
        assert submission.changed(made(), made(**{part: value})) == [part]
    backwards = dict(reversed(other.items()))
    assert submission.changed(made(), made(**backwards)) == ["prompt", "output", "model", "params"]
    assert submission.changed(made(params=other["params"]), made(prompt=other["prompt"])) == ["prompt", "params"]


@pytest.mark.task(4)
def test_what_it_is_called_is_no_difference(submission):
    """Names and numbers are for people. What the model got is the content, and who answered is the model that was
    returned."""
    renamed = made(
        prompt={"name": "reply", "version": 9, "hash": sha256("a prompt")},
        output={"name": "brief", "version": 4, "hash": sha256("a schema")},
        model={"asked": "sim-large-2026-09", "returned": "sim-large-2026-09"},
        params={"seed": 7, "temperature": 0},
    )
    assert submission.changed(made(), renamed) == []


@pytest.mark.task(4)
def test_params_differ_as_their_hashes_do(submission):
    """Python takes 0, 0.0 and False for equal, and a request does not."""
    params = {"temperature": 0, "seed": 7}
    for other in ({**params, "temperature": 0.0}, {**params, "temperature": False}, {"temperature": 0}, {}):
        assert submission.changed(made(params=params), made(params=other)) == ["params"]


@pytest.mark.task(4)
def test_what_nobody_recorded_counts_as_changed(submission):
    """Two records that don't say which model answered are not two records of the same model. In Python None equals
    None; here it means that nobody knows."""
    assert submission.changed(V2, V2) == ["prompt", "output", "model"]
    assert submission.changed(V1, V3) == ["prompt", "output", "model"], "of any schema version"
    known = {part: made()[part] for part in ("prompt", "output", "model")}
    for part in known:
        unknown = {**V3, **known, part: V3[part]}
        assert submission.changed({**V3, **known}, unknown) == [part]
        assert submission.changed(unknown, {**V3, **known}) == [part]
        assert submission.changed(unknown, unknown) == [part]
    pin_without_hash = {**V3, **known, "output": {"name": "short", "version": 1, "hash": None}}
    assert submission.changed(pin_without_hash, pin_without_hash) == ["output"], "a name and a number are no content"


@pytest.mark.task(4)
def test_what_was_asked_for_is_not_what_answered(submission):
    """An old record names a dated model that was asked for, and nobody wrote down which one answered. That it will have
    been the same is a guess; a record is there so that nobody has to guess."""
    asked_by_date = {**V2, "model": "sim-large-2026-09"}
    assert "model" in submission.changed(asked_by_date, asked_by_date)
    assert submission.changed(made(), made(model={"asked": "sim-large-2026-09", "returned": None})) == ["model"]


@pytest.mark.task(4)
def test_confirms_what_the_registry_has(submission, sim, tmp_path):
    """An old answer is still explained after ten new versions: what counts is the version that it names, not the latest
    one."""
    sim.script(TEXT)
    registry = stocked(submission, tmp_path)
    record = ask(submission, sim, registry, recipe_of(submission, prompt_version=1))
    registry.publish("answer", {**PROMPT, "system": "Sing."})
    assert submission.verify(record, registry) == []
    assert submission.verify({**record, "ticket": "T-17"}, submission.Registry(tmp_path)) == []


@pytest.mark.task(4)
def test_tells_what_the_registry_does_not_confirm(submission, tmp_path):
    """A record that the registry contradicts is a finding, not a crash: of a thousand records an auditor wants the list
    of those that don't hold. Content that was edited in the folder explains no answer that was made before."""
    registry = stocked(submission, tmp_path / "registry")
    good = made(
        prompt={"name": "answer", "version": 1, "hash": sha256(PROMPT)},
        output={"name": "short", "version": 2, "hash": sha256(OUTPUT)},
    )
    assert submission.verify(good, registry) == []
    for part, field, wrong in [
        ("prompt", "hash", sha256({**PROMPT, "system": "Answer at length."})),  # of version 2, which is there too
        ("prompt", "hash", None),
        ("prompt", "version", 7),
        ("output", "version", 1),
        ("output", "name", "brief"),
    ]:
        assert submission.verify({**good, part: {**good[part], field: wrong}}, registry) == [part]
    assert submission.verify({**good, "output": None}, registry) == ["output"]
    assert submission.verify(good, submission.Registry(tmp_path / "empty")) == ["prompt", "output"]
    assert submission.verify({**V2, "prompt": "answer@1"}, registry) == ["prompt", "output"], "no hash was recorded"
    if folder := tampered(tmp_path / "registry", tmp_path / "edited"):
        assert submission.verify(good, submission.Registry(folder)) == ["prompt"]
