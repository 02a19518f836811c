"""Approve what you saw: a model proposes a change, a person decides on exactly that change, and it is made once.

Lesson: modules/m4_agents/e07_human_approval.md
Grade:  make grade EX=m4/e07
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal, TypeAlias, TypedDict

from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.sqlite import SqliteSaver
from langgraph.graph import END, START, StateGraph
from langgraph.graph.state import CompiledStateGraph
from langgraph.types import Command, interrupt
from openai import OpenAI
from openai.types.chat import ChatCompletionToolParam

MODEL = "sim-small"
INSTRUCTIONS = (
    "You are the support co-pilot of Coldtrail. Answer, or call the one tool that does what the user asks for."
)


def _tool(name: str, description: str, **parameters: str) -> ChatCompletionToolParam:
    properties = {parameter: {"type": kind} for parameter, kind in parameters.items()}
    schema: dict[str, object] = {"type": "object", "properties": properties, "required": list(properties)}
    return {"type": "function", "function": {"name": name, "description": description, "parameters": schema}}


TOOLS = [
    _tool("lookup_account", "Read a customer's plan and balance.", customer_id="string"),
    _tool("issue_credit", "Credit a customer's account.", customer_id="string", cents="integer", reason="string"),
    _tool("deactivate_device", "Switch a sensor off for good.", device_id="string"),
]

READ_ONLY = frozenset({"lookup_account"})
"""The tools that change nothing. Every other name, known or not, needs approval."""


@dataclass(frozen=True)
class Call:
    """One tool call that the model asked for.

    Attributes:
        id: given by the provider, another one for every call, even for the same arguments.
        name: of the tool.
        arguments: JSON data: dicts with text keys, lists, text, numbers (integers within 64 bits), booleans, None.
    """

    id: str
    name: str
    arguments: dict[str, Any]


@dataclass(frozen=True)
class Pending:
    """A call that waits for a person: what the approver's screen shows.

    Attributes:
        thread_id: the conversation it belongs to.
        requester: who asked for it.
        call: what will be executed.
        digest: `digest_of(thread_id, call)`.
    """

    thread_id: str
    requester: str
    call: Call
    digest: str


@dataclass(frozen=True)
class Outcome:
    """How a request ended.

    Attributes:
        status: "answered" (nothing was changed, nobody had to approve), "executed" or "rejected".
        text: what the model said or the tool returned; "" if rejected.
    """

    status: Literal["answered", "executed", "rejected"]
    text: str


@dataclass(frozen=True)
class Desk:
    """What the co-pilot works with.

    Attributes:
        checkpoints: path of the SQLite file that LangGraph keeps its checkpoints in. It need not exist yet.
        client: reaches the model.
        run_tool: `run_tool(name, arguments, idempotency_key)` executes a tool and returns its result as text. A second
            call with the same key has no second effect. It raises ConnectionError if the connection drops, in which
            case nobody knows whether the tool has acted, and other errors of its own.
        notify: `notify(pending)` tells the approvers that something waits for them.
    """

    checkpoints: Path
    client: OpenAI
    run_tool: Callable[[str, dict[str, Any], str], str]
    notify: Callable[[Pending], None]


class ApprovalPending(Exception):
    """The thread waits for a decision and takes no new request."""


class NothingPending(Exception):
    """There is nothing to decide: the thread is unknown, or its latest request needed no approval, or failed."""


class StaleApproval(Exception):
    """The decision is about something else than what the thread's latest request proposed."""


class SelfApproval(Exception):
    """The person who asked for it wants to decide on it too."""


def ask_model(client: OpenAI, request: str) -> Call | str:
    """Ask the model once what to do. Given: nothing to do here.

    Args:
        client: reaches the model.
        request: what the user wants, in plain text.

    Returns:
        The tool call that the model asks for, or its answer in words.

    Raises:
        openai.OpenAIError: the model could not be reached, or refused the request.

    Example:
        >>> ask_model(client, "Credit C-1042 with 98 euros for two dead sensors")
        Call(id='call_1', name='issue_credit', arguments={'customer_id': 'C-1042', 'cents': 9800, 'reason': '...'})
    """
    completion = client.chat.completions.create(
        model=MODEL,
        messages=[{"role": "system", "content": INSTRUCTIONS}, {"role": "user", "content": request}],
        tools=TOOLS,
        parallel_tool_calls=False,
    )
    message = completion.choices[0].message
    calls = [call for call in message.tool_calls or [] if call.type == "function"]
    if not calls:
        return message.content or ""
    return Call(calls[0].id, calls[0].function.name, json.loads(calls[0].function.arguments))


