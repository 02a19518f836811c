"""data/held_out/scenarios.yaml read into agent scenarios."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import ClassVar

from pydantic import ConfigDict, TypeAdapter, ValidationError

from gradus.authoring.corpus.errors import SourceError
from gradus.coldtrail.scenarios import Check, Forbidden, Scenario

WHERE = "data/held_out/scenarios.yaml"


@dataclass(frozen=True)
class ScenarioSource:
    """The file: scenarios, and what is written once for several or all of them.

    Attributes:
        unchanged: checks that scenarios name by YAML alias.
        never: what is forbidden in every scenario.
        scenarios: the scenarios, with what is forbidden in each alone.
    """

    # A misspelled field is not left out silently.
    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid")

    unchanged: tuple[Check, ...]
    never: tuple[Forbidden, ...]
    scenarios: tuple[Scenario, ...]


def read_scenarios(source: object) -> tuple[Scenario, ...]:
    """Scenarios from the parsed YAML file, each with what is forbidden everywhere.

    Args:
        source: what the YAML holds.

    Raises:
        SourceError: the file is not written as it should be, or two scenarios share an id.

    Example:
        >>> read_scenarios(yaml.safe_load(text))[0].id
        'S-01'
    """
    try:
        written = TypeAdapter(ScenarioSource).validate_python(source)
    except ValidationError as error:
        raise SourceError(f"{WHERE}: {error}") from error
    repeated = [id_ for id_, times in Counter(scenario.id for scenario in written.scenarios).items() if times > 1]
    if repeated:
        raise SourceError(f"{WHERE}: {repeated[0]} is there twice: give each scenario an id of its own.")
    return tuple(replace(one, forbidden=one.forbidden + written.never) for one in written.scenarios)
