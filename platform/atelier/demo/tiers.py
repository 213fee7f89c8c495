"""Alice's three tiers: what each grants, and for how much. Grantor, offering and base are filled in by the platform."""

from typing import Any

STUDY: dict[str, Any] = {
    "stages": ["pre_production"],
    "commercial": False,
    "media": ["web"],
    "territories": ["WORLD"],
    "period_days": 365,
    "seats": 1,
    "may_train": False,
    "training_seconds": 0,
    "max_rank": 0,
    "max_steps": 0,
    "max_resolution": 0,
    "max_clips": 0,
    "may_download": False,
    "may_download_base": True,
    "may_sublicense": False,
    "may_merge": False,
    "may_sell_outputs": False,
    "revenue_cap": None,
    "likeness": "none",
    "credit_line": "Made with Lumen, Studio Lumière du Nord",
    "titles_excluded": [],
    "royalty_bps": 0,
    "priority": False,
    "concurrent_trainings": 1,
}
TRAIN: dict[str, Any] = {
    **STUDY,
    "stages": ["pre_production", "production"],
    "media": ["web", "social", "festival"],
    "may_train": True,
    "training_seconds": 4 * 3600,
    "max_rank": 16,
    "max_steps": 2000,
    "max_resolution": 512,
    "max_clips": 500,
    "concurrent_trainings": 2,
    "may_download": True,
}
SELL: dict[str, Any] = {
    **TRAIN,
    "stages": ["pre_production", "production", "post", "release"],
    "commercial": True,
    "media": ["web", "social", "festival", "broadcast", "theatrical", "advertising", "games"],
    "seats": 10,
    "training_seconds": 40 * 3600,
    "max_rank": 64,
    "max_steps": 20_000,
    "max_resolution": 1280,
    "may_merge": True,
    "may_sell_outputs": True,
    "royalty_bps": 300,
    "priority": True,
    "concurrent_trainings": 8,
}
MIDDLE = "Atelier"
# Name to terms and price in euro cents.
TIERS: dict[str, tuple[dict[str, Any], int]] = {"Esquisse": (STUDY, 900), MIDDLE: (TRAIN, 4_900), "Plateau": (SELL, 49_000)}
