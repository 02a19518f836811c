"""The simulated provider: the OpenAI API in front of a script, offline, in virtual time.

Importing this package imports neither openai nor httpx2; `Simulator.client` and `gradus.sim.transport` do.
"""

from .clock import Clock, RealClock, VirtualClock
from .faults import (
    AwkwardStream,
    ConnectionReset,
    CutStream,
    Garbled,
    QuotaExhausted,
    RateLimited,
    ReadTimeout,
    ResetStream,
    ServerError,
    StallStream,
    StreamError,
    Unauthorized,
)
from .ledger import Exchange, Ledger
from .messages import Fault, Request, Response, Sleep
from .reply import Reply, ToolCall, Usage
from .script import Step
from .simulator import Simulator
from .unreliable import Outage, Unreliable

__all__ = [
    "AwkwardStream",
    "Clock",
    "ConnectionReset",
    "CutStream",
    "Exchange",
    "Fault",
    "Garbled",
    "Ledger",
    "Outage",
    "QuotaExhausted",
    "RateLimited",
    "ReadTimeout",
    "RealClock",
    "Reply",
    "Request",
    "ResetStream",
    "Response",
    "ServerError",
    "Simulator",
    "Sleep",
    "StallStream",
    "Step",
    "StreamError",
    "ToolCall",
    "Unauthorized",
    "Unreliable",
    "Usage",
    "VirtualClock",
]