def digest_of(thread_id: str, call: Call) -> str:
    """Name one call in one thread, so that a decision can say which one it is about.

    Two digests are equal exactly if the thread, the call's id, its name and its arguments are all equal. The order of
    the keys in the arguments, at any depth, makes no difference. The digest is the same in every process.

    Args:
        thread_id: the conversation.
        call: the proposed call. Its arguments are JSON data.

    Returns:
        A SHA-256 as 64 lowercase hexadecimal digits.

    Example:
        >>> len(digest_of("T-1", Call("call_1", "issue_credit", {"customer_id": "C-1042", "cents": 9800})))
        64
    """
    proposal = json.dumps([thread_id, asdict(call)], sort_keys=True)
    return hashlib.sha256(proposal.encode()).hexdigest()


class _State(TypedDict):
    """What a checkpoint holds: plain data only, so that any process and any later version of this file can read it."""

    thread_id: str
    requester: str
    request: str
    call: dict[str, Any]  # the fields of the Call that the model asked for, {} if there is none
    outcome: dict[str, Any]  # the fields of the Outcome, {} until there is one


_Graph: TypeAlias = CompiledStateGraph[_State, None, _State, _State]


def _graph(desk: Desk, saver: SqliteSaver) -> _Graph:
    def plan(state: _State) -> dict[str, Any]:
        reply = ask_model(desk.client, state["request"])
        if isinstance(reply, str):
            return {"outcome": asdict(Outcome("answered", reply))}
        return {"call": asdict(reply)}

    def route(state: _State) -> str:
        if not state["call"]:
            return END
        return "read" if state["call"]["name"] in READ_ONLY else "notify"

    def read(state: _State) -> dict[str, Any]:
        return {"outcome": asdict(Outcome("answered", _run(desk, state)))}

    def notify(state: _State) -> None:
        desk.notify(_shown(state))

    def act(state: _State) -> dict[str, Any]:
        # On resume a node starts again from its first line: what must happen once, before the pause, has its own node.
        decision = interrupt(state["call"])
        if decision == "approve":
            return {"outcome": asdict(Outcome("executed", _run(desk, state)))}
        return {"outcome": asdict(Outcome("rejected", ""))}

    graph = StateGraph(_State)
    for node in (plan, read, notify, act):
        graph.add_node(node)
    graph.add_edge(START, "plan")
    graph.add_conditional_edges("plan", route, ["read", "notify", END])
    graph.add_edge("notify", "act")
    return graph.compile(checkpointer=saver)


@contextmanager
def _opened(desk: Desk) -> Iterator[_Graph]:
    """The graph over the checkpoint file, for the length of one call: nothing that matters lives in this process."""
    with SqliteSaver.from_conn_string(str(desk.checkpoints)) as saver:
        yield _graph(desk, saver)


def _config(thread_id: str) -> RunnableConfig:
    return {"configurable": {"thread_id": thread_id}}


def _shown(state: Mapping[str, Any]) -> Pending:
    call = Call(**state["call"])
    return Pending(state["thread_id"], state["requester"], call, digest_of(state["thread_id"], call))


def _run(desk: Desk, state: _State) -> str:
    shown = _shown(state)
    return desk.run_tool(shown.call.name, shown.call.arguments, shown.digest)


