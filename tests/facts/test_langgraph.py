"""What LangGraph and its SQLite checkpointer do, as lessons tell it. A failure here names a lesson to rewrite."""

from __future__ import annotations

import operator
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias, TypedDict

import pytest

from gradus.sim import Simulator, Unauthorized

if TYPE_CHECKING:
    from langchain_core.runnables import RunnableConfig
    from langgraph.checkpoint.base import BaseCheckpointSaver
    from langgraph.graph.state import CompiledStateGraph

    Graph: TypeAlias = CompiledStateGraph[Any, None, Any, Any]

THREAD: RunnableConfig = {"configurable": {"thread_id": "T-1"}}


class State(TypedDict, total=False):
    question: str
    answer: Any


class Items(TypedDict):
    items: list[str]


@dataclass(frozen=True)
class Note:
    text: str


def chain(schema: Any, *nodes: Any, saver: BaseCheckpointSaver[Any] | None = None) -> Graph:
    """A graph that runs the nodes one after the other."""
    from langgraph.graph import START, StateGraph

    graph = StateGraph(schema)
    previous = START
    for node in nodes:
        graph.add_node(node.__name__, node)
        graph.add_edge(previous, node.__name__)
        previous = node.__name__
    return graph.compile(checkpointer=saver)


def ask(state: State) -> State:
    from langgraph.types import interrupt

    return {"answer": interrupt(state["question"])}


def resume(value: Any) -> Any:
    from langgraph.types import Command

    return Command(resume=value)


@pytest.fixture
def saver(tmp_path: Path) -> Iterator[BaseCheckpointSaver[Any]]:
    from langgraph.checkpoint.sqlite import SqliteSaver

    with SqliteSaver.from_conn_string(str(tmp_path / "checkpoints.sqlite")) as opened:
        yield opened


# Interrupts


def test_interrupt_without_a_checkpointer_raises_nothing() -> None:
    graph = chain(State, ask)
    (interrupt,) = graph.invoke({"question": "sure?"})["__interrupt__"]
    assert interrupt.value == "sure?"
    with pytest.raises(RuntimeError, match="without checkpointer"):
        graph.invoke(resume("yes"))
    with pytest.raises(ValueError, match="No checkpointer set"):
        graph.get_state(THREAD)


def test_a_checkpointer_needs_a_thread_id(saver: BaseCheckpointSaver[Any]) -> None:
    with pytest.raises(ValueError, match="thread_id"):
        chain(State, ask, saver=saver).invoke({"question": "sure?"})


def test_the_node_runs_again_from_its_first_line_on_resume(saver: BaseCheckpointSaver[Any]) -> None:
    began: list[str] = []

    def first(state: State) -> None:
        began.append("first")

    def second(state: State) -> State:
        began.append("second")
        return ask(state)

    graph = chain(State, first, second, saver=saver)
    assert "__interrupt__" in graph.invoke({"question": "sure?"}, THREAD)
    assert began == ["first", "second"]
    assert graph.invoke(resume("no"), THREAD) == {"question": "sure?", "answer": "no"}
    assert began == ["first", "second", "second"]


def test_a_paused_thread_is_in_the_file(tmp_path: Path) -> None:
    from langgraph.checkpoint.sqlite import SqliteSaver

    file = str(tmp_path / "checkpoints.sqlite")
    with SqliteSaver.from_conn_string(file) as saver:
        chain(State, ask, saver=saver).invoke({"question": "sure?"}, THREAD)
    with SqliteSaver.from_conn_string(file) as saver:
        graph = chain(State, ask, saver=saver)
        paused = graph.get_state(THREAD)
        assert (paused.values, paused.next) == ({"question": "sure?"}, ("ask",))
        assert [interrupt.value for interrupt in paused.interrupts] == ["sure?"]
        assert graph.invoke(resume("yes"), THREAD)["answer"] == "yes"
        assert graph.get_state(THREAD).interrupts == ()


def test_new_input_on_a_paused_thread_replaces_the_interrupt(saver: BaseCheckpointSaver[Any]) -> None:
    graph = chain(State, ask, saver=saver)
    graph.invoke({"question": "98 euros?"}, THREAD)
    graph.invoke({"question": "980 euros?"}, THREAD)
    assert [interrupt.value for interrupt in graph.get_state(THREAD).interrupts] == ["980 euros?"]
    assert graph.invoke(resume("yes"), THREAD) == {"question": "980 euros?", "answer": "yes"}


