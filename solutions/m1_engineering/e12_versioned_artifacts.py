"""Versioned artifacts: say of every answer which prompt, which output schema, which model and which parameters made it.

Lesson: modules/m1_engineering/e12_versioned_artifacts.md
Grade:  make grade EX=e12
"""

from __future__ import annotations

import copy
import hashlib
import json
import math
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from openai import OpenAI
from pydantic import BaseModel, ConfigDict, JsonValue

PARTS = ("prompt", "output", "model", "params")
SCHEMA_VERSION = 3


class NotJsonError(TypeError):
    """Content that JSON cannot hold without changing it."""


class VersionConflictError(Exception):
    """A published version cannot become another one."""


class UnknownArtifactError(LookupError):
    """Nothing was published under this name and version, or with this hash."""


class CorruptArtifactError(Exception):
    """What is stored is no longer what was published."""


class UnsupportedSchemaError(Exception):
    """A record whose schema version this code does not know. `found` is what stood there."""

    def __init__(self, found: object) -> None:
        super().__init__(f"schema version {found!r} is not one of 1 to {SCHEMA_VERSION}")
        self.found = found


@dataclass(frozen=True)
class Recipe:
    """What to make answers with.

    Attributes:
        prompt: the name of a prompt in the registry: {"system": text, "user": text with "{question}" in it}.
        output: the name of an output schema in the registry: the JSON schema that answers have to fit.
        model: the model to ask for: an alias such as "sim-large", or a dated model.
        params: further parameters of the request, such as {"temperature": 0}; plain JSON.
        prompt_version: which version of the prompt; None: the latest.
        output_version: which version of the output schema; None: the latest.
    """

    prompt: str
    output: str
    model: str
    params: Mapping[str, Any] = field(default_factory=dict)
    prompt_version: int | None = None
    output_version: int | None = None


class Pin(BaseModel):
    """One version of one artifact. `hash` is that of its content, or None if nobody recorded it."""

    model_config = ConfigDict(frozen=True)

    name: str
    version: int
    hash: str | None


class ModelUse(BaseModel):
    """The name that was asked for, and the dated model that answered: None if nobody recorded it."""

    model_config = ConfigDict(frozen=True)

    asked: str
    returned: str | None


class Provenance(BaseModel):
    """What made an answer: the part of its record that says so. `output` is None if nobody recorded it."""

    model_config = ConfigDict(frozen=True)

    prompt: Pin
    output: Pin | None
    model: ModelUse
    params: dict[str, JsonValue]


def provenance(record: Mapping[str, Any]) -> Provenance:
    """The provenance of an answer, from its record of any schema version. Given: use it as it is.

    Example:
        >>> provenance(record).model.returned
        'sim-large-2026-09'
    """
    return Provenance.model_validate(migrate(record))


def messages_of(prompt: Mapping[str, Any], question: str) -> list[Any]:
    """The messages of a request, from a prompt in the registry and a question. Given: use it as it is."""
    return [
        {"role": "system", "content": prompt["system"]},
        {"role": "user", "content": prompt["user"].replace("{question}", question)},
    ]


def response_format_of(schema: Mapping[str, Any]) -> Any:
    """The `response_format` of a request, from an output schema in the registry. Given: use it as it is."""
    return {"type": "json_schema", "json_schema": {"name": "answer", "schema": schema, "strict": True}}


def content_hash(content: Any) -> str:
    """The hash of some content: the same wherever and whenever it is computed, and another for any other content.

    It is the SHA-256 of the content's canonical text in UTF-8, as 64 lowercase hexadecimal digits. The canonical text
    is the JSON that `json.dumps` writes, with the keys of every object sorted by code point, no space or line break
    between tokens, and characters outside ASCII as themselves, not as \\u escapes. So
        - the order of keys makes no difference, at any depth; the order of a list does;
        - every character of a text counts, spaces and line ends too. No Unicode normalisation: an "é" of one code point
          and one of two are two texts;
        - 1, 1.0, True and "1" are four values, 0.0 and -0.0 are two, and a key with None is not a missing key.

    Args:
        content: None, a bool, an int, a float, a str that UTF-8 can hold, a list of such values, or a dict from str to
            such values.

    Raises:
        NotJsonError: somewhere in it is anything else, which JSON would change or cannot hold: a tuple, a set, bytes,
            a date, a Decimal, a key that is no str, NaN, an infinity, a text or key with half a surrogate pair in it
            ("\\ud800"), any other object.

    Example:
        >>> content_hash({"b": [1, 2.0], "a": "8 °C"})  # the SHA-256 of {"a":"8 °C","b":[1,2.0]}
        'cfd426d0b00ddce63bbb91c3c80b2eb4b1dbc511e786f245bc8d656ea5f0f6d6'
    """
    return _sha256(_canonical(content))


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _canonical(content: Any) -> str:
    _check(content)
    return json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def _check(value: Any) -> None:
    """Refuse what json.dumps would write as something else: a tuple as a list, a key 1 as "1", a NaN as no JSON."""
    if isinstance(value, dict):
        for key, item in value.items():
            if not isinstance(key, str):
                raise NotJsonError(f"the key {key!r} is no str")
            _check(key)
            _check(item)
    elif isinstance(value, list):
        for item in value:
            _check(item)
    elif isinstance(value, float):
        if not math.isfinite(value):
            raise NotJsonError(f"JSON has no {value!r}")
    elif isinstance(value, str):
        try:
            value.encode()
        except UnicodeEncodeError as error:  # half of a character, which Python's text may hold and UTF-8 may not
            raise NotJsonError(f"UTF-8 cannot hold {value!r}") from error
    elif value is not None and not isinstance(value, int):
        raise NotJsonError(f"JSON has no {type(value).__name__}")