def propose(desk: Desk, thread_id: str, requester: str, request: str) -> Pending | Outcome:
    """Ask the model what a request calls for, and do it if it changes nothing; else stop and wait for a person.

    The model is asked exactly once. If it answers in words, that is the outcome. If it calls a tool of `READ_ONLY`, the
    tool is run at once, with the call's digest as idempotency key, and its result is the outcome. For every other tool
    nothing is run: the approvers are notified, once, and the thread waits. What waits is in `desk.checkpoints`, so
    that another process can show it and decide on it. While `notify` runs, `pending` may still return None.

    A thread can be used again after its outcome. Every proposal then needs its own decision.

    Args:
        desk: what to work with.
        thread_id: the conversation, any non-empty text.
        requester: who asks, as authenticated by the caller.
        request: what they want, in plain text.

    Returns:
        What waits for a decision, or the outcome ("answered") if nothing has to be decided.

    Raises:
        ApprovalPending: the thread waits for a decision already. The model is not asked, and what waits stays as it is.
        Exception: whatever the model or the tool raised, unchanged. The thread then waits for nothing and can be used.

    Example:
        >>> propose(desk, "T-1", "agent-7", "Credit C-1042 with 98 euros for two dead sensors")
        Pending(thread_id='T-1', requester='agent-7', call=Call(...), digest='5f0c...')
    """
    config = _config(thread_id)
    with _opened(desk) as graph:
        if graph.get_state(config).interrupts:
            raise ApprovalPending(f"{thread_id} waits for a decision: decide on it before asking for anything else")
        start = _State(thread_id=thread_id, requester=requester, request=request, call={}, outcome={})
        state = graph.invoke(start, config)
    return Outcome(**state["outcome"]) if state["outcome"] else _shown(state)


def pending(desk: Desk, thread_id: str) -> Pending | None:
    """What waits for a decision in this thread, read from the checkpoints. Changes nothing, asks nobody.

    Args:
        desk: what to work with; maybe in another process than the one that proposed.
        thread_id: the conversation, known or not.

    Returns:
        What `propose` returned, field for field; None if the thread waits for nothing.

    Example:
        >>> pending(desk, "T-1").call.arguments["cents"]
        9800
    """
    with _opened(desk) as graph:
        snapshot = graph.get_state(_config(thread_id))
    # Not `snapshot.next`: that also names the node to run after a failure, when nobody has been asked for anything.
    return _shown(snapshot.values) if snapshot.interrupts else None


def decide(desk: Desk, thread_id: str, approver: str, decision: str, digest: str) -> Outcome:
    """Carry out a person's decision on the thread's latest proposal.

    On "approve" the call is executed once, with exactly the name and arguments that were shown and the digest as
    idempotency key. On "reject" nothing is executed. The model is not asked, and nobody is notified again.

    The first decision stands. Deciding once more on the same digest, whatever the decision, runs nothing and returns
    the outcome there was.

    The first error below that applies is raised, on a thread that has been decided as well.

    Args:
        desk: what to work with; maybe in another process than the one that proposed.
        thread_id: the conversation.
        approver: who decides, as authenticated by the caller.
        decision: exactly "approve" or "reject".
        digest: of the call that the approver was shown.

    Returns:
        The outcome: "executed" with the tool's result, or "rejected".

    Raises:
        ValueError: the decision is any other text. "no", "yes" and "Approve" are neither.
        NothingPending: the thread is unknown, or its latest request needed no approval. A request whose model or
            read-only tool failed counts as one that needed no approval.
        StaleApproval: the digest is not that of the call which the thread's latest request proposed.
        SelfApproval: the approver is the requester, whatever the decision.
        Exception: whatever the tool raised, a ConnectionError or another, unchanged. The call is then still pending,
            and the next "approve" runs it with the same key.
        After each of these, what was pending is still pending.

    Example:
        >>> decide(desk, "T-1", "lead-2", "approve", waiting.digest)
        Outcome(status='executed', text='credited 9800 cents to C-1042')
    """
    if decision not in ("approve", "reject"):
        raise ValueError(f'decision must be "approve" or "reject", not {decision!r}')
    config = _config(thread_id)
    with _opened(desk) as graph:
        snapshot = graph.get_state(config)
        outcome = snapshot.values.get("outcome", {})
        # A call in the state does not mean that anybody was asked: it may be read-only, or have failed.
        if not snapshot.interrupts and outcome.get("status") not in ("executed", "rejected"):
            raise NothingPending(f"{thread_id} has nothing to decide")
        shown = _shown(snapshot.values)
        if digest != shown.digest:
            raise StaleApproval(f"{thread_id} proposes {shown.digest}, and the decision is about {digest}")
        if approver == shown.requester:
            raise SelfApproval(f"{approver} asked for it: somebody else has to decide")
        if snapshot.interrupts:
            outcome = graph.invoke(Command(resume=decision), config)["outcome"]
    return Outcome(**outcome)
