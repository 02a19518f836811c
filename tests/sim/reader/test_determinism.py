"""The same requests to the same simulator give the same bytes: in every process, whatever Python hashes things to."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from gradus.coldtrail import injections, judged_answers, queries, tickets
from gradus.sim import Request, Simulator
from gradus.sim.reader import Reader
from tests.sim.reader.asking import MAY_ABSTAIN, context, messages, relevant

ROOT = Path(__file__).resolve().parents[3]
TOOL = {
    "type": "function",
    "function": {
        "name": "get_device",
        "description": "Look up a device by its serial number.",
        "parameters": {"type": "object", "properties": {"serial": {"type": "string"}}, "required": ["serial"]},
    },
}
FORM = {
    "type": "json_schema",
    "json_schema": {
        "name": "triage",
        "schema": {
            "type": "object",
            "properties": {
                "intent": {"enum": ["billing", "excursion", "rma", "how_to", "connectivity"]},
                "priority": {"enum": ["P1", "P2", "P3", "P4"]},
                "confidence": {"type": "number"},
            },
            "required": ["intent", "priority", "confidence"],
        },
    },
}


def requests() -> list[dict[str, Any]]:
    """Requests of every kind that the reader answers."""
    asked = [
        {
            "messages": messages(
                f"{MAY_ABSTAIN} Cite the passage ids.", f"{context(relevant(query))}\n\nQuestion: {query.text}"
            )
        }
        for query in queries()[::8]
    ]
    sorted_ = [
        {"messages": messages("Sort the ticket.", ticket.body), "response_format": FORM}
        for ticket in tickets()[::12]
        if ticket.body
    ]
    acted = [{"messages": messages("Use the tools.", "Look up the device SN-300-0014."), "tools": [TOOL]}]
    obeyed = [
        {"messages": messages("Summarise.", f"{one.text}\n\nWhat is it about?"), "tools": [TOOL]}
        for one in injections()[::5]
    ]
    judged = [
        {
            "messages": messages(
                "Is the answer right? Reply with PASS or FAIL.", f"Question: {one.question}\nAnswer: {one.answer}"
            )
        }
        for one in judged_answers()[::10]
    ]
    return [*asked, *sorted_, *acted, *obeyed, *judged]


def digest() -> str:
    """Of all bytes that a new simulator sends, plain and streamed, with and without a seed."""
    sim = Simulator(seed=3)
    sim.otherwise(Reader(seed=5))
    total = hashlib.sha256()
    for place, body in enumerate(requests()):
        options: dict[str, Any] = [{}, {"seed": 4}, {"temperature": 0}][place % 3]
        whole = {"model": ["sim-small", "sim-large"][place % 2], **body, **options, "stream": place % 4 == 0}
        response = sim.handle(Request("POST", "/v1/chat/completions", body=json.dumps(whole).encode()))
        assert response.status == 200
        for chunk in response.chunks:
            assert isinstance(chunk, bytes)
            total.update(chunk)
    return total.hexdigest()


def test_the_same_bytes_in_every_process() -> None:
    code = "from tests.sim.reader.test_determinism import digest; print(digest())"
    found = set()
    for hashing in ("0", "1", "4242"):
        environment = {**os.environ, "PYTHONHASHSEED": hashing}
        run = subprocess.run(
            [sys.executable, "-c", code], cwd=ROOT, env=environment, capture_output=True, text=True, check=True
        )
        found.add(run.stdout.strip())
    assert found == {digest()}
