"""Filling a form: JSON by a schema, or by what the instructions say of it."""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from ..reply import Reply
from . import amounts, grounding, labels, schemas
from .amounts import Found, Kind
from .fields import Field, first_sentence, kind_of_value, labelled, name_words, ranked
from .grounding import Answer, Claim
from .material import Material, material
from .orders import orders_in
from .outline import outlined, values_in, wants_json
from .questions import words
from .reading import Reading
from .roles import has_way_out, holds_answer, role_of
from .slips import drifted, extra, invented_id, other_number, separated, wrapped
from .triage import concerns_medicine, note, triage, best

__all__ = ["fill", "wants_json"]

DEEPEST = 12
PARTS_AT_MOST = 4000
ENTRIES_AT_MOST = 20
SURE, UNSURE = 0.95, 0.55


class Absent:
    """Stands for what the data does not say."""


ABSENT = Absent()


def fill(reading: Reading) -> Reply:
    """The reply that is the form that the request asks for, filled in.

    The habits O3, O9, O10 and N4 show in the values, O7 and O8 where no schema is enforced, O2 where JSON is not.
    """
    prompt = reading.prompt
    schema = prompt.schema if prompt.schema is not None else outlined(prompt)
    form = Form(reading, schema, prompt.strict)
    text = schemas.dumped(form.filled())
    return Reply(text if prompt.json_mode else wrapped(reading, text, form.about))
