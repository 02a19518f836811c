"""Differently built: a breaker that keeps nothing but moments and counts, a cache of nested tables, and a gateway that
walks through a request's options as a generator."""

from __future__ import annotations

import itertools
import re
from collections import defaultdict
from collections.abc import Generator
from dataclasses import dataclass
from typing import Literal

Model = Literal["large", "small"]


@dataclass(frozen=True)
class ModelLimits:
    limit: int
    per_tenant: int
    timeout: float


@dataclass(frozen=True)
class Config:
    large: ModelLimits = ModelLimits(limit=20, per_tenant=6, timeout=2.0)
    small: ModelLimits = ModelLimits(limit=16, per_tenant=5, timeout=1.0)
    window: int = 20
    max_failures: int = 10
    cool_down: float = 20.0
    probes: int = 2
    ttl: float = 300.0
    retry_every: int = 10
    retry_burst: int = 50


@dataclass(frozen=True)
class Request:
    id: int
    tenant: str
    prompt_version: str
    question: str
    deadline: float


@dataclass(frozen=True)
class Result:
    outcome: Literal["answer", "error", "timeout"]
    text: str = ""


@dataclass(frozen=True)
class Call:
    model: Model
    timeout: float


@dataclass(frozen=True)
class Answer:
    text: str


@dataclass(frozen=True)
class Reject:
    reason: str


Action = Call | Answer | Reject


@dataclass(frozen=True)
class Permit:
    epoch: int


class CircuitBreaker:
    def __init__(self, *, window: int, max_failures: int, cool_down: float, probes: int) -> None:
        self.window, self.max_failures, self.cool_down, self.probes = window, max_failures, cool_down, probes
        self.epochs = itertools.count()
        self.close()

    def close(self) -> None:
        self.epoch = next(self.epochs)
        self.opened: float | None = None
        self.probing: list[bool | None] | None = None  # the probes given out: None until they have succeeded
        self.recorded = 0
        self.failed_at: list[int] = []  # the numbers of the failures among the results

    def open(self, now: float) -> None:
        self.epoch = next(self.epochs)
        self.opened, self.probing = now, None

    def acquire(self, now: float) -> Permit | None:
        if self.opened is None:
            return Permit(self.epoch)
        if self.probing is None:
            if now < self.opened + self.cool_down:
                return None
            self.epoch = next(self.epochs)
            self.probing = []
        if len(self.probing) >= self.probes:
            return None
        self.probing.append(None)
        return Permit(self.epoch)

    def record(self, permit: Permit, ok: bool, now: float) -> None:
        if permit.epoch < self.epoch:
            return
        if self.probing is not None:
            if not ok:
                self.open(now)
            else:
                self.probing[self.probing.index(None)] = True
                if self.probing.count(True) == self.probes:
                    self.close()
            return
        self.recorded += 1
        if not ok:
            self.failed_at.append(self.recorded)
            recent = self.failed_at[-self.max_failures :]
            if len(recent) == self.max_failures and recent[0] > self.recorded - self.window:
                self.open(now)


class AnswerCache:
    def __init__(self, ttl: float) -> None:
        self.ttl = ttl
        self.tables: defaultdict[str, defaultdict[str, dict[tuple[str, Model], tuple[float, str]]]] = defaultdict(
            lambda: defaultdict(dict)
        )

    def get(self, request: Request, model: Model, now: float) -> str | None:
        table = self.tables[request.tenant][request.prompt_version]
        put, text = table.get((self.plain(request.question), model), (float("-inf"), ""))
        return None if now - put >= self.ttl else text

    def put(self, request: Request, model: Model, text: str, now: float) -> None:
        self.tables[request.tenant][request.prompt_version][self.plain(request.question), model] = now, text

    def plain(self, question: str) -> str:
        return re.sub(r"\s+", " ", question.strip()).casefold()


class Bulkhead:
    def __init__(self, limit: int, per_tenant: int) -> None:
        self.room = limit
        self.per_tenant = per_tenant
        self.inside: list[str] = []

    def enter(self, tenant: str) -> bool:
        if len(self.inside) < self.room and self.inside.count(tenant) < self.per_tenant:
            self.inside.append(tenant)
            return True
        return False

    def leave(self, tenant: str) -> None:
        self.inside.remove(tenant)


class RetryBudget:
    def __init__(self, *, every: int, burst: int) -> None:
        self.every, self.burst = every, burst
        self.whole, self.parts = burst, 0

    def earn(self) -> None:
        if self.whole < self.burst:
            self.parts += 1
            if self.parts == self.every:
                self.whole, self.parts = self.whole + 1, 0

    def spend(self) -> bool:
        if self.whole == 0:
            return False
        self.whole -= 1
        return True


Course = Generator[Action, tuple[Result, float], None]


class Gateway:
    def __init__(self, config: Config) -> None:
        self.limits: dict[Model, ModelLimits] = {"large": config.large, "small": config.small}
        self.breakers: dict[Model, CircuitBreaker] = {}
        self.bulkheads: dict[Model, Bulkhead] = {}
        for model, limits in self.limits.items():
            self.bulkheads[model] = Bulkhead(limits.limit, limits.per_tenant)
            self.breakers[model] = CircuitBreaker(
                window=config.window,
                max_failures=config.max_failures,
                cool_down=config.cool_down,
                probes=config.probes,
            )
        self.cache = AnswerCache(config.ttl)
        self.budget = RetryBudget(every=config.retry_every, burst=config.retry_burst)
        self.courses: dict[int, Course] = {}

    def on_request(self, request: Request, now: float) -> Action:
        course = self.course_of(request, now)
        action = next(course)
        if isinstance(action, Call):
            self.courses[request.id] = course
        return action

    def on_result(self, request: Request, result: Result, now: float) -> Action:
        action = self.courses[request.id].send((result, now))
        if not isinstance(action, Call):
            del self.courses[request.id]
        return action

    def course_of(self, request: Request, now: float) -> Course:
        """All that happens to one request, from its arrival to its end."""
        self.budget.earn()
        models: list[Model] = ["large", "small"]
        for attempt in (1, 2):
            began = None
            for model in models:
                text = self.cache.get(request, model, now)
                if text is not None:
                    yield Answer(text)
                    return
                if now >= request.deadline:
                    break
                if attempt == 2 and not self.budget.spend():
                    break
                permit = self.permit_for(model, request.tenant, now)
                if permit is not None:
                    began = model, permit
                    break
            if began is None:
                yield Reject(f"no call number {attempt} is possible")
                return
            model, permit = began
            result, now = yield Call(model, min(self.limits[model].timeout, request.deadline - now))
            self.bulkheads[model].leave(request.tenant)
            self.breakers[model].record(permit, result.outcome == "answer", now)
            if result.outcome == "answer":
                self.cache.put(request, model, result.text, now)
                yield Answer(result.text)
                return
            if now >= request.deadline:
                break
            models = ["small"]
        yield Reject("failed")

    def permit_for(self, model: Model, tenant: str, now: float) -> Permit | None:
        if not self.bulkheads[model].enter(tenant):
            return None
        permit = self.breakers[model].acquire(now)
        if permit is None:
            self.bulkheads[model].leave(tenant)
        return permit
