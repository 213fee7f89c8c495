"""A tier's terms and price as a form: every field of licensing.terms.Terms that the studio decides, in its own words and units."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django import forms
from django.forms.utils import ErrorList
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _

from atelier.catalog import actions
from atelier.catalog.models import Offering, TierRevision
from atelier.kit.refused import Refused
from licensing.money import CURRENCIES, Money
from licensing.terms import LONGEST_PERIOD_DAYS, LONGEST_TEXT, MEDIA, STAGES, Terms
from licensing.territories import WORLD

from .forms import countries

# A string, or one that is translated when it is read.
Words = Any
HOUR = 3600
MOST = 10_000_000
SIGNS = [("EUR", "€ EUR"), ("USD", "$ USD")]
assert {code for code, _sign in SIGNS} == set(CURRENCIES)
STAGE_NAMES = {
    "pre_production": _("Pre-production"),
    "production": _("Production"),
    "post": _("Post-production"),
    "release": _("Release"),
}
MEDIA_NAMES = {
    "web": _("The web"),
    "social": _("Social media"),
    "festival": _("Festivals"),
    "broadcast": _("Broadcast"),
    "theatrical": _("Cinemas"),
    "advertising": _("Advertising"),
    "games": _("Games"),
}
EVERYWHERE, SOMEWHERE = "world", "countries"
# What the terms call otherwise than the form does.
FIELD_OF = {"training_seconds": "training_hours", "royalty_bps": "royalty", "media": "channels"}
LIMITS = ("max_clips", "max_resolution", "max_steps", "max_rank")


@dataclass(frozen=True)
class Group:
    """Fields that belong together, under one heading."""

    title: Words
    words: Words
    fields: tuple[str, ...]


GROUPS = (
    Group(_("Name and price"), _("What buyers choose from, and what one licence costs."), ("name", "price", "currency")),
    Group(
        _("What the licence is for"),
        _("In which stages of a production, and whether money may be made with it."),
        ("stages", "commercial", "may_sell_outputs", "revenue_cap", "cap_currency"),
    ),
    Group(
        _("Training"),
        _("Whether creators may train models of their own, and how far."),
        ("may_train", "training_hours", *LIMITS, "concurrent_trainings", "priority", "likeness"),
    ),
    Group(
        _("What they may take and do with it"),
        _("Files, merges and licences to others."),
        ("may_download", "may_download_base", "may_merge", "may_sublicense"),
    ),
    Group(
        _("Where and how long"),
        _("Media and countries in which the results may be shown, and who may use the licence until when."),
        ("channels", "where", "territories", "period_days", "seats"),
    ),
    Group(
        _("Credit, exclusions, royalty"),
        _("What must be named, what is left out, and the studio’s share."),
        ("credit_line", "titles_excluded", "royalty"),
    ),
)


def _flag(label: Words, help_text: Words = "") -> forms.BooleanField:
    return forms.BooleanField(label=label, required=False, help_text=help_text)


def _number(label: Words, help_text: Words, least: int = 0, most: int = MOST, required: bool = False) -> forms.IntegerField:
    return forms.IntegerField(label=label, help_text=help_text, min_value=least, max_value=most, required=required)


def _several(label: Words, choices: Any, help_text: Words = "") -> forms.MultipleChoiceField:
    return forms.MultipleChoiceField(label=label, choices=choices, required=False, widget=forms.CheckboxSelectMultiple, help_text=help_text)


def _decimal(label: Words, places: int, help_text: Words = "", **more: Any) -> forms.DecimalField:
    return forms.DecimalField(
        label=label, max_digits=12, decimal_places=places, help_text=help_text, widget=forms.NumberInput(attrs={"step": "any"}), **more
    )


class TierForm(forms.Form):
    """`offering` gives what the studio does not decide; `tier_name` is fixed for a tier that exists."""

    name = forms.CharField(label=_("Name of the tier"), max_length=100, help_text=_("Short, as buyers will call it."))
    price = _decimal(_("Price of one licence"), 2, _("At least 0.50."), min_value=Decimal("0.50"))
    currency = forms.ChoiceField(label=_("Currency"), choices=SIGNS)
    stages = _several(_("Stages of a production"), list(STAGE_NAMES.items()), _("None ticked: none granted."))
    commercial = _flag(_("Commercial use"), _("For clients, advertising, or anything that earns money."))
    may_sell_outputs = _flag(_("Sell the results"), _("Licence or sell the videos themselves. Needs commercial use."))
    revenue_cap = _decimal(
        _("Only for revenue up to"),
        2,
        _("The licensee’s revenue in twelve months. Empty: no limit."),
        min_value=Decimal("0.01"),
        required=False,
    )
    cap_currency = forms.ChoiceField(label=_("Currency of that limit"), choices=SIGNS)
    may_train = _flag(_("Train models of their own"), _("On their own footage, over this base model."))
    training_hours = _decimal(_("Hours of training included"), 4, _("More can be bought."), min_value=Decimal(0), required=False)
    max_clips = _number(_("Clips in one training"), _("At most."))
    max_resolution = _number(_("Longest edge, in pixels"), _("Of the clips that they train on, at most."))
    max_steps = _number(_("Steps of one training"), _("At most."))
    max_rank = _number(_("LoRA rank"), _("How much a model can learn: 16 is usual, 64 is a lot."))
    concurrent_trainings = _number(_("Trainings at work at once"), _("Of one licence, at most; further ones wait."), 1)
    priority = _flag(
        _("Priority lane"),
        _("Their trainings are taken before others, three in a row at most; inside the lane creators take turns."),
    )
    likeness = forms.ChoiceField(
        label=_("People who can be recognised"),
        choices=[("none", _("Not in the footage, not in the results")), ("consented", _("Only with their recorded consent"))],
        widget=forms.RadioSelect,
    )
    may_download = _flag(_("Download their own models"), _("As files, with a certificate."))
    may_download_base = _flag(_("Download the base model"), _("The weights themselves leave your hands."))
    may_merge = _flag(_("Merge with other models"))
    may_sublicense = _flag(_("License on to others"))
    channels = _several(_("Media"), list(MEDIA_NAMES.items()), _("Where results may be shown. None ticked: none granted."))
    where = forms.ChoiceField(
        label=_("Countries"),
        choices=[(EVERYWHERE, _("The whole world")), (SOMEWHERE, _("Only those ticked below"))],
        widget=forms.RadioSelect,
    )
    territories = _several(_("Which countries"), countries)
    period_days = _number(_("Days from purchase"), _("Empty: without end."), 1, LONGEST_PERIOD_DAYS)
    seats = _number(_("People who may use one licence"), _("Its buyer included."), 1, required=True)
    credit_line = forms.CharField(
        label=_("Credit line"),
        max_length=LONGEST_TEXT,
        required=False,
        help_text=_("To be shown with every published result. Empty: none."),
    )
    titles_excluded = _several(_("Titles left out"), (), _("Nothing that learned from a ticked title may be used."))
    royalty = _decimal(
        _("Royalty in per cent"), 2, _("Your share of what is paid for the licence."), min_value=Decimal(0), max_value=Decimal(100)
    )

    def __init__(self, data: Any = None, *, offering: Offering, existing: bool = False, initial: Mapping[str, Any] | None = None) -> None:
        super().__init__(data, initial=dict(initial or STARTING))
        self.offering = offering
        self.terms: Terms | None = None
        self.money: Money | None = None
        titles = [title.name for title in offering.studio.titles.order_by("name")]
        known = [*titles, *(name for name in self.initial.get("titles_excluded", ()) if name not in titles)]
        self.fields["titles_excluded"].choices = [(name, name) for name in known]  # type: ignore[attr-defined]
        if existing:
            del self.fields["name"]
        for name in ("name", "credit_line"):
            if name in self.fields:
                self.fields[name].widget.attrs["dir"] = "auto"

    @property
    def groups(self) -> list[tuple[Group, list[forms.BoundField]]]:
        return [(group, [self[name] for name in group.fields if name in self.fields]) for group in GROUPS]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("may_sell_outputs") and not data.get("commercial"):
            self.add_error("may_sell_outputs", gettext("Selling results is commercial use. Tick that too, or untick this."))
        if data.get("where") == SOMEWHERE and not data.get("territories"):
            self.add_error("territories", gettext("Tick at least one country, or choose the whole world."))
        if data.get("may_train"):
            for name in (*LIMITS, "concurrent_trainings"):
                if data.get(name) is None and name not in self.errors:
                    self.add_error(name, gettext("How many at most? Training is granted, so this needs a number."))
        if not self.errors:
            self._understand(data)
        return data

    def _understand(self, data: dict[str, Any]) -> None:
        self.money = Money(int(data["price"] * 100), data["currency"])
        try:
            self.terms = actions.complete_terms(self.offering, terms_of(data))
        except Refused as refused:
            field = FIELD_OF.get(refused.extra.get("field", ""), refused.extra.get("field", ""))
            self.add_error(field if field in self.fields else None, refused.told())

    def chosen(self) -> dict[str, Any]:
        """What `catalog.actions` take as terms."""
        return terms_of(self.cleaned_data)

    def errors_in_order(self) -> list[tuple[forms.BoundField, ErrorList]]:
        return [(self[name], self.errors[name]) for name in self.fields if name in self.errors]


def terms_of(data: Mapping[str, Any]) -> dict[str, Any]:
    """The studio's half of Terms. Without training its limits are nought, whatever stood in the fields."""
    trains = data["may_train"]
    cap = data["revenue_cap"]
    flags = ("commercial", "may_train", "may_download", "may_download_base", "may_sublicense", "may_merge", "may_sell_outputs")
    return {
        **{name: data[name] for name in flags},
        **{name: (data[name] or 0) if trains else 0 for name in LIMITS},
        "training_seconds": round((data["training_hours"] or 0) * HOUR) if trains else 0,
        "concurrent_trainings": data["concurrent_trainings"] if trains else 1,
        "priority": data["priority"] and trains,
        "stages": list(data["stages"]),
        "media": list(data["channels"]),
        "territories": [WORLD] if data["where"] == EVERYWHERE else list(data["territories"]),
        "period_days": data["period_days"],
        "seats": data["seats"],
        "revenue_cap": None if cap is None else {"amount": int(cap * 100), "currency": data["cap_currency"]},
        "likeness": data["likeness"],
        "credit_line": data["credit_line"].strip() or None,
        "titles_excluded": list(data["titles_excluded"]),
        "royalty_bps": int(data["royalty"] * 100),
    }


