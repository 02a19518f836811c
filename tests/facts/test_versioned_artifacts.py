"""JSON, hash(), pydantic, SQLite and the model's name, as m1_engineering/e12_versioned_artifacts tells them."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from dataclasses import dataclass
from datetime import date
from typing import Any

import pytest
from pydantic import BaseModel, ConfigDict, JsonValue

from gradus.sim import Simulator


def test_json_writes_keys_in_the_order_of_the_dict_unless_told_to_sort() -> None:
    there: dict[str, Any] = {"a": 1, "b": {"c": 2, "d": 3}}
    back: dict[str, Any] = {"b": {"d": 3, "c": 2}, "a": 1}
    assert there == back
    assert json.dumps(there) != json.dumps(back)
    assert json.dumps(there, sort_keys=True) == json.dumps(back, sort_keys=True)


@pytest.mark.parametrize(("content", "other"), [({1: "a"}, {"1": "a"}), ((2, 8), [2, 8])])
def test_json_writes_two_contents_alike(content: Any, other: Any) -> None:
    assert content != other
    assert json.dumps(content) == json.dumps(other)


def test_json_writes_nan_which_is_no_json() -> None:
    assert json.dumps(float("nan")) == "NaN"


def test_default_str_makes_a_date_and_its_text_one() -> None:
    with pytest.raises(TypeError):
        json.dumps(date(2026, 9, 1))
    assert json.dumps(date(2026, 9, 1), default=str) == json.dumps("2026-09-01")


def test_json_tells_apart_what_python_takes_for_equal() -> None:
    values = [1, 1.0, True]
    assert values[0] == values[1] == values[2]
    assert [json.dumps(value) for value in values] == ["1", "1.0", "true"]


def test_hash_differs_from_process_to_process() -> None:
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONHASHSEED"}
    command = [sys.executable, "-S", "-c", "print(hash('text'))"]
    assert len({subprocess.check_output(command, env=environment) for _ in range(3)}) > 1


class Ignoring(BaseModel):
    text: str


class Allowing(Ignoring):
    model_config = ConfigDict(extra="allow")


def test_pydantic_drops_unknown_fields_unless_they_are_allowed() -> None:
    record = {"text": "yes", "ticket": "T-17"}
    assert Ignoring.model_validate(record).model_dump() == {"text": "yes"}
    assert Allowing.model_validate(record).model_dump() == record


class Params(BaseModel):
    model_config = ConfigDict(frozen=True)

    temperature: float
    others: dict[str, JsonValue]


def test_pydantic_makes_a_float_of_an_int_but_not_within_json() -> None:
    params = Params.model_validate({"temperature": 0, "others": {"a": 0, "b": 0.0, "c": True}})
    assert params.model_dump_json() == '{"temperature":0.0,"others":{"a":0,"b":0.0,"c":true}}'


@dataclass(frozen=True)
class Recipe:
    params: dict[str, Any]


def test_frozen_is_only_the_outside() -> None:
    params, recipe = Params(temperature=0.5, others={}), Recipe({})
    with pytest.raises(ValueError, match="frozen"):
        params.temperature = 1.0
    with pytest.raises(AttributeError):
        recipe.params = {}  # type: ignore[misc]
    params.others["edited"] = recipe.params["edited"] = True
    assert params.others == recipe.params == {"edited": True}


def test_text_compares_versions_as_text() -> None:
    assert "9" > "10"
    with closing(sqlite3.connect(":memory:")) as db:
        db.execute("CREATE TABLE artifacts (number INTEGER, text TEXT)")
        db.executemany("INSERT INTO artifacts VALUES (?, ?)", [(9, "9"), (10, "10")])
        assert db.execute("SELECT max(number), max(text) FROM artifacts").fetchone() == (10, "9")


def test_the_completion_names_the_dated_model() -> None:
    sim = Simulator()
    sim.script("pong")
    completion = sim.client().chat.completions.create(model="sim-large", messages=[{"role": "user", "content": "ping"}])
    assert completion.model == "sim-large-2026-09"
