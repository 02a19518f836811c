"""The simulated provider: the OpenAI API in front of a script, offline, in virtual time.

Importing this package imports neither openai nor httpx2; `Simulator.client` and `gradus.sim.transport` do.
"""

from .clock import VirtualClock
from .faults import (
    ConnectionReset,
    CutStream,
    QuotaExhausted,
    RateLimited,
    ReadTimeout,
    ServerError,
    Unauthorized,
)
from .ledger import Exchange, Ledger
from .messages import Fault, Request, Response, Sleep
from .reply import Reply, ToolCall, Usage
from .script import Step
from .simulator import Simulator

__all__ = [
    "ConnectionReset",
    "CutStream",
    "Exchange",
    "Fault",
    "Ledger",
    "QuotaExhausted",
    "RateLimited",
    "ReadTimeout",
    "Reply",
    "Request",
    "Response",
    "ServerError",
    "Simulator",
    "Sleep",
    "Step",
    "ToolCall",
    "Unauthorized",
    "Usage",
    "VirtualClock",
]
