"""The 180 devices of the operations database."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from random import Random

from gradus.authoring.corpus.ops_company import MODELS
from gradus.authoring.corpus.ops_rows import Customer, Device

KITS = {  # what stands at the ten sites of each tenant, gateways first
    "aster": "10+200+200 10+200+210 20+210+220 10+200 20+210+210+220 "
    "10+200+200 10+210 20+210+220+200+200 10+200 10+200+200",
    "briar": "10+200+200 10+200+200+200 10+200+200 10+210 10+200 "
    "20+200+200+200+220 10+200 10+200+200 10+200+210 10+200+200",
    "cinder": "300+300+310 300+310 310+310+310+300 300 300+300+310+310+310 "
    "10+200+300 310+310 300+310+310 300+300 300+300+310+310+310",
    "dune": "20+210+220 10+210 20+220+220+210 10+200+210 20+210 "
    "20+210+220+220 10+200+200 10+210 20+210+220+210 10+200+210",
    "elm": "10+200+200 10+200+200 10+210+200 10+200 20+200+200+210 "
    "10+200+200 10+200 10+200+200+300 10+200+210 10+200+220",
    "fjord": "300+310 310+310 300+300+310 310 300+310 "
    "300+300+300+300+300+300+310+310+310+310 300+310 20+220+310+310 310+300 300+310",
}
FIRST_ACTIVATION = {
    "CT-200": date(2022, 9, 1),
    "CT-210": date(2023, 6, 1),
    "CT-220": date(2023, 9, 1),
    "CT-300": date(2024, 2, 1),
    "CT-310": date(2024, 4, 1),
    "CG-10": date(2022, 8, 1),
    "CG-20": date(2023, 3, 1),
}
LAST_ACTIVATION = date(2026, 8, 20)
FIRMWARE = {  # and when it was released
    "2.8": date(2024, 6, 1),
    "2.9": date(2024, 11, 1),
    "2.10": date(2025, 4, 1),
    "3.0": date(2025, 11, 4),
    "3.1": date(2026, 2, 10),
    "3.2": date(2026, 6, 16),
}
STRIDE = 23  # has no divisor in common with the number of sites
GATEWAY_FIRMWARE = "5.4"
NOW = datetime(2026, 10, 1, 8, 0)


def months_later(day: date, months: int) -> date:
    """The same day of a later month; the day has to exist there, so pick one up to the 28th.

    Example:
        >>> months_later(date(2024, 9, 30), 24)
        datetime.date(2026, 9, 30)
    """
    month = day.month - 1 + months
    return day.replace(year=day.year + month // 12, month=month % 12 + 1)


def warranty_until(model_id: str, activated_on: str) -> str:
    """The last day on which a device of this model, activated on this day, is covered."""
    months = next(model.warranty_months for model in MODELS if model.id == model_id)
    return months_later(date.fromisoformat(activated_on), months).isoformat()


def devices(
    sites: Sequence[Customer], random: Random, exceptions: Mapping[str, Mapping[str, str | None]]
) -> tuple[Device, ...]:
    """Every device, gateways before what reports through them.

    Args:
        sites: the customers.
        random: a seeded source for activation days, firmware and the last time a device was seen.
        exceptions: by serial, the fields that are not as they would be. Where `activated_on` is given and
            `warranty_until` is not, the end of the warranty follows.
    """
    placed = list(_placed(sites))
    gateways = {site: serial for serial, model, site in placed if model.startswith("CG")}
    total = Counter(model for _, model, _ in placed)
    made = []
    for serial, model, site in placed:
        gateway = gateways[site] if model.startswith("CT-2") else None
        device = _device(serial, model, site, gateway, total[model], random)
        made.append(_with_exceptions(device, exceptions.get(serial, {})))
    return tuple(sorted(made, key=lambda device: (device.model_id[:2] != "CG", device.serial)))


def _placed(sites: Sequence[Customer]) -> Iterator[tuple[str, str, str]]:
    """Serial, model and customer of each device. Numbers jump across the sites: neighbours in number are strangers."""
    kits = [KITS[site.tenant_id].split()[int(site.name[-2:]) - 1].split("+") for site in sites]
    numbers: Counter[str] = Counter()
    for place in range(max(map(len, kits))):
        for turn in range(len(sites)):
            at = (turn * STRIDE + place * 11) % len(sites)
            if place < len(kits[at]):
                digits = kits[at][place]
                numbers[digits] += 1
                yield f"SN-{digits}-{numbers[digits]:04}", ("CG-" if len(digits) == 2 else "CT-") + digits, sites[at].id


def _device(serial: str, model: str, site: str, gateway: str | None, total: int, random: Random) -> Device:
    """Older devices have lower numbers."""
    first = FIRST_ACTIVATION[model]
    age = (int(serial[-4:]) - 1 + 0.8 * random.random()) / total
    day = first + (LAST_ACTIVATION - first) * age
    activated = day.replace(day=min(day.day, 28))
    seen = NOW - timedelta(minutes=3 + int(50 * random.random()))
    return Device(
        serial=serial,
        model_id=model,
        customer_id=site,
        firmware=GATEWAY_FIRMWARE if model.startswith("CG") else _firmware(activated, random),
        status="active",
        activated_on=activated.isoformat(),
        warranty_until=warranty_until(model, activated.isoformat()),
        gateway_serial=gateway,
        last_seen_at=f"{seen.isoformat()}Z",
    )


def _firmware(activated: date, random: Random) -> str:
    """What was current when the device was activated, or one that came later: people update, some day."""
    shipped = max(sum(released <= activated for released in FIRMWARE.values()) - 1, 0)
    later = len(FIRMWARE) - shipped
    return list(FIRMWARE)[shipped + int(later * random.random())]


def _with_exceptions(device: Device, exceptions: Mapping[str, str | None]) -> Device:
    fields = dict(exceptions)
    if activated_on := fields.get("activated_on"):
        fields.setdefault("warranty_until", warranty_until(device.model_id, activated_on))
    return replace(device, **fields)  # type: ignore[arg-type]  # fields by name
