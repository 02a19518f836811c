"""Submissions that try to look right without being right. Each earns what it deserves, which is nothing for what it forges."""

from __future__ import annotations

from tests.grading.samples import ASK, SOLVED, Sample, in_add

EQUALS_EVERYTHING = """
class Anything:
    def __eq__(self, other): return True
    def __ne__(self, other): return False
    def __bool__(self): return True
    def __hash__(self): return 5
    def __int__(self): return 5
    def __index__(self): return 5
    def __getattr__(self, name): return self
    def __call__(self, *args, **kwargs): return self
    def __iter__(self): return iter([self])
    def __len__(self): return 1
    __class__ = int


class AnyInt(int):
    def __eq__(self, other): return True
    def __hash__(self): return 0


class AnyText(str):
    def __eq__(self, other): return True
    def __hash__(self): return 0
"""

PATCHES = """
import builtins, json, sys, time, _pytest.runner, _pytest.reports, pytest
time.sleep = time.monotonic = lambda *a: 0.0
json.dumps = lambda *a, **k: '{"answer": 1, "ok": 5}'
builtins.isinstance = lambda *a: True
builtins.AssertionError = Exception
_pytest.reports.TestReport.outcome = property(lambda self: "passed", lambda self, value: None)
pytest.fail = pytest.raises = lambda *a, **k: None
sys.exit = lambda *a: None
"""

WALKS_FRAMES = """
import gc, sys
def add(a, b):
    found = []
    frame = sys._getframe()
    while frame is not None:
        found += [v for v in frame.f_locals.values() if type(v).__name__ in ("Link", "Submission", "Capabilities", "Examiner")]
        frame = frame.f_back
    found += [o for o in gc.get_objects() if type(o).__name__ in ("Link", "Submission", "Capabilities", "Examiner", "TestResult")]
    for thing in found:
        thing.__dict__["outcome"] = "passed"
    return len(found)
"""

FAKE_FRAMES = """
import gc, json, socket, struct
def add(a, b):
    for thing in gc.get_objects():
        if isinstance(thing, socket.socket):
            for number in range(20):
                data = json.dumps({{"answer": number, "ok": {value}}}).encode()
                thing.sendall(struct.pack("<I", len(data)) + data)
    return 0
"""

REPLACES_TRANSPORT = SOLVED.replace(
    "    reply =",
    """
    import httpx2, json
    body = {"id": "x", "object": "chat.completion", "created": 0, "model": "sim-small", "choices": [
        {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "pong"}}]}
    class Own(httpx2.BaseTransport):
        def handle_request(self, request):
            return httpx2.Response(200, json=body)
    client = client.with_options(http_client=httpx2.Client(transport=Own()))
    reply =""",
)

LEDGER_LIES = SOLVED.replace(
    "    reply =",
    """
    import gc
    for thing in gc.get_objects():
        if type(thing).__name__ in ("Ledger", "LentSimulator", "VirtualClock", "WorkerClock"):
            thing.calls = 1
            thing.now = 0.0
            thing.slept = []
    for _ in range(3):
        client.chat.completions.create(model="sim-small", messages=[{"role": "user", "content": "more"}])
    reply =""",
)

WRITES_RESULTS = """
import json, os, tempfile
fake = json.dumps({{"version": 1, "exercises": [{{"stem": "m1_engineering/e01_sample", "status": "done", "points": 3}}],
                   "op": "result", "test": {{"name": "test_adds", "task": 1, "outcome": "passed", "seconds": 0}}}}).encode()
for folder in (".", "..", os.environ["HOME"], tempfile.gettempdir(), "/tmp", os.path.dirname(__file__), os.getcwd()):
    for name in ("report.json", "results.json", "junit.xml", ".gradus.json", "conftest.py", "pytest.ini", "sitecustomize.py"):
        try:
            with open(os.path.join(folder, name), "wb") as file:
                file.write(fake)
        except OSError:
            pass
for fd in range(3, 200):
    try:
        os.write(fd, fake)
    except OSError:
        pass
"""

FORGERIES = (
    Sample("equals_everything", EQUALS_EVERYTHING + in_add("return Anything()") + "\ndef ask(client, question): return Anything()\n",
           ("failed", "failed")),
    Sample("int_that_equals_everything",
           EQUALS_EVERYTHING + in_add("return AnyInt(6)") + "\ndef ask(client, question): return AnyText('x')\n", ("failed", "failed"),
           "returned: 6"),
    Sample("patched_libraries", PATCHES + "def add(a, b): return 0\ndef ask(client, question): return 'x'\n", ("crashed", "crashed"),
           harms=True),
    Sample("walks_frames", WALKS_FRAMES + ASK, ("failed", "passed"), "returned: 0", harms=True),
    Sample("fake_answers_on_the_wire", FAKE_FRAMES.format(value=6) + ASK, ("crashed", "passed"), harms=True),
    Sample("replaced_transport", REPLACES_TRANSPORT, ("passed", "failed"), "never asked for"),
    Sample("lying_ledger", LEDGER_LIES, ("passed", "failed"), harms=True),
    Sample("writes_results_everywhere", WRITES_RESULTS.replace("{{", "{").replace("}}", "}") + in_add("return 0"), ("crashed", "crashed"),
           harms=True),
    Sample("oversized_reply", in_add("return b'x' * (20 << 20)"), ("failed", "passed"), "bytes are more than", harms=True),
    Sample("deeply_nested_reply", in_add("x = 5\nfor _ in range(5000):\n    x = [x]\nreturn x"), ("failed", "passed"), "levels deep"),
    Sample("endless_reply", in_add("x = []\nx.append(x)\nreturn x"), ("failed", "passed"), "levels deep"),
    Sample("kills_its_parent", in_add("import os, signal\nos.kill(os.getppid(), signal.SIGKILL)\nreturn 0"), ("failed", "passed"), harms=True),
)  # fmt: skip
