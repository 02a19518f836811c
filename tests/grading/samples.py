"""Submissions of every kind, and what a fair grader says of each. What it tells is a part of the first failure's text."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

WriteSubmission = Callable[[str], Path]

RUN_MARK = "GRADUS_TEST_RUN"  # an environment variable by which a test run knows its own processes

SOLVED = """
def add(a, b):
    return a + b


def ask(client, question):
    reply = client.chat.completions.create(model="sim-small", messages=[{"role": "user", "content": question}])
    return reply.choices[0].message.content
"""

ADD_TODO = """
def add(a, b):
    raise NotImplementedError("Task 1")
"""

ASK = SOLVED[SOLVED.index("def ask") :]


def processes(mark: str) -> set[int]:
    """Every process whose run bears this mark, wherever it put itself. Empty where there is no /proc."""
    found = set()
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            if f"{RUN_MARK}={mark}\0".encode() in (entry / "environ").read_bytes():
                found.add(int(entry.name))
        except OSError:
            continue
    return found


@dataclass(frozen=True)
class Sample:
    """A submission, the verdicts of its two tasks, and what the report tells of it.

    `harms` says that it would harm the process that it runs in, so that it cannot be graded in loopback mode.
    """

    name: str
    source: str
    verdicts: tuple[str, str]
    tells: str = ""
    harms: bool = False


def before_solution(code: str) -> str:
    return code + SOLVED


def in_add(code: str) -> str:
    body = "\n".join(f"    {line}" for line in code.strip().splitlines())
    return f"def add(a, b):\n{body}\n\n\n{ASK}"


SAMPLES = (
    Sample("solved", SOLVED, ("passed", "passed")),
    Sample("untouched", ADD_TODO + '\n\ndef ask(client, question):\n    raise NotImplementedError("Task 2")\n', ("todo", "todo")),
    Sample("partly_solved", ADD_TODO + "\n\n" + ASK, ("todo", "passed")),
    Sample("blocked_by_another_task", ADD_TODO + "\n\ndef ask(client, question):\n    return add(1, 2)\n", ("todo", "blocked")),
    Sample("wrong", in_add("return a - b"), ("failed", "passed"), "expected: 5"),
    Sample("returns_nothing", in_add("pass"), ("failed", "passed"), "returned: None"),
    Sample("raises", in_add("raise ValueError('no such number')"), ("failed", "passed"), "raised ValueError: no such number"),
    Sample("syntax_error", "def add(a, b:\n    return a\n", ("failed", "failed"), "raised SyntaxError"),
    Sample("empty_file", "", ("failed", "failed"), "raised MissingName: add"),
    Sample("missing_function", ASK, ("failed", "passed"), "raised MissingName: add"),
    Sample("wrong_signature", "def add(a):\n    return a\n\n\n" + ASK, ("failed", "passed"), "takes 1 positional argument"),
    Sample("raises_at_import", before_solution("raise RuntimeError('not today')\n"), ("failed", "failed"), "not today"),
    Sample("endless_loop", in_add("while True:\n    pass"), ("timeout", "passed"), "did not return within", harms=True),
    Sample(
        "endless_loop_at_import", "while True:\n    pass\n", ("timeout", "timeout"), "did not return within", harms=True
    ),
    Sample("endless_output", in_add("while True:\n    print('line')"), ("crashed", "passed"), "printed more than", harms=True),
    Sample("eats_memory", in_add("data = []\nwhile True:\n    data.append(bytearray(16 << 20))"), ("crashed", "passed"),
           "MB of memory", harms=True),
    Sample("exits_at_import", "import os\nos._exit(0)\n", ("crashed", "crashed"), "exit status 0", harms=True),
    Sample("exits_in_a_check", in_add("import os\nos._exit(0)"), ("crashed", "passed"), "exit status 0", harms=True),
    Sample("sys_exit", in_add("import sys\nsys.exit(0)"), ("failed", "passed"), "raised SystemExit: 0"),
    Sample("sys_exit_at_import", "import sys\nsys.exit(0)\n", ("failed", "failed"), "raised SystemExit: 0"),
    Sample("segfault", in_add("import ctypes\nctypes.string_at(0)"), ("crashed", "passed"), "SIGSEGV", harms=True),
    Sample(
        "starts_threads",
        in_add(
            """
import threading, time
def spin():
    while True:
        time.sleep(1)
threading.Thread(target=spin, daemon=True).start()
return a + b
"""
        ),
        ("passed", "passed"),
        harms=True,
    ),
    Sample(
        "forks_children_that_outlive_it",
        in_add(
            """
import os, signal
if os.fork() == 0:
    os.setsid()
    if os.fork():
        os._exit(0)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    while True:
        signal.pause()
return a + b
"""
        ),
        ("passed", "passed"),
        harms=True,
    ),
    Sample(
        "opens_a_socket",
        in_add("import socket\nsocket.create_connection(('127.0.0.1', 9))\nreturn a + b"),
        ("failed", "passed"),
        "Exercises run offline",
    ),
    Sample("sleeps_an_hour", in_add("import time\ntime.sleep(3600)\nreturn a + b"), ("passed", "passed")),
    Sample(
        "sleeps_in_asyncio",
        in_add("import asyncio\nasyncio.run(asyncio.sleep(3600))\nreturn a + b"),
        ("passed", "passed"),
    ),
    Sample(
        "prints_what_looks_like_results",
        in_add("print('4 passed in 0.01s')\nprint('{\"answer\": 1, \"ok\": 5}')\nreturn 0"),
        ("failed", "passed"),
        "returned: 0",
    ),
    Sample(
        "deletes_files",
        before_solution(
            """
import os, shutil
for folder, _, files in os.walk(os.path.dirname(__file__)):
    for file in files:
        os.remove(os.path.join(folder, file))
"""
        ),
        ("failed", "failed"),
        "outside the folders",
        harms=True,
    ),
    Sample("changes_directory", in_add("import os\nos.chdir('/')\nreturn a + b"), ("passed", "passed"), harms=True),
    Sample("changes_signal_handlers", in_add("import signal\nsignal.alarm(1)\nreturn a + b"), ("passed", "passed"), harms=True),
    Sample("returns_a_generator", in_add("yield a + b"), ("failed", "passed"), "<generator>"),
    Sample("closes_its_output", in_add("import os\nos.closerange(0, 3)\nreturn a + b"), ("passed", "passed"), harms=True),
    Sample("closes_every_descriptor", in_add("import os\nos.closerange(0, 4096)\nreturn a + b"), ("crashed", "passed"),
           "exit status 0", harms=True),
)  # fmt: skip
