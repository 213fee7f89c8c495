"""The request that each operation is tried with: right when the right person makes it."""

from typing import TYPE_CHECKING, Any

from atelier.material import attestation
from licensing.text import text_hash
from tests.studio.test_offers import TYPED
from tests.takedown.test_notice import TYPED as NOTICE

from .rows import FILE, KNOBS, SHA, USE, WEIGHTS

if TYPE_CHECKING:
    from .stage import Stage

SETTINGS = {
    **{"version": 1, "name": "Neon", "project": "Short", "preset": "own", "seed": 0, **USE, **KNOBS, "commercial": ""},
    **{"learning_rate": 0.001, "caption_dropout": 0.1, "width": 32, "height": 32},
}
SCOPE = {"uses": "Her face in this film.", "representation": "union"}
PLATFORM_TERMS = ("version", "grantor", "offering", "base_digest")


def right_body(stage: "Stage", operation: str) -> dict[str, Any]:
    """A request that is right when the right person makes it."""
    ids = stage.ids
    terms = {name: value for name, value in stage.world.terms().items() if name not in PLATFORM_TERMS}
    price = {"amount": 4900, "currency": "EUR"}
    shape = {"height": 32, "width": 32, "frames": 9, "fps": 8}
    file = {"path": "model.safetensors", "bytes": 7, "sha256": SHA}
    known: dict[str, dict[str, Any]] = {
        "tokens_issue": {"name": "cli", "scopes": ["read"], "days": 1},
        "studios_open": {"name": "Nuit", "country": "FR"},
        "studios_members_invite": {"email": stage.newcomer.email, "role": "auditor"},
        "invitations_accept": {"ticket": ids["ticket"]},
        "titles_correct": {"name": "La Nuit claire", "year": 2020, "eidr": ""},
        "clearances_say": {"state": "pending"},
        "titles_cast": {"performer": ids["performer"], "role": "Nora"},
        "performers_add": {"studio": ids["studio"], "name": "Ben", **SCOPE},
        "performers_revise": SCOPE,
        "adapters_open": {
            **{"version": ids["version"], "name": "Another look", "titles": [ids["title"]]},
            **{"bytes": len(WEIGHTS), "sha256": SHA},
        },
        "adapters_parts": {"numbers": [1]},
        "adapters_from_model": {"name": "Night look"},
        "POST /studio/{studio}/adapters": {"ground": ids["version"]},
        "POST /studio/{studio}/adapters/{model}/publish": {"name": "Night look"},
        "datasets_mean": {"licence": ids["licence"]},
        "datasets_titles": {"title": ids["title"], "files": [ids["rush"]]},
        "POST /datasets/{dataset}/titles": {"title": ids["title"], "clip": [ids["rush"]]},
        "consents_record": {"performer": "Ben", **SCOPE, "evidence": "in the binder"},
        "questions_answer": {"answer": "consented", "questions": [ids["question"]], "consents": [ids["consent"]]},
        "POST /datasets/{dataset}/people": {"do": "nobody", "question": [ids["question"]]},
        "POST /datasets/{dataset}/people/new": {"performer": "Ben", **SCOPE, "evidence": "in the binder"},
        "POST /studio/{studio}/titles": {"name": "Le Jour"},
        "POST /studio/{studio}/titles/{title}": {"name": "La Nuit claire", "year": 2020},
        "POST /studio/{studio}/titles/{title}/clearance": {"state": "pending"},
        "POST /studio/{studio}/titles/{title}/cast": {"performer": ids["performer"], "role": "Nora"},
        "POST /studio/{studio}/titles/performers/new": {"name": "Ben", **SCOPE},
        "POST /studio/{studio}/titles/performers/{performer}": SCOPE,
        "titles_add": {"studio": ids["studio"], "name": "Le Jour", "year": 2020},
        "bases_open": {"studio": ids["studio"], "name": "Lux", "version": "9", "family": "wan", **shape, "files": [file]},
        "bases_parts": {"path": "awaited.safetensors", "numbers": [1]},
        "bases_complete": {"path": "here.json"},
        "offerings_open": {"version": ids["version"], "name": "More"},
        "tiers_open": {"offering": ids["offering"], "name": "Gold", "terms": terms, "price": price},
        "tiers_revise": {"terms": terms, "price": price},
        "orders_open": {"revision": ids["revision"], "accepted_text": text_hash(stage.revision.terms, "en"), "language": "en"},
        "orders_refund": {"reason": "not needed"},
        "licences_seats_offer": {"email": "guest@example.org"},
        "seats_take": {"ticket": ids["seat_ticket"]},
        "POST /licences/{licence}/seats": {"email": "guest@example.org"},
        "licences_suspend": {"reason": "a doubt"},
        "licences_restore": {"reason": "none any more"},
        "licences_revoke": {"reason": "a breach"},
        "datasets_open": {"name": "Noon"},
        "datasets_attest": {"text_hash": attestation.ENGLISH.hash},
        "captions_apply": {"captions": {"clip.mp4": "a bar stands"}},
        "assets_add": {"name": "more.mp4", "bytes": 6, "sha256": SHA, "caption": ""},
        "assets_caption": {"caption": "a bar stands"},
        "assets_parts": {"numbers": [1]},
        "projects_declare": {"name": "Short", **USE},
        "quotes_ask": {
            **{name: ids[name] for name in ("licence", "project")},
            "dataset": ids["sealed"],
            "name": "Neon",
            "knobs": KNOBS,
        },
        "trainings_start": {"quote": ids["quote"]},
        "sweeps_start": {"name": "Ranks", "quotes": [ids["quote"], ids["spare"]]},
        "POST /trainings/new/{draft}/sweep": {"setting": "seed", "value_0": 1, "value_1": 2},
        "hooks_register": {"url": "https://8.8.8.8/hook"},
        "takedowns_begin": {"item": ids["title"], "reason": "x"},
        "takedowns_lift": {"reason": "x"},
        "POST /desk/leaks": {"key": stage.suspect},
        "withdrawals_begin": {"item": ids["clip"], "reason": "x"},
        "POST /account/webhooks": {"url": "https://8.8.8.8/hook"},
        "POST /tiers/{tier}/buy": {"revision": ids["revision"], "text": text_hash(stage.revision.terms, "fr"), "accept": "on"},
        "POST /orders/{order}/give-back": {"sure": "on"},
        "POST /studio/": {"name": "Nuit", "country": "FR"},
        "POST /studio/{studio}/licences/{licence}/{decision}": {"reason": "a doubt"},
        "POST /studio/{studio}/members": {"email": stage.newcomer.email, "role": "auditor"},
        "POST /studio/{studio}/members/{member}": {"role": "admin"},
        "models_hand_over": {"file": FILE},
        "models_declare": {**USE, "media": ["social"]},
        "POST /models/{model}/use": {**USE, "commercial": ""},
        "POST /models/{model}/handovers": {"file": FILE},
        "POST /models/{model}/name": {"name": "Nuit"},
        "POST /models/{model}/withdraw": {"sure": "yes"},
        "POST /datasets": {"name": "Noon"},
        "POST /trainings/new": {"from": ids["training"]},
        "POST /trainings/new/{draft}/clips": {"version": 1, "licence": ids["licence"], "dataset": ids["sealed"]},
        "POST /trainings/new/{draft}/captions": {"version": 1, "trigger": "neon"},
        "POST /trainings/new/{draft}/settings": SETTINGS,
        "POST /trainings/new/{draft}/launch": {"do": "start", "quote": ids["quote"]},
        "POST /datasets/{dataset}/captions": {"changes": "[]"},
        "POST /datasets/{dataset}/licence": {"licence": ids["licence"]},
        "POST /datasets/{dataset}/attest": {"text_hash": attestation.FRENCH.hash, "agreed": "on"},
        "POST /clips/{asset}/caption": {"text": "a bar stands", "was": "a bar moves"},
        "samples_add": {"prompt": "a bar moves", "bytes": 6, "sha256": SHA},
        "POST /notice": NOTICE,
        "POST /notice/{case}/{key}/appeal": {"words": "look again"},
        "POST /notice/{case}/{key}/answer": {"answer": "this one"},
        "POST /studio/{studio}/offers": {"version": ids["version"], "name": "More"},
        "POST /studio/{studio}/offers/{offering}/tiers/new": TYPED,
        "POST /studio/{studio}/offers/{offering}/tiers/{tier}/edit": TYPED,
        "POST /studio/{studio}/offers/{offering}/tiers/{tier}/switch": {"do": "close"},
    }
    if operation.startswith("POST /desk/{case}"):
        seen = stage.cased[operation].since.isoformat()
        return {"seen": seen, "question": "which?", "outcome": "upheld", "reason": "yes"}
    if any(part in operation for part in ("/takedowns/", "/reach/", "/withdraw")) and operation not in known:
        return {"reason": "x", "sure": "on", "words": "look again"}
    return known.get(operation, {})