STARTING: dict[str, Any] = {
    "currency": "EUR",
    "cap_currency": "EUR",
    "stages": ["pre_production", "production"],
    "may_train": True,
    "training_hours": 4,
    "max_clips": 200,
    "max_resolution": 512,
    "max_steps": 2000,
    "max_rank": 16,
    "concurrent_trainings": 2,
    "likeness": "none",
    "may_download": True,
    "channels": ["web", "social", "festival"],
    "where": EVERYWHERE,
    "period_days": 365,
    "seats": 1,
    "royalty": 0,
}
assert set(STAGE_NAMES) == set(STAGES) and set(MEDIA_NAMES) == set(MEDIA)


def initial_of(revision: TierRevision) -> dict[str, Any]:
    """A revision's terms and price as the form shows them."""
    terms, price = revision.terms, revision.price
    everywhere = terms.territories == (WORLD,)
    same = (*LIMITS, "commercial", "may_train", "may_download", "may_download_base", "may_sublicense", "may_merge", "may_sell_outputs")
    return {
        **{name: getattr(terms, name) for name in (*same, "period_days", "seats", "priority", "likeness")},
        "concurrent_trainings": terms.concurrent_trainings or STARTING["concurrent_trainings"],
        "price": _short(price.amount, 100),
        "currency": price.currency,
        "stages": list(terms.stages),
        "channels": list(terms.media),
        "training_hours": _short(terms.training_seconds, HOUR),
        "where": EVERYWHERE if everywhere else SOMEWHERE,
        "territories": [] if everywhere else list(terms.territories),
        "revenue_cap": _short(terms.revenue_cap.amount, 100) if terms.revenue_cap else None,
        "cap_currency": terms.revenue_cap.currency if terms.revenue_cap else price.currency,
        "credit_line": terms.credit_line or "",
        "titles_excluded": list(terms.titles_excluded),
        "royalty": _short(terms.royalty_bps, 100),
    }


def _short(amount: int, unit: int) -> Decimal:
    """4 rather than 4.0000. Four places name every second of an hour, two every cent."""
    number = round(Decimal(amount) / unit, 4)
    return number.quantize(Decimal(1)) if number == number.to_integral() else number.normalize()


def language() -> str:
    return get_language() or "en"
