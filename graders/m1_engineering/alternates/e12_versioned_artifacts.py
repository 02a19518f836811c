"""Versioned artifacts in plain files: contents by their hash, and for each version a file that is written once."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from openai import OpenAI
from pydantic import BaseModel, ConfigDict, JsonValue

PARTS = ("prompt", "output", "model", "params")
SCHEMA_VERSION = 3


class NotJsonError(TypeError):
    pass


class VersionConflictError(Exception):
    pass


class UnknownArtifactError(LookupError):
    pass


class CorruptArtifactError(Exception):
    pass


class UnsupportedSchemaError(Exception):
    def __init__(self, found: object) -> None:
        super().__init__(found)
        self.found = found


@dataclass(frozen=True)
class Recipe:
    prompt: str
    output: str
    model: str
    params: Mapping[str, Any] = field(default_factory=dict)
    prompt_version: int | None = None
    output_version: int | None = None


class Pin(BaseModel):
    model_config = ConfigDict(frozen=True)

    name: str
    version: int
    hash: str | None


class ModelUse(BaseModel):
    model_config = ConfigDict(frozen=True)

    asked: str
    returned: str | None


class Provenance(BaseModel):
    model_config = ConfigDict(frozen=True)

    prompt: Pin
    output: Pin | None
    model: ModelUse
    params: dict[str, JsonValue]


def provenance(record: Mapping[str, Any]) -> Provenance:
    return Provenance.model_validate(migrate(record))


def messages_of(prompt: Mapping[str, Any], question: str) -> list[Any]:
    return [
        {"role": "system", "content": prompt["system"]},
        {"role": "user", "content": prompt["user"].replace("{question}", question)},
    ]


def response_format_of(schema: Mapping[str, Any]) -> Any:
    return {"type": "json_schema", "json_schema": {"name": "answer", "schema": schema, "strict": True}}


def content_hash(content: Any) -> str:
    return hashlib.sha256(written(content)).hexdigest()


def written(content: Any) -> bytes:
    match content:
        case None | bool() | int():
            return json.dumps(content).encode()
        case str() if not any("\ud800" <= letter <= "\udfff" for letter in content):
            return json.dumps(content, ensure_ascii=False).encode()
        case float() if abs(content) < float("inf"):
            return repr(content).encode()
        case list():
            return b"[" + b",".join(map(written, content)) + b"]"
        case dict() if all(isinstance(key, str) for key in content):
            return b"{" + b",".join(written(key) + b":" + written(content[key]) for key in sorted(content)) + b"}"
    raise NotJsonError(content)


class Registry:
    def __init__(self, folder: Path) -> None:
        self._contents = folder / "contents"
        self._names = folder / "names"

    def publish(self, name: str, artifact: Any, version: int | None = None) -> int:
        text = written(artifact)
        digest = hashlib.sha256(text).hexdigest()
        taken = self._versions(name)
        for number, other in taken.items():
            if digest == other:
                return self._agreed(number, version)
        number = max(taken, default=0) + 1 if version is None else version
        if number in taken:
            raise VersionConflictError(name, version)
        self._contents.mkdir(parents=True, exist_ok=True)
        (self._contents / digest).write_bytes(text)
        self._shelf(name).mkdir(parents=True, exist_ok=True)
        with (self._shelf(name) / str(number)).open("x") as file:  # "x": it must not be there yet
            file.write(digest)
        return number

    def get(self, name: str, version: int) -> Any:
        try:
            return self.by_hash(self._versions(name)[version])
        except KeyError:
            raise UnknownArtifactError(name, version) from None

    def by_hash(self, digest: str) -> Any:
        file = self._contents / digest
        if len(digest) != 64 or not file.is_file():
            raise UnknownArtifactError(digest)
        text = file.read_bytes()
        if hashlib.sha256(text).hexdigest() != digest:
            raise CorruptArtifactError(digest)
        return json.loads(text)

    def latest(self, name: str) -> int:
        versions = self._versions(name)
        if not versions:
            raise UnknownArtifactError(name)
        return max(versions)

    def _shelf(self, name: str) -> Path:
        return self._names / name.encode().hex()

    def _versions(self, name: str) -> dict[int, str]:
        shelf = self._shelf(name)
        return {int(file.name): file.read_text() for file in shelf.iterdir()} if shelf.is_dir() else {}

    @staticmethod
    def _agreed(number: int, asked: int | None) -> int:
        if asked is not None and asked != number:
            raise VersionConflictError(number, asked)
        return number


def migrate(record: Mapping[str, Any]) -> dict[str, Any]:
    record = json.loads(json.dumps(record))  # plain JSON, so this is a deep copy
    match record.get("schema_version", 1):
        case bool() | float():
            pass
        case 1:
            return third(second(record))
        case 2:
            return third(record)
        case 3:
            return dict(record)
    raise UnsupportedSchemaError(record["schema_version"])


def second(first: Mapping[str, Any]) -> dict[str, Any]:
    kept = {key: value for key, value in first.items() if key not in ("temperature", "latency")}
    seconds = {"latency": first["latency"] / 1000} if "latency" in first else {}
    return {**kept, **seconds, "schema_version": 2, "params": {"temperature": first["temperature"]}}


def third(second: Mapping[str, Any]) -> dict[str, Any]:
    name, version = second["prompt"].rsplit("@", 1)
    new: dict[str, Any] = {
        "schema_version": 3,
        "prompt": {"name": name, "version": int(version), "hash": None},
        "model": {"asked": second["model"], "returned": None},
        "output": None,
    }
    if "sources" in second:
        new["sources"] = [
            {"id" if key == "page" else key: value for key, value in source.items()} for source in second["sources"]
        ]
    return {**second, **new}


def ask(client: OpenAI, registry: Registry, question: str, recipe: Recipe) -> dict[str, Any]:
    record: dict[str, Any] = {"schema_version": 3, "question": question}
    artifacts = {}
    for part, name, version in [
        ("prompt", recipe.prompt, recipe.prompt_version),
        ("output", recipe.output, recipe.output_version),
    ]:
        number = version or registry.latest(name)
        artifacts[part] = registry.get(name, number)
        record[part] = {"name": name, "version": number, "hash": content_hash(artifacts[part])}
    request: dict[str, Any] = {
        "model": recipe.model,
        "messages": messages_of(artifacts["prompt"], question),
        "response_format": response_format_of(artifacts["output"]),
        **recipe.params,
    }
    completion = client.chat.completions.create(**request)
    record["params"] = json.loads(json.dumps(dict(recipe.params)))
    record["model"] = {"asked": recipe.model, "returned": completion.model}
    record["text"] = completion.choices[0].message.content or ""
    return record


def verify(record: Mapping[str, Any], registry: Registry) -> list[str]:
    doubtful = []
    for part in ("prompt", "output"):
        pin = migrate(record)[part]
        try:
            content = registry.get(pin["name"], pin["version"]) if pin else None
        except (UnknownArtifactError, CorruptArtifactError):
            content = None
        if content is None or content_hash(content) != pin["hash"]:
            doubtful.append(part)
    return doubtful


def changed(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    first, then = migrate(before), migrate(after)
    same = {
        "prompt": is_known_to_be(then["prompt"]["hash"], first["prompt"]["hash"]),
        "output": is_known_to_be((then["output"] or {}).get("hash"), (first["output"] or {}).get("hash")),
        "model": is_known_to_be(then["model"]["returned"], first["model"]["returned"]),
        "params": written(first["params"]) == written(then["params"]),
    }
    return [part for part in PARTS if not same[part]]


def is_known_to_be(value: str | None, other: str | None) -> bool:
    return value is not None and value == other
