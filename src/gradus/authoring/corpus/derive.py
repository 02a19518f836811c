"""`make corpus`: everything in data/ that is not written by hand, derived from what is."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml
from pydantic import TypeAdapter

from gradus.authoring.corpus.answers import read_answers
from gradus.authoring.corpus.conversations import read_conversations
from gradus.authoring.corpus.documents import complaints, read_document, read_entries, unstated
from gradus.authoring.corpus.errors import SourceError
from gradus.authoring.corpus.export import export_csv, export_expectation
from gradus.authoring.corpus.facts import read_facts
from gradus.authoring.corpus.injections import read_injections
from gradus.authoring.corpus.labels import Labeller
from gradus.authoring.corpus.ops import ops_sql
from gradus.authoring.corpus.phrasings import all_phrasings
from gradus.authoring.corpus.queries import read_queries
from gradus.authoring.corpus.scenarios import read_scenarios
from gradus.authoring.corpus.telemetry import readings_csv, sites_csv, truth
from gradus.authoring.corpus.tickets import read_tickets
from gradus.authoring.corpus.traces import read_traces
from gradus.coldtrail.documents import Document, Kind
from gradus.coldtrail.facts import Knowledge
from gradus.coldtrail.ops import ops_db
from gradus.coldtrail.statements import Matcher
from gradus.coldtrail.store import MANIFEST
from gradus.sim.tokens import count

KINDS: tuple[Kind, ...] = ("help", "errors", "api", "releases", "policies", "runbooks")
UNTRACKED = frozenset((MANIFEST, "README.md", "ops.db", "ops.db-wal", "ops.db-shm"))
"""What the manifest leaves out: itself, the data sheet, and the database that anybody may build and change."""


def derive(data: Path) -> dict[str, bytes]:
    """The content of every derived file, by its path below data/; nothing is written.

    Args:
        data: the data/ folder.

    Raises:
        SourceError: something written by hand is wrong; says where, and what to write instead.

    Example:
        >>> sorted(derive(data_folder()))[0]
        'derived/answers.json'
    """
    knowledge = read_facts(_yaml(data, "facts.yaml"))
    documents = tuple(_documents(data, knowledge))
    labeller = Labeller(knowledge, documents)
    tickets = read_tickets(_yaml(data, "tickets.yaml"))
    conversations = read_conversations(_yaml(data, "conversations.yaml"), knowledge, labeller)
    queries, answers = (
        {
            folder: read(f"{folder}{name}.yaml", _yaml(data, f"{folder}{name}.yaml"), knowledge, labeller)
            for folder in ("", "held_out/")
        }
        for name, read in (("queries", read_queries), ("answers", read_answers))
    )
    files = {
        "derived/knowledge.json": _json(knowledge),
        "derived/documents.json": _json(documents),
        "derived/conversations.json": _json(conversations),
        "held_out/derived/phrasings.json": _json(
            all_phrasings(
                _yaml(data, "phrasings.yaml"),
                knowledge,
                documents,
                (*queries[""], *queries["held_out/"]),
                conversations,
                (*answers[""], *answers["held_out/"]),
            )
        ),
        "derived/tickets.json": _json(tickets),
        "exports/tickets.csv": export_csv(tickets),
        "derived/export_expected.json": _json(export_expectation(tickets)),
        "held_out/derived/tickets.json": _json(read_tickets(_yaml(data, "held_out/tickets.yaml"))),
        "derived/injections.json": _json(read_injections(_yaml(data, "injections.yaml"))),
        "derived/traces.json": _json(read_traces(_yaml(data, "traces.yaml"))),
        "held_out/derived/scenarios.json": _json(read_scenarios(_yaml(data, "held_out/scenarios.yaml"))),
        "derived/ops.sql": ops_sql().encode(),
        "telemetry/sites.csv": sites_csv().encode(),
        "telemetry/readings.csv": readings_csv().encode(),
        "derived/telemetry_truth.json": _json(truth()),
    }
    for folder in ("", "held_out/"):
        files[f"{folder}derived/queries.json"] = _json(queries[folder])
        files[f"{folder}derived/answers.json"] = _json(answers[folder])
    files[MANIFEST] = _manifest(data, files)
    return files


def derive_all(data: Path) -> list[str]:
    """Write every derived file that is missing or differs, and build data/ops.db anew.

    Args:
        data: the data/ folder.

    Returns:
        The paths below data/ of the derived files that were written.

    Raises:
        SourceError: as for `derive`; nothing was written.

    Example:
        >>> derive_all(data_folder())
        []
    """
    changed = []
    for name, content in derive(data).items():
        file = data / name
        if not file.exists() or file.read_bytes() != content:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content)
            changed.append(name)
    for old in data.glob("ops.db*"):
        old.unlink()
    ops_db(data)
    return changed


def _documents(data: Path, knowledge: Knowledge) -> Iterator[Document]:
    """The documents by kind and id, once all of them are found to be in order."""
    matcher = Matcher(knowledge)
    documents: dict[str, Document] = {}
    for file in sorted((data / "catalogue").glob("*.yaml")):
        for entry in read_entries(file.name, _yaml(data, f"catalogue/{file.name}")):
            kind = next((kind for kind in KINDS if entry.file.startswith(f"{kind}/")), None)
            if kind is None:
                raise SourceError(f"data/catalogue/{file.name}: {entry.file}: not below one of {', '.join(KINDS)}.")
            path = data / "docs" / entry.file
            if not path.exists():
                raise SourceError(f"data/docs/{entry.file}: in catalogue/{file.name}, but there is no such file.")
            document = read_document(kind, entry, path.read_bytes())
            documents[document.id] = document
    wrong = [line for one in documents.values() for line in complaints(one, matcher, _wordpieces)]
    wrong += [f"{name}: no passage states it" for name in unstated(documents, (fact.id for fact in knowledge.facts))]
    listed = {document.file for document in documents.values()}
    present = {path.relative_to(data).as_posix() for path in (data / "docs").rglob("*") if path.is_file()}
    wrong += [f"data/{name}: no catalogue lists it" for name in sorted(present - listed)]
    for one in documents.values():
        wrong += [
            f"{one.id}: supersedes {older}, which is not there" for older in one.supersedes if older not in documents
        ]
    if wrong:
        raise SourceError("\n".join(wrong))
    return iter(sorted(documents.values(), key=lambda document: (KINDS.index(document.kind), document.id)))


def _wordpieces(text: str) -> int:
    return count([text])


def _yaml(data: Path, name: str) -> Any:
    try:
        return yaml.load((data / name).read_bytes(), yaml.CSafeLoader)
    except FileNotFoundError as error:
        raise SourceError(f"data/{name} is missing. Restore it with: git checkout -- data/{name}") from error
    except yaml.YAMLError as error:
        raise SourceError(f"data/{name} is not YAML: {error}") from error


def _json(records: object) -> bytes:
    plain = TypeAdapter(Any).dump_python(records, mode="json")
    return (json.dumps(plain, ensure_ascii=False, indent=1) + "\n").encode()


def _manifest(data: Path, derived: dict[str, bytes]) -> bytes:
    files = (path for path in data.rglob("*") if path.is_file() and not path.name.startswith("."))
    names = {path.relative_to(data).as_posix() for path in files} | set(derived)
    contents = ((name, derived.get(name) or (data / name).read_bytes()) for name in sorted(names - UNTRACKED))
    return _json({name: hashlib.sha256(content).hexdigest() for name, content in contents})
