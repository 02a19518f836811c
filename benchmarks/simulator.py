"""The simulated provider: the streams its server carries, beside a bare socket server that writes the same bytes."""

from __future__ import annotations

import json
import resource
import selectors
import socket
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

from benchmarks.timing import seconds

CONCURRENT = (1, 50, 200)
REQUESTS = 400
REPLY = "word " * 50
BODY = json.dumps({"model": "sim-small", "stream": True, "messages": [{"role": "user", "content": "ping"}]}).encode()
REQUEST = b"POST /v1/chat/completions HTTP/1.1\r\nhost: localhost\r\ncontent-length: %d\r\n\r\n" % len(BODY) + BODY
END = b"\r\n0\r\n\r\n"


def main() -> None:
    from benchmarks.calls import in_process  # not above: the servers below are to hold no more than they need

    in_process()
    over_http()


def over_http() -> None:
    print(f"\nstreams of {len(_canned())} chunks over HTTP, peak memory of the serving process")
    print(f"{'at once':>8}  {'gradus serve':>22}  {'a bare socket server':>22}")
    for concurrent in CONCURRENT:
        columns = [_measured(kind, concurrent) for kind in ("simulator", "bare")]
        print(f"{concurrent:8}  " + "  ".join(f"{rate:8.0f}/s {memory:8.0f} MB" for rate, memory in columns))


def _measured(kind: str, concurrent: int) -> tuple[float, float]:
    """Requests per second and MB of a server of this kind in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.simulator", kind]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        port = int(process.stdout.readline())
        took = seconds(lambda: _stream(port, concurrent), rounds=3)
        process.stdin.close()
        memory = float(process.stdout.readline())
    return REQUESTS / took, memory


def _stream(port: int, concurrent: int) -> None:
    """REQUESTS streams, so many at once, each connection used again and again; from one thread, to disturb little."""
    unsent = REQUESTS
    with selectors.DefaultSelector() as selector:
        for _ in range(concurrent):
            selector.register(socket.create_connection(("127.0.0.1", port)), selectors.EVENT_READ, bytearray())
        for key in list(selector.get_map().values()):
            _socket(key).sendall(REQUEST)
            unsent -= 1
        while selector.get_map():
            for key, _ in selector.select():
                tail: bytearray = key.data
                data = _socket(key).recv(65_536)
                if not data:
                    raise RuntimeError("the server closed a stream before its end")
                tail += data
                del tail[: -len(END)]
                if tail != END:
                    continue
                if unsent > 0:
                    tail.clear()
                    _socket(key).sendall(REQUEST)
                    unsent -= 1
                else:
                    selector.unregister(key.fileobj)
                    _socket(key).close()


def _socket(key: selectors.SelectorKey) -> socket.socket:
    assert isinstance(key.fileobj, socket.socket)
    return key.fileobj


def _canned() -> list[bytes]:
    """A response of the simulator in the pieces in which its server sends it."""

    from gradus.sim import Request, Simulator

    simulator = Simulator()
    simulator.script(REPLY)
    chunks = simulator.handle(Request("POST", "/v1/chat/completions", body=BODY)).chunks
    return [b"%x\r\n%s\r\n" % (len(chunk), chunk) for chunk in chunks if isinstance(chunk, bytes)]


def _serve_simulator() -> None:
    from gradus.sim import RealClock, Simulator
    from gradus.sim.server import Server

    simulator = Simulator(clock=RealClock(), keep=1000)
    simulator.otherwise(REPLY)
    with Server(simulator) as server:
        print(server.port, flush=True)
        sys.stdin.read()


def _serve_bare() -> None:
    head = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
    first, *rest = _canned()
    pieces = [head + first, *rest, END[2:]]

    def answer(client: socket.socket) -> None:
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        while client.recv(65_536):
            for piece in pieces:
                client.sendall(piece)

    def accept(listener: socket.socket) -> None:
        while True:
            threading.Thread(target=answer, args=(listener.accept()[0],), daemon=True).start()

    listener = socket.create_server(("127.0.0.1", 0), backlog=512)
    threading.Thread(target=accept, args=(listener,), daemon=True).start()
    print(listener.getsockname()[1], flush=True)
    sys.stdin.read()


def _peak_memory() -> float:
    """MB that this process held at most."""
    status = Path("/proc/self/status")
    if status.exists():
        # Linux hands ru_maxrss down from parent to child; this is the process's own.
        [line] = [line for line in status.read_text().splitlines() if line.startswith("VmHWM")]
        return int(line.split()[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2


if __name__ == "__main__":
    servers: dict[str, Callable[[], None]] = {"simulator": _serve_simulator, "bare": _serve_bare}
    if len(sys.argv) > 1:
        servers[sys.argv[1]]()
        print(_peak_memory(), flush=True)
    else:
        main()