class Registry:
    """Published artifacts: prompts, output schemas, whatever is plain JSON. All of it lies in one folder.

    Versions are ints from 1, counted for each name by itself. A published version never changes: within a name, one
    version has one content, and one content has one version. Any number of registries, in this process and in others,
    may be open on a folder, and each sees what the others have published. A copy of the folder is a copy of the
    registry. Two `publish` at the same instant need not be handled.

    Args:
        folder: where it keeps everything; made, with its parents, if it is not there. Nothing is written elsewhere.

    Example:
        >>> registry = Registry(Path("artifacts"))
        >>> registry.publish("greeting", {"system": "Be brief."})
        1
        >>> registry.get("greeting", 1)
        {'system': 'Be brief.'}
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._file = folder / "registry.sqlite"
        with self._transaction() as db:
            # The file itself says that a version has one content and a content one version.
            db.execute(
                "CREATE TABLE IF NOT EXISTS artifacts (name TEXT, version INTEGER, hash TEXT, content TEXT,"
                " PRIMARY KEY (name, version), UNIQUE (name, hash))"
            )

    def publish(self, name: str, artifact: Any, version: int | None = None) -> int:
        """Publish an artifact under a name. The first rule that applies decides:
            1. The name has this content (the same `content_hash`) as some version: that version is returned and nothing
               is written. If `version` asks for another number: VersionConflictError.
            2. `version` is given, and the name has other content as that version: VersionConflictError.
            3. Otherwise it is stored, as `version`, or by default as one more than the highest version of the name so
               far: 1 for the first. Numbers may be left out, and a number below the highest may be filled later.

        What was published stays as it is, whatever the caller does to `artifact` afterwards.

        Args:
            name: any text but the empty one, such as "support/answer". Two names are the same if the texts are equal.
            artifact: content as `content_hash` takes it.
            version: the number it is to have, 1 or more.

        Returns:
            The version that the content has.

        Raises:
            VersionConflictError: by rule 1 or 2; nothing is changed.
            NotJsonError: as `content_hash`; nothing is stored.

        Example:
            >>> registry.publish("greeting", {"system": "Be kind."})
            2
            >>> registry.publish("greeting", {"system": "Be brief."})  # published before, as version 1
            1
        """
        text = _canonical(artifact)
        digest = _sha256(text)
        with self._transaction() as db:
            rows = db.execute("SELECT hash, version FROM artifacts WHERE name = ?", (name,))
            versions: dict[str, int] = dict(rows.fetchall())
            known = versions.get(digest)
            if known is not None:
                if version not in (None, known):
                    raise VersionConflictError(f"{name!r} has this content as version {known}, not {version}")
                return known
            if version in versions.values():
                raise VersionConflictError(f"{name!r} has other content as version {version}")
            number = max(versions.values(), default=0) + 1 if version is None else version
            db.execute("INSERT INTO artifacts VALUES (?, ?, ?, ?)", (name, number, digest, text))
            return number

    def get(self, name: str, version: int) -> Any:
        """The content of one version: equal to what was published, the types of numbers included.

        It is the caller's own: changing it changes nothing that is published.

        Raises:
            UnknownArtifactError: the name has no such version.
            CorruptArtifactError: what the folder holds for it no longer has the hash it was published with.
        """
        return self._read("SELECT hash, content FROM artifacts WHERE name = ? AND version = ?", name, version)

    def by_hash(self, digest: str) -> Any:
        """The content with this hash, published under whatever name. As `get` otherwise.

        Args:
            digest: all 64 digits, as `content_hash` returns them.

        Raises:
            UnknownArtifactError: no content with this hash was published.
            CorruptArtifactError: what the folder holds for it no longer has this hash.
        """
        return self._read("SELECT hash, content FROM artifacts WHERE hash = ?", digest)

    def latest(self, name: str) -> int:
        """The highest version of a name, whenever it was published.

        Raises:
            UnknownArtifactError: the name has no version.
        """
        with self._transaction() as db:
            (highest,) = db.execute("SELECT max(version) FROM artifacts WHERE name = ?", (name,)).fetchone()
        if highest is None:
            raise UnknownArtifactError(f"nothing was published as {name!r}")
        return int(highest)

    def _read(self, query: str, *values: str | int) -> Any:
        with self._transaction() as db:
            row = db.execute(query, values).fetchone()
        if row is None:
            raise UnknownArtifactError(f"nothing was published as {values}")
        digest, text = row
        if _sha256(text) != digest:
            raise CorruptArtifactError(f"the content of {values} is not what was published")
        return json.loads(text)

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        # A connection for each call: nothing is remembered here that another process could have changed.
        with closing(sqlite3.connect(self._file)) as db, db:
            yield db


def migrate(record: Mapping[str, Any]) -> dict[str, Any]:
    """The record of an answer, brought to schema version 3.

    The version stands in the field `schema_version`; a record without that field is of version 1. All versions have
    `question` and `text`, which stay as they are. These fields change; one with a star may be missing, and then nothing
    takes its place:

        field        version 1               version 2                version 3
        temperature  0                       gone: a key of params    -
        params       -                       {"temperature": 0}       as in 2
        latency*     1840, in milliseconds   1.84, in seconds         as in 2
        sources*     as in 2                 [{"page": "help/x"}]     [{"id": "help/x"}]
        prompt       as in 2                 "answer@3"               {"name": "answer", "version": 3, "hash": None}
        model        as in 2                 "sim-large"              {"asked": "sim-large", "returned": None}
        output       -                       -                        None

    In `prompt`, what follows the last "@" is the version. Where version 3 holds None, nobody recorded the value, and
    nobody can say it now. The numbers in `latency` are divided by 1000.

    Every other field is kept as it is, in the record and in each of its sources: it belongs to somebody else. No record
    has such a field of a name that a later version uses. A record of version 3 comes back equal, so migrating twice is
    migrating once.

    Args:
        record: plain JSON. Neither it nor anything in it is changed, and the result shares no list and no dict with it.

    Returns:
        A record with `schema_version` 3.

    Raises:
        UnsupportedSchemaError: `schema_version` is there, and it is not the int 1, 2 or 3. 4 is from the future; "3",
            3.0, True and None are no versions.

    Example:
        >>> migrate({"schema_version": 2, "question": "q", "text": "t", "model": "sim-large", "prompt": "answer@3",
        ...          "params": {}, "team": "eu"})
        {'schema_version': 3, 'question': 'q', 'text': 't', 'model': {'asked': 'sim-large', 'returned': None},
         'prompt': {'name': 'answer', 'version': 3, 'hash': None}, 'params': {}, 'team': 'eu', 'output': None}
    """
    current = copy.deepcopy(dict(record))
    version = current.get("schema_version", 1)
    # True and 1.0 are equal to 1, and are no versions all the same.
    if type(version) is not int or not 1 <= version <= SCHEMA_VERSION:
        raise UnsupportedSchemaError(version)
    for number in range(version, SCHEMA_VERSION):
        current = {**_STEPS[number](current), "schema_version": number + 1}
    return current


def _from_1_to_2(record: dict[str, Any]) -> dict[str, Any]:
    record["params"] = {"temperature": record.pop("temperature")}
    if "latency" in record:
        record["latency"] = record["latency"] / 1000
    return record


def _from_2_to_3(record: dict[str, Any]) -> dict[str, Any]:
    name, _, version = record["prompt"].rpartition("@")
    record["prompt"] = {"name": name, "version": int(version), "hash": None}
    record["model"] = {"asked": record["model"], "returned": None}
    record["output"] = None
    for source in record.get("sources", []):
        source["id"] = source.pop("page")
    return record


# What a step gets is a copy that is its own: it may change it in place.
_STEPS: dict[int, Callable[[dict[str, Any]], dict[str, Any]]] = {1: _from_1_to_2, 2: _from_2_to_3}


def ask(client: OpenAI, registry: Registry, question: str, recipe: Recipe) -> dict[str, Any]:
    """Ask the model, and return the answer as a record that says what made it.

    Prompt and output schema come from the registry, in the version that the recipe names, or else in the latest. One
    request is made: `client.chat.completions.create` with the recipe's model, `messages_of` the prompt,
    `response_format_of` the output schema, and the recipe's params.

    Args:
        client: an OpenAI client.
        registry: where prompt and output schema are published.
        question: what the user asks.
        recipe: what to make the answer with.

    Returns:
        A record of schema version 3, with these fields and no others:
            schema_version: 3.
            question: as it was asked.
            text: the content of the message; "" if it has none, as with a refusal.
            model: {"asked": the recipe's model, "returned": the `model` that the completion names}.
            prompt, output: each {"name": …, "version": the number that was used, "hash": its `content_hash`}.
            params: the recipe's params, in a dict that is the record's own, at every depth.

    Raises:
        UnknownArtifactError, CorruptArtifactError: as the registry does; no request is made.

    Example:
        >>> ask(client, registry, "How cold?", Recipe("answer", "short", "sim-large"))["model"]
        {'asked': 'sim-large', 'returned': 'sim-large-2026-09'}
    """
    prompt, prompt_pin = _pinned(registry, recipe.prompt, recipe.prompt_version)
    output, output_pin = _pinned(registry, recipe.output, recipe.output_version)
    params = copy.deepcopy(dict(recipe.params))
    completion = client.chat.completions.create(
        model=recipe.model,
        messages=messages_of(prompt, question),
        response_format=response_format_of(output),
        **params,
    )
    return {
        "schema_version": SCHEMA_VERSION,
        "question": question,
        "text": completion.choices[0].message.content or "",
        "model": {"asked": recipe.model, "returned": completion.model},
        "prompt": prompt_pin,
        "output": output_pin,
        "params": params,
    }


def _pinned(registry: Registry, name: str, version: int | None) -> tuple[Any, dict[str, Any]]:
    """An artifact, and the pin for it. "The latest" is looked up once: a moment later it may be another one."""
    number = registry.latest(name) if version is None else version
    artifact = registry.get(name, number)
    return artifact, {"name": name, "version": number, "hash": content_hash(artifact)}


def verify(record: Mapping[str, Any], registry: Registry) -> list[str]:
    """Say which artifacts of a record the registry does not confirm.

    It confirms "prompt" and "output" if it has content of the recorded hash under the recorded name and version. It
    does not if that was never published, is other content, or is corrupt, or if the record holds None for the hash or
    for the whole of it.

    Args:
        record: the record of an answer, of any schema version.
        registry: the registry to ask.

    Returns:
        Those of "prompt" and "output", in this order, that are not confirmed; [] if both are.

    Example:
        >>> verify(ask(client, registry, "How cold?", recipe), registry)
        []
    """
    made_by = provenance(record)
    pins = {"prompt": made_by.prompt, "output": made_by.output}
    return [part for part, pin in pins.items() if not _is_confirmed(pin, registry)]


def _is_confirmed(pin: Pin | None, registry: Registry) -> bool:
    if pin is None or pin.hash is None:
        return False
    try:
        return content_hash(registry.get(pin.name, pin.version)) == pin.hash
    except (UnknownArtifactError, CorruptArtifactError):
        return False


def changed(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    """Say which parts differ in what made two answers.

        - "prompt" and "output" differ if their hashes do. Name and version play no part: the same content under another
          number is the same content.
        - "model" differs if the returned models do. The name that was asked for plays no part.
        - "params" differ if their `content_hash` does.

    A hash or a model that was not recorded, in one of the two records or in both, counts as a difference: nobody can
    say that it was the same.

    Args:
        before, after: the records of two answers, each of any schema version.

    Returns:
        Those of PARTS that differ, in the order of PARTS; [] if the two answers were made by the same.

    Example:
        >>> changed(monday, tuesday)  # the alias moved overnight
        ['model']
    """
    old, new = _identities(before), _identities(after)
    return [part for part in PARTS if old[part] is None or old[part] != new[part]]


def _identities(record: Mapping[str, Any]) -> dict[str, str | None]:
    """For each part, the text that is the same exactly if the part is, or None if nobody recorded it."""
    made_by = provenance(record)
    return {
        "prompt": made_by.prompt.hash,
        "output": made_by.output.hash if made_by.output else None,
        "model": made_by.model.returned,
        "params": content_hash(made_by.params),
    }
