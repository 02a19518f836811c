"""What Coldtrail itself brings to the operations database: its people, plans, models and tenants."""

from gradus.authoring.corpus.ops_rows import Model, Plan, PlanPrice, Staff, Tenant

TENANTS = (
    Tenant("aster", "Aster Example Pharmacies", "EU", "pharmacies"),
    Tenant("briar", "Briar Example Kitchens", "EU", "kitchens"),
    Tenant("cinder", "Cinder Example Couriers", "US", "couriers"),
    Tenant("dune", "Dune Example Clinics", "US", "pharmacies"),
    Tenant("elm", "Elm Example Catering", "EU", "kitchens"),
    Tenant("fjord", "Fjord Example Logistics", "US", "couriers"),
)

STAFF = (
    Staff("ST-00", "Support Assistant", "assistant", 5_000),  # software; it has the rights of tier 1
    Staff("ST-01", "Billie Example", "tier_1", 5_000),
    Staff("ST-02", "Cameron Placeholder", "tier_1", 5_000),
    Staff("ST-03", "Drew Testcase", "tier_1", 5_000),
    Staff("ST-04", "Ellis Specimen", "tier_1", 5_000),
    Staff("ST-05", "Finley Sample", "tier_1", 5_000),
    Staff("ST-06", "Gray Example", "tier_2", 5_000),
    Staff("ST-07", "Harper Placeholder", "tier_2", 5_000),
    Staff("ST-08", "Indigo Testcase", "team_lead", 50_000),
    Staff("ST-09", "Jess Specimen", "team_lead", 50_000),
    Staff("ST-10", "Kit Sample", "billing_desk", 0),
    Staff("ST-11", "Lane Example", "billing_desk", 0),
    Staff("ST-12", "Marlow Placeholder", "billing_head", None),
    Staff("ST-13", "Nevin Testcase", "quality_desk", 0),
    Staff("ST-14", "Oakley Specimen", "quality_desk", 0),
    Staff("ST-15", "Perry Sample", "on_call", 0),
)

PLANS = (
    Plan("Starter", 10, 0),
    Plan("Team", 50, 0),
    Plan("Fleet", 500, 1),
    Plan("Network", 5_000, 1),
)

MONTHLY_CENTS = {"Starter": 1_900, "Team": 7_900, "Fleet": 39_000, "Network": 190_000}
"""The same number in both currencies."""

PLAN_PRICES = tuple(
    PlanPrice(plan, currency, cents) for plan, cents in MONTHLY_CENTS.items() for currency in ("EUR", "USD")
)

MODELS = (
    Model("CT-200", "logger", 36),
    Model("CT-210", "logger", 36),
    Model("CT-220", "logger", 24),
    Model("CT-300", "tracker", 12),
    Model("CT-310", "tracker", 24),
    Model("CG-10", "gateway", 24),
    Model("CG-20", "gateway", 36),
)