def test_resuming_a_finished_thread_runs_nothing(saver: BaseCheckpointSaver[Any]) -> None:
    graph = chain(State, ask, saver=saver)
    graph.invoke({"question": "sure?"}, THREAD)
    first = graph.invoke(resume("no"), THREAD)
    assert graph.invoke(resume("yes"), THREAD) == first == {"question": "sure?", "answer": "no"}


def test_resuming_an_unknown_thread_starts_it(saver: BaseCheckpointSaver[Any]) -> None:
    began: list[State] = []

    def first(state: State) -> None:
        began.append(state)

    graph = chain(State, first, saver=saver)
    assert graph.get_state(THREAD).values == {}
    graph.invoke(resume("yes"), THREAD)
    assert began == [{}]


def test_after_a_failure_behind_an_interrupt_it_is_still_pending_and_the_first_answer_stands(
    saver: BaseCheckpointSaver[Any],
) -> None:
    answers: list[Any] = []

    def act(state: State) -> State:
        answer = ask(state)
        answers.append(answer["answer"])
        if len(answers) == 1:
            raise ConnectionError
        return answer

    graph = chain(State, act, saver=saver)
    graph.invoke({"question": "sure?"}, THREAD)
    with pytest.raises(ConnectionError):
        graph.invoke(resume("yes"), THREAD)
    assert len(graph.get_state(THREAD).interrupts) == 1
    graph.invoke(resume("no"), THREAD)
    assert answers == ["yes", "yes"]


def test_a_failure_in_the_node_after_the_one_that_asked_leaves_no_interrupt(saver: BaseCheckpointSaver[Any]) -> None:
    def act(state: State) -> None:
        raise ConnectionError

    graph = chain(State, ask, act, saver=saver)
    graph.invoke({"question": "sure?"}, THREAD)
    with pytest.raises(ConnectionError):
        graph.invoke(resume("yes"), THREAD)
    assert (graph.get_state(THREAD).interrupts, graph.get_state(THREAD).next) == ((), ("act",))


def test_next_names_a_node_that_failed_too(saver: BaseCheckpointSaver[Any]) -> None:
    def plan(state: State) -> None:
        raise ConnectionError

    graph = chain(State, plan, saver=saver)
    with pytest.raises(ConnectionError):
        graph.invoke({"question": "sure?"}, THREAD)
    assert (graph.get_state(THREAD).interrupts, graph.get_state(THREAD).next) == ((), ("plan",))


def test_except_exception_swallows_an_interrupt(saver: BaseCheckpointSaver[Any]) -> None:
    def careless(state: State) -> State:
        try:
            return ask(state)
        except Exception as error:
            return {"answer": type(error).__name__}

    graph = chain(State, careless, saver=saver)
    assert graph.invoke({"question": "sure?"}, THREAD) == {"question": "sure?", "answer": "GraphInterrupt"}


def test_finished_tasks_of_an_entrypoint_do_not_run_again_on_resume(saver: BaseCheckpointSaver[Any]) -> None:
    from langgraph.func import entrypoint, task
    from langgraph.types import interrupt

    began: list[str] = []

    @task
    def plan() -> str:
        began.append("plan")
        return "98 euros"

    @entrypoint(checkpointer=saver)
    def workflow(request: str) -> str:
        began.append("workflow")
        proposal = plan().result()
        return f"{proposal}: {interrupt(proposal)}"

    workflow.invoke("credit", THREAD)
    assert workflow.invoke(resume("yes"), THREAD) == "98 euros: yes"
    assert began == ["workflow", "plan", "workflow"]


# State and checkpoints


def test_what_a_finished_node_returned_is_in_the_checkpoint(saver: BaseCheckpointSaver[Any]) -> None:
    def plan(state: State) -> State:
        return {"answer": "98 euros"}

    def act(state: State) -> None:
        raise ConnectionError

    graph = chain(State, plan, act, saver=saver)
    with pytest.raises(ConnectionError):
        graph.invoke({"question": "how much?"}, THREAD)
    assert graph.get_state(THREAD).values == {"question": "how much?", "answer": "98 euros"}


def test_state_outlives_the_request(saver: BaseCheckpointSaver[Any]) -> None:
    def answer(state: State) -> State:
        return {"answer": state.get("answer", "first")}

    graph = chain(State, answer, saver=saver)
    graph.invoke({"question": "one", "answer": "kept"}, THREAD)
    assert graph.invoke({"question": "two"}, THREAD) == {"question": "two", "answer": "kept"}


