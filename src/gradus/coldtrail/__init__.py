"""Coldtrail, one invented company: typed access to all the data that exercises live on. See data/README.md.

Importing this package reads nothing; each accessor reads its file when first called, and verifies it.
"""

from gradus.coldtrail.answers import AnswerSplit, FailureMode, JudgedAnswer, judged_answers
from gradus.coldtrail.conversations import Conversation, FollowUp, Turn, conversations
from gradus.coldtrail.documents import Document, Kind, Passage, doc, docs, passages
from gradus.coldtrail.facts import Attribute, Audience, Entity, Fact, Knowledge, knowledge
from gradus.coldtrail.injections import Injection, injections
from gradus.coldtrail.ops import ops_db
from gradus.coldtrail.phrasings import Phrasing, phrasings
from gradus.coldtrail.queries import Asker, Query, Stratum, queries
from gradus.coldtrail.scenarios import POLICY, Check, Forbidden, Scenario, scenarios
from gradus.coldtrail.splits import Split
from gradus.coldtrail.statements import Matcher, Statement, gives, mentions, normalise, statements
from gradus.coldtrail.store import CorpusError, data_folder
from gradus.coldtrail.telemetry import (
    BreachTruth,
    DayTruth,
    HourTruth,
    Site,
    breach_truth,
    hourly_truth,
    readings_csv,
    sites,
)
from gradus.coldtrail.tickets import (
    ExportExpectation,
    PersonalData,
    Ticket,
    ticket_export,
    ticket_export_expected,
    tickets,
)
from gradus.coldtrail.traces import FirstFailure, Step, Trace, traces

__all__ = [
    "POLICY",
    "AnswerSplit",
    "Asker",
    "Attribute",
    "Audience",
    "BreachTruth",
    "Check",
    "Conversation",
    "CorpusError",
    "DayTruth",
    "Document",
    "Entity",
    "ExportExpectation",
    "Fact",
    "FailureMode",
    "FirstFailure",
    "FollowUp",
    "Forbidden",
    "HourTruth",
    "Injection",
    "JudgedAnswer",
    "Kind",
    "Knowledge",
    "Matcher",
    "Passage",
    "PersonalData",
    "Phrasing",
    "Query",
    "Scenario",
    "Site",
    "Split",
    "Statement",
    "Step",
    "Stratum",
    "Ticket",
    "Trace",
    "Turn",
    "breach_truth",
    "conversations",
    "data_folder",
    "doc",
    "docs",
    "gives",
    "hourly_truth",
    "injections",
    "judged_answers",
    "knowledge",
    "mentions",
    "normalise",
    "ops_db",
    "passages",
    "phrasings",
    "queries",
    "readings_csv",
    "scenarios",
    "sites",
    "statements",
    "ticket_export",
    "ticket_export_expected",
    "tickets",
    "traces",
]
