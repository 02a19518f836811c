"""The sixty customers of the operations database, what they pay, and what they have been invoiced."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from random import Random

from gradus.authoring.corpus.ops_company import MONTHLY_CENTS, TENANTS
from gradus.authoring.corpus.ops_rows import Customer, Device, Invoice, Subscription

TODAY = date(2026, 10, 1)

SITES = {
    "aster": "Aster Example Pharmacy",
    "briar": "Briar Example Kitchen",
    "cinder": "Cinder Example Courier",
    "dune": "Dune Example Clinic",
    "elm": "Elm Example Catering",
    "fjord": "Fjord Example Logistics",
}
FIRST_NAMES = (
    *("Robin", "Alex", "Casey", "Dana", "Eli", "Frankie", "Gale", "Hollis", "Jamie", "Jordan"),
    *("Kim", "Lou", "Morgan", "Noor", "Quinn", "Riley", "Rowan", "Sasha", "Taylor", "Toni"),
)
SURNAMES = ("Sample", "Example", "Placeholder", "Testcase", "Specimen")
MAIL_DOMAINS = ("example.com", "example.org", "example.net")
EU_ZONES = ("Europe/Lisbon", "Europe/Lisbon", "Europe/Berlin", "Europe/Helsinki")
US_ZONES = ("America/New_York", "America/Chicago", "America/Denver", "America/Los_Angeles")

US_SITE_OF_AN_EU_TENANT = "C-149"
TWO_SITES_OF_ONE_CONTACT = ("C-113", "C-118")

PLANS = {  # for the ten sites of each tenant
    "aster": "Team Team Fleet Starter Fleet Team Starter Network Starter Team",
    "briar": "Starter Team Starter Starter Starter Fleet Starter Starter Team Team",
    "cinder": "Team Starter Fleet Starter Fleet Team Starter Team Starter Fleet",
    "dune": "Fleet Team Fleet Team Team Network Starter Team Fleet Team",
    "elm": "Starter Team Team Starter Fleet Starter Starter Team Team Team",
    "fjord": "Team Team Fleet Starter Starter Starter Team Network Starter Team",
}
CANCELLED = {"C-132": "2026-05-31"}

QUARTER_ISSUED = {"2026-Q1": date(2026, 3, 10), "2026-Q2": date(2026, 6, 10), "2026-Q3": date(2026, 9, 10)}
DAYS_TO_PAY = {"EUR": 30, "USD": 15}
DAYS_TO_SUSPENSION = {"EUR": 45, "USD": 21}  # after an invoice was due
OVERDUE = {
    "C-117": "2026-Q2",
    "C-122": "2026-Q3",
    "C-129": "2026-Q3",
    "C-132": "2026-Q3",
    "C-144": "2026-Q2",
    "C-155": "2026-Q3",
}
VOID = {"C-126": "2026-Q1", "C-134": "2026-Q2"}
INVOICED_TWICE = ("C-133", "2026-Q2")
INVOICED_AGAIN = date(2026, 9, 22)


def customers() -> tuple[Customer, ...]:
    """Sixty sites, ten for each tenant: C-101 to C-160, every contact plainly synthetic.

    Example:
        >>> customers()[0].name
        'Aster Example Pharmacy 01'
    """
    made = [_customer(index) for index in range(60)]
    first, second = (int(customer_id[2:]) - 101 for customer_id in TWO_SITES_OF_ONE_CONTACT)
    made[second] = replace(made[second], contact_name=made[first].contact_name, contact_mail=made[first].contact_mail)
    return tuple(made)


def _customer(index: int) -> Customer:
    tenant = TENANTS[index // 10]
    customer_id = f"C-{101 + index}"
    first = FIRST_NAMES[index % len(FIRST_NAMES)]
    last = SURNAMES[(index + index // len(FIRST_NAMES)) % len(SURNAMES)]
    region = "US" if customer_id == US_SITE_OF_AN_EU_TENANT else tenant.region
    number = (index * 7) % 90 + 3
    if region == "US":
        phone, zone, street = f"+1 202 555 01{index:02}", US_ZONES[index % len(US_ZONES)], f"{number} Example Street"
    else:
        phone, zone, street = f"+49 30 5550 01{index:02}", EU_ZONES[index % len(EU_ZONES)], f"Example Street {number}"
    return Customer(
        id=customer_id,
        tenant_id=tenant.id,
        name=f"{SITES[tenant.id]} {index % 10 + 1:02}",
        contact_name=f"{first} {last}",
        contact_mail=f"{first}.{last}@{MAIL_DOMAINS[index % len(MAIL_DOMAINS)]}".lower(),
        contact_phone=phone,
        street=street,
        time_zone=zone,
        region=region,
    )


def subscriptions(sites: Sequence[Customer], devices: Sequence[Device]) -> tuple[Subscription, ...]:
    """One subscription for each site, begun before its first device and at the latest in 2025.

    Args:
        sites: what `customers()` returned.
        devices: every device; the earliest of a site says when its subscription began.
    """
    first_activated = {
        site.id: min(device.activated_on for device in devices if device.customer_id == site.id) for site in sites
    }
    return tuple(_subscription(site, date.fromisoformat(first_activated[site.id])) for site in sites)


def _subscription(site: Customer, first_activated: date) -> Subscription:
    plan = PLANS[site.tenant_id].split()[int(site.name[-2:]) - 1]
    started = min(first_activated - timedelta(days=10), date(2025, 12, 31)).replace(day=1)
    anniversary = started.replace(year=TODAY.year)
    cancelled_on = CANCELLED.get(site.id)
    renewal = anniversary if anniversary > TODAY else anniversary.replace(year=TODAY.year + 1)
    return Subscription(
        id=site.id.replace("C-", "SUB-"),
        customer_id=site.id,
        plan_id=plan,
        monthly_cents=MONTHLY_CENTS[plan],
        currency=site.currency,
        started_on=started.isoformat(),
        renews_on=None if cancelled_on else renewal.isoformat(),
        status="cancelled" if cancelled_on else _standing(site),
        cancelled_on=cancelled_on,
    )


def _standing(site: Customer) -> str:
    if site.id not in OVERDUE:
        return "active"
    due = _due_on(QUARTER_ISSUED[OVERDUE[site.id]], site.currency)
    return "past_due" if (TODAY - due).days <= DAYS_TO_SUSPENSION[site.currency] else "suspended"


def _due_on(issued: date, currency: str) -> date:
    return issued + timedelta(days=DAYS_TO_PAY[currency])


def invoices(subscribed: Sequence[Subscription], random: Random) -> tuple[Invoice, ...]:
    """Three quarters of 2026 for each subscription, and one of them a second time by mistake.

    Args:
        subscribed: every subscription.
        random: a seeded source for the days on which people pay.
    """
    made = [
        _invoice(subscription, quarter, issued, random)
        for quarter, issued in QUARTER_ISSUED.items()
        for subscription in subscribed
    ]
    twice = next(invoice for invoice in made if (invoice.customer_id, invoice.quarter) == INVOICED_TWICE)
    due = _due_on(INVOICED_AGAIN, twice.currency).isoformat()
    made.append(replace(twice, issued_on=INVOICED_AGAIN.isoformat(), due_on=due, status="open", paid_on=None))
    return tuple(replace(invoice, id=f"INV-{20_001 + number}") for number, invoice in enumerate(made))


def _invoice(subscription: Subscription, quarter: str, issued: date, random: Random) -> Invoice:
    due = _due_on(issued, subscription.currency)
    paid = issued + timedelta(days=2 + int((due - issued).days * random.random()))
    overdue = OVERDUE.get(subscription.customer_id)
    if quarter == overdue:
        status = "overdue"
    elif VOID.get(subscription.customer_id) == quarter:
        status = "void"
    elif paid >= TODAY or (overdue and quarter > overdue):  # nobody pays a later quarter first
        status = "open"
    else:
        status = "paid"
    months = 2 if subscription.cancelled_on and quarter == "2026-Q2" else 3  # cancelled at the end of May
    return Invoice(
        id="",  # numbered once all are there
        customer_id=subscription.customer_id,
        quarter=quarter,
        amount_cents=months * subscription.monthly_cents,
        currency=subscription.currency,
        issued_on=issued.isoformat(),
        due_on=due.isoformat(),
        status=status,
        paid_on=paid.isoformat() if status == "paid" else None,
    )