def test_unknown_keys_are_dropped_silently() -> None:
    def misspelled(state: State) -> dict[str, str]:
        return {"anwser": "yes"}

    assert chain(State, misspelled).invoke({"question": "sure?", "unknown": 1}) == {"question": "sure?"}


def test_a_mutation_in_place_shows_in_the_result_but_not_in_the_checkpoint() -> None:
    from langgraph.checkpoint.memory import InMemorySaver

    graph = chain(Items, append_in_place, saver=InMemorySaver())
    assert graph.invoke({"items": []}, THREAD) == {"items": ["added"]}
    assert graph.get_state(THREAD).values == {"items": []}


def test_the_sqlite_saver_writes_the_whole_state_and_with_it_a_mutation_in_place(
    saver: BaseCheckpointSaver[Any],
) -> None:
    graph = chain(Items, append_in_place, saver=saver)
    assert graph.invoke({"items": []}, THREAD) == {"items": ["added"]}
    assert graph.get_state(THREAD).values == {"items": ["added"]}


def append_in_place(state: Items) -> None:
    state["items"].append("added")


def test_a_class_of_ones_own_comes_back_from_the_file_with_a_warning(
    saver: BaseCheckpointSaver[Any], caplog: pytest.LogCaptureFixture
) -> None:
    graph = chain(State, ask, saver=saver)
    graph.invoke({"question": "sure?", "answer": Note("draft")}, THREAD)
    assert graph.get_state(THREAD).values["answer"] == Note("draft")
    assert "unregistered type" in caplog.text
    assert "blocked in a future version" in caplog.text


def test_parallel_writes_to_one_key_need_a_reducer() -> None:
    from langgraph.errors import InvalidUpdateError

    class Summed(TypedDict):
        answer: Annotated[int, operator.add]

    with pytest.raises(InvalidUpdateError, match="one value per step"):
        parallel(State, left, right).invoke({"answer": 0})
    assert parallel(Summed, left, right).invoke({"answer": 0}) == {"answer": 2}


def left(state: State) -> State:
    return {"answer": 1}


def right(state: State) -> State:
    return {"answer": 1}


def parallel(schema: Any, *nodes: Any, saver: BaseCheckpointSaver[Any] | None = None) -> Graph:
    """A graph that runs the nodes in the same step."""
    from langgraph.graph import START, StateGraph

    graph = StateGraph(schema)
    for node in nodes:
        graph.add_node(node.__name__, node)
        graph.add_edge(START, node.__name__)
    return graph.compile(checkpointer=saver)


def test_successful_siblings_of_a_failed_node_do_not_run_again(saver: BaseCheckpointSaver[Any]) -> None:
    began: list[str] = []

    def steady(state: State) -> State:
        began.append("steady")
        return {"answer": 1}

    def shaky(state: State) -> None:
        began.append("shaky")
        if began.count("shaky") == 1:
            raise ConnectionError

    graph = parallel(State, steady, shaky, saver=saver)
    with pytest.raises(ConnectionError):
        graph.invoke({"question": "sure?"}, THREAD)
    assert graph.invoke(None, THREAD) == {"question": "sure?", "answer": 1}
    assert (began.count("steady"), began.count("shaky")) == (1, 2)


# Limits and retries


def test_the_default_recursion_limit_is_10007() -> None:
    from langgraph.errors import GraphRecursionError
    from langgraph.graph import START, StateGraph

    graph = StateGraph(State)
    graph.add_node("left", left)
    graph.add_edge(START, "left")
    graph.add_edge("left", "left")
    with pytest.raises(GraphRecursionError, match="limit of 10007 reached"):
        graph.compile().invoke({"answer": 0})


@pytest.mark.parametrize("status", [400, 401])
def test_the_default_retry_policy_retries_what_can_never_succeed(status: int) -> None:
    from langgraph.graph import START, StateGraph
    from langgraph.types import RetryPolicy
    from openai import APIStatusError

    sim = Simulator()
    sim.otherwise(Unauthorized())
    client = sim.client(max_retries=0)
    messages = [] if status == 400 else [{"role": "user", "content": "ping"}]

    def call(state: State) -> None:
        client.chat.completions.create(model="sim-small", messages=messages)  # type: ignore[arg-type]

    graph = StateGraph(State)
    graph.add_node("call", call, retry_policy=RetryPolicy(initial_interval=0, jitter=False))
    graph.add_edge(START, "call")
    with pytest.raises(APIStatusError) as caught:
        graph.compile().invoke({"question": "ping"})
    assert (caught.value.status_code, sim.ledger.calls) == (status, 3)
