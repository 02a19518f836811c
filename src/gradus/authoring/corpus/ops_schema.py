"""The tables of the operations database: tickets, devices and billing."""

SCHEMA = """\
-- Coldtrail's operations database as it stands on 1 October 2026, 08:00 UTC.
-- Money is in integer cents beside its currency. Dates are YYYY-MM-DD; moments are UTC, YYYY-MM-DDTHH:MM:SSZ.
-- SQLite checks foreign keys only on connections that ask for it: PRAGMA foreign_keys = ON.

CREATE TABLE tenants (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  region TEXT NOT NULL CHECK (region IN ('EU', 'US')),
  business TEXT NOT NULL CHECK (business IN ('pharmacies', 'kitchens', 'couriers'))
) STRICT;

CREATE TABLE staff (
  id TEXT PRIMARY KEY CHECK (id GLOB 'ST-[0-9][0-9]'),
  name TEXT NOT NULL UNIQUE,
  role TEXT NOT NULL CHECK (role IN (
    'assistant', 'tier_1', 'tier_2', 'team_lead', 'billing_desk', 'billing_head', 'quality_desk', 'on_call')),
  -- for one ticket in all, in the customer's currency; NULL: no limit
  credit_limit_cents INTEGER CHECK (credit_limit_cents >= 0)
) STRICT;

CREATE TABLE customers (
  id TEXT PRIMARY KEY CHECK (id GLOB 'C-[0-9][0-9][0-9]'),
  tenant_id TEXT NOT NULL REFERENCES tenants (id),
  name TEXT NOT NULL UNIQUE,
  contact_name TEXT NOT NULL,
  contact_mail TEXT NOT NULL CHECK (contact_mail LIKE '_%@_%'),
  contact_phone TEXT NOT NULL,
  street TEXT NOT NULL,
  time_zone TEXT NOT NULL,
  region TEXT NOT NULL CHECK (region IN ('EU', 'US')) -- decides currency and policies, whatever the tenant's region is
) STRICT;

CREATE TABLE plans (
  id TEXT PRIMARY KEY,
  device_limit INTEGER NOT NULL CHECK (device_limit > 0), -- counts every device of the customer that is not retired
  ships_first INTEGER NOT NULL CHECK (ships_first IN (0, 1)) -- 1: a replacement leaves before the faulty device is back
) STRICT;

CREATE TABLE plan_prices (
  plan_id TEXT NOT NULL REFERENCES plans (id),
  currency TEXT NOT NULL CHECK (currency IN ('EUR', 'USD')),
  monthly_cents INTEGER NOT NULL CHECK (monthly_cents > 0),
  PRIMARY KEY (plan_id, currency)
) STRICT;

CREATE TABLE subscriptions (
  id TEXT PRIMARY KEY CHECK (id GLOB 'SUB-[0-9][0-9][0-9]'),
  customer_id TEXT NOT NULL UNIQUE REFERENCES customers (id),
  plan_id TEXT NOT NULL REFERENCES plans (id),
  monthly_cents INTEGER NOT NULL CHECK (monthly_cents > 0),
  currency TEXT NOT NULL CHECK (currency IN ('EUR', 'USD')),
  started_on TEXT NOT NULL CHECK (started_on IS date(started_on)),
  renews_on TEXT CHECK (renews_on IS date(renews_on)),
  -- past_due: an invoice is overdue; suspended: for more than 45 days in the EU, 21 days in the US
  status TEXT NOT NULL CHECK (status IN ('active', 'past_due', 'suspended', 'cancelled')),
  cancelled_on TEXT CHECK (cancelled_on IS date(cancelled_on)),
  CHECK ((status = 'cancelled') = (cancelled_on IS NOT NULL)),
  CHECK ((status = 'cancelled') = (renews_on IS NULL))
) STRICT;

CREATE TABLE invoices (
  id TEXT PRIMARY KEY CHECK (id GLOB 'INV-[0-9][0-9][0-9][0-9][0-9]'),
  customer_id TEXT NOT NULL REFERENCES customers (id),
  quarter TEXT NOT NULL CHECK (quarter GLOB '20[0-9][0-9]-Q[1-4]'),
  amount_cents INTEGER NOT NULL CHECK (amount_cents > 0),
  currency TEXT NOT NULL CHECK (currency IN ('EUR', 'USD')),
  issued_on TEXT NOT NULL CHECK (issued_on IS date(issued_on)),
  due_on TEXT NOT NULL CHECK (due_on IS date(due_on) AND due_on >= issued_on),
  status TEXT NOT NULL CHECK (status IN ('open', 'paid', 'overdue', 'void')),
  paid_on TEXT CHECK (paid_on IS date(paid_on)),
  CHECK ((status = 'paid') = (paid_on IS NOT NULL))
) STRICT;

CREATE TABLE models (
  id TEXT PRIMARY KEY,
  kind TEXT NOT NULL CHECK (kind IN ('gateway', 'logger', 'tracker')),
  warranty_months INTEGER NOT NULL CHECK (warranty_months > 0) -- from the day of activation; not for replacements
) STRICT;

CREATE TABLE devices (
  serial TEXT PRIMARY KEY,
  model_id TEXT NOT NULL REFERENCES models (id),
  customer_id TEXT NOT NULL REFERENCES customers (id),
  -- 2.10 comes after 2.9; 5.4 is a gateway's
  firmware TEXT NOT NULL CHECK (firmware IN ('2.8', '2.9', '2.10', '3.0', '3.1', '3.2', '5.4')),
  status TEXT NOT NULL CHECK (status IN ('active', 'faulty', 'in_rma', 'retired')),
  activated_on TEXT NOT NULL CHECK (activated_on IS date(activated_on)),
  warranty_until TEXT NOT NULL CHECK (warranty_until IS date(warranty_until)), -- the last day that is covered
  gateway_serial TEXT REFERENCES devices (serial), -- what a logger reports through; trackers and gateways have none
  last_seen_at TEXT CHECK (last_seen_at IS strftime('%Y-%m-%dT%H:%M:%SZ', last_seen_at)),
  CHECK (serial GLOB 'SN-' || substr(model_id, 4) || '-[0-9][0-9][0-9][0-9]'),
  CHECK (warranty_until > activated_on)
) STRICT;

CREATE TABLE tickets (
  id TEXT PRIMARY KEY CHECK (id GLOB 'T-[0-9][0-9][0-9][0-9]'),
  customer_id TEXT NOT NULL REFERENCES customers (id),
  device_serial TEXT REFERENCES devices (serial),
  subject TEXT NOT NULL,
  body TEXT NOT NULL, -- the customer's own words
  status TEXT NOT NULL CHECK (status IN ('new', 'open', 'waiting', 'solved', 'closed')),
  priority TEXT NOT NULL CHECK (priority IN ('P1', 'P2', 'P3', 'P4')),
  queue TEXT NOT NULL CHECK (queue IN ('tier_1', 'tier_2', 'team_lead', 'billing', 'quality', 'on_call')),
  assignee TEXT REFERENCES staff (id),
  created_at TEXT NOT NULL CHECK (created_at IS strftime('%Y-%m-%dT%H:%M:%SZ', created_at)),
  updated_at TEXT NOT NULL CHECK (updated_at IS strftime('%Y-%m-%dT%H:%M:%SZ', updated_at)),
  CHECK (updated_at >= created_at)
) STRICT;

CREATE TABLE ticket_notes (
  id INTEGER PRIMARY KEY,
  ticket_id TEXT NOT NULL REFERENCES tickets (id),
  author TEXT NOT NULL, -- a staff id or a customer id
  visibility TEXT NOT NULL CHECK (visibility IN ('public', 'internal')), -- public: the customer reads it
  body TEXT NOT NULL,
  created_at TEXT NOT NULL CHECK (created_at IS strftime('%Y-%m-%dT%H:%M:%SZ', created_at))
) STRICT;

CREATE TABLE rmas (
  id TEXT PRIMARY KEY CHECK (id GLOB 'RMA-[0-9][0-9][0-9][0-9]'),
  ticket_id TEXT NOT NULL REFERENCES tickets (id),
  device_serial TEXT NOT NULL REFERENCES devices (serial),
  status TEXT NOT NULL CHECK (status IN ('requested', 'approved', 'shipped', 'received', 'closed', 'cancelled')),
  ships_first INTEGER NOT NULL CHECK (ships_first IN (0, 1)),
  requested_by TEXT NOT NULL REFERENCES staff (id),
  approved_by TEXT REFERENCES staff (id),
  replacement_serial TEXT REFERENCES devices (serial),
  created_at TEXT NOT NULL CHECK (created_at IS strftime('%Y-%m-%dT%H:%M:%SZ', created_at)),
  updated_at TEXT NOT NULL CHECK (updated_at IS strftime('%Y-%m-%dT%H:%M:%SZ', updated_at)),
  CHECK (status IN ('requested', 'cancelled') OR approved_by IS NOT NULL),
  CHECK (replacement_serial <> device_serial),
  CHECK (updated_at >= created_at)
) STRICT;

CREATE TABLE credit_ledger (
  id TEXT PRIMARY KEY CHECK (id GLOB 'CR-[0-9][0-9][0-9][0-9]'),
  customer_id TEXT NOT NULL REFERENCES customers (id),
  amount_cents INTEGER NOT NULL CHECK (amount_cents <> 0), -- negative: takes back the credit that `reverses` names
  currency TEXT NOT NULL CHECK (currency IN ('EUR', 'USD')),
  reason TEXT NOT NULL,
  ticket_id TEXT NOT NULL REFERENCES tickets (id),
  booked_by TEXT NOT NULL REFERENCES staff (id),
  approved_by TEXT REFERENCES staff (id), -- somebody else: needed where the ticket's credits exceed the booker's limit
  reverses TEXT UNIQUE REFERENCES credit_ledger (id),
  idempotency_key TEXT NOT NULL UNIQUE,
  created_at TEXT NOT NULL CHECK (created_at IS strftime('%Y-%m-%dT%H:%M:%SZ', created_at)),
  CHECK ((amount_cents < 0) = (reverses IS NOT NULL))
) STRICT;

CREATE TRIGGER credit_ledger_keeps_rows BEFORE DELETE ON credit_ledger
BEGIN
  SELECT RAISE(ABORT, 'credit_ledger is append-only: book a reversal instead of deleting');
END;

CREATE TRIGGER credit_ledger_keeps_values BEFORE UPDATE ON credit_ledger
BEGIN
  SELECT RAISE(ABORT, 'credit_ledger is append-only: book a reversal instead of changing a row');
END;

CREATE TABLE audit_log (
  id INTEGER PRIMARY KEY,
  at TEXT NOT NULL CHECK (at IS strftime('%Y-%m-%dT%H:%M:%SZ', at)),
  actor TEXT NOT NULL, -- a staff id, or 'system'
  action TEXT NOT NULL, -- such as 'device.moved'
  target TEXT NOT NULL, -- the id of what was acted on
  detail TEXT NOT NULL
) STRICT;
"""
