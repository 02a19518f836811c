"""The rows of the operations database: one class for each table, its fields in the order of the table's columns."""

from dataclasses import dataclass

Value = str | int | None


@dataclass(frozen=True)
class Tenant:
    id: str
    name: str
    region: str
    business: str


@dataclass(frozen=True)
class Staff:
    id: str
    name: str
    role: str
    credit_limit_cents: int | None


@dataclass(frozen=True)
class Customer:
    id: str
    tenant_id: str
    name: str
    contact_name: str
    contact_mail: str
    contact_phone: str
    street: str
    time_zone: str
    region: str

    @property
    def currency(self) -> str:
        return "EUR" if self.region == "EU" else "USD"


@dataclass(frozen=True)
class Plan:
    id: str
    device_limit: int
    ships_first: int


@dataclass(frozen=True)
class PlanPrice:
    plan_id: str
    currency: str
    monthly_cents: int


@dataclass(frozen=True)
class Subscription:
    id: str
    customer_id: str
    plan_id: str
    monthly_cents: int
    currency: str
    started_on: str
    renews_on: str | None
    status: str
    cancelled_on: str | None


@dataclass(frozen=True)
class Invoice:
    id: str
    customer_id: str
    quarter: str
    amount_cents: int
    currency: str
    issued_on: str
    due_on: str
    status: str
    paid_on: str | None


@dataclass(frozen=True)
class Model:
    id: str
    kind: str
    warranty_months: int


@dataclass(frozen=True)
class Device:
    serial: str
    model_id: str
    customer_id: str
    firmware: str
    status: str
    activated_on: str
    warranty_until: str
    gateway_serial: str | None
    last_seen_at: str | None


@dataclass(frozen=True)
class Ticket:
    id: str
    customer_id: str
    device_serial: str | None
    subject: str
    body: str
    status: str
    priority: str
    queue: str
    assignee: str | None
    created_at: str
    updated_at: str


@dataclass(frozen=True)
class Note:
    id: int
    ticket_id: str
    author: str
    visibility: str
    body: str
    created_at: str


@dataclass(frozen=True)
class Rma:
    id: str
    ticket_id: str
    device_serial: str
    status: str
    ships_first: int
    requested_by: str
    approved_by: str | None
    replacement_serial: str | None
    created_at: str
    updated_at: str


@dataclass(frozen=True)
class Credit:
    id: str
    customer_id: str
    amount_cents: int
    currency: str
    reason: str
    ticket_id: str
    booked_by: str
    approved_by: str | None
    reverses: str | None
    idempotency_key: str
    created_at: str


@dataclass(frozen=True)
class AuditEntry:
    id: int
    at: str
    actor: str
    action: str
    target: str
    detail: str
