"""The two fork servers: `python -m gradus.grading.zygote worker|examiner FD [GRADER…]` imports once, then forks."""

from __future__ import annotations

import signal
import socket
import sys
from pathlib import Path

from gradus.grading.forking import serve_forks


def worker_zygote(control: socket.socket) -> None:
    """Fork workers, importing the libraries that the first of them needs just before."""
    from gradus.grading.preload import preload
    from gradus.grading.worker import WorkerJob, run_worker

    job, fds = serve_forks(control, lambda job: preload(tuple(job["libraries"])))
    wire = socket.socket(fileno=fds[0])
    run_worker(WorkerJob(**{**job, "libraries": tuple(job["libraries"])}), wire, fds[1])


def main() -> None:
    kind, fd, *graders = sys.argv[1:]
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    control = socket.socket(fileno=int(fd))
    if kind == "worker":
        worker_zygote(control)
    else:
        from gradus.grading.examiner import examiner_zygote

        examiner_zygote(control, [Path(grader) for grader in graders])


if __name__ == "__main__":
    main()
