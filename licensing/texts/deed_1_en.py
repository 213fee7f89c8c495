"""Version 1 of the licence text in English. Licences were sold with its clauses: they are never edited, a new version gets its own file."""

from licensing.money import Money
from licensing.terms import MEDIA, STAGES, Terms
from licensing.territories import WORLD
from licensing.texts.deed import Clause, Deed, either, if_trained, sorted_out
from licensing.texts.en import WORDS

NO_TRAINING = "Does not apply, because no training is granted."


def _number(value: int) -> str:
    return f"{value:,}"


def _counted(value: int, one: str, many: str) -> str:
    return f"{_number(value)} {one if value == 1 else many}"


def _money(money: Money) -> str:
    return f"{money.currency} {money.amount // 100:,}.{money.amount % 100:02}"


def _per_cent(bps: int) -> str:
    whole, rest = divmod(bps, 100)
    return f"{whole}.{rest:02}".rstrip("0").rstrip(".") + "%"


def _duration(seconds: int) -> str:
    minutes, second = divmod(seconds, 60)
    hours, minute = divmod(minutes, 60)
    parts = [(hours, "hour", "hours"), (minute, "minute", "minutes"), (second, "second", "seconds")]
    return WORDS.listed([_counted(count, one, many) for count, one, many in parts if count])


def _stages(codes: list[str]) -> str:
    return WORDS.listed([WORDS.stages[code] for code in codes])


def _media(codes: list[str]) -> str:
    return WORDS.listed([WORDS.media[code] for code in codes])


def _countries(terms: Terms) -> str:
    return "; ".join(WORDS.alphabetical(WORDS.territories[code] for code in terms.territories))


def stages(terms: Terms) -> str:
    granted = [stage for stage in STAGES if stage in terms.stages]
    if not granted:
        return "No stage of a production is granted."
    return (
        "You may use the base model, your custom models and your outputs in these stages of a production, and in no other: "
        f"{_stages(granted)}."
    )


def media(terms: Terms) -> str:
    granted = [medium for medium in MEDIA if medium in terms.media]
    return f"Your outputs may be shown through these media, and no other: {_media(granted)}." if granted else "No medium is granted."


def territories(terms: Terms) -> str:
    if WORLD in terms.territories:
        return "Your outputs may be shown in the whole world."
    if not terms.territories:
        return "No territory is granted."
    return f"Your outputs may be shown in these territories, and no other: {_countries(terms)}."


def period(terms: Terms) -> str:
    if terms.period_days is None:
        return "The licence has no end date. It can still be suspended or revoked, as the clause on its end says."
    return (
        f"The licence lasts {_counted(terms.period_days, 'day', 'days')} from the moment at which it is granted, "
        "and as long again each time it is renewed."
    )


def seats(terms: Terms) -> str:
    if terms.seats == 1:
        return "One person may use this licence. That person may not share it."
    return f"Up to {_number(terms.seats)} people may use this licence, you among them. Each needs a seat that you have given them."


def training_time(terms: Terms) -> str:
    if not terms.training_seconds:
        return "No training time is included. It is bought separately."
    return f"The price includes {_duration(terms.training_seconds)} of training. More can be bought separately."


def revenue(terms: Terms) -> str:
    if terms.revenue_cap is None:
        return "The licence holds whatever your revenue is."
    return (
        f"The licence holds as long as your revenue over the last twelve months, together with that of the companies under the same "
        f"control as yours, is not above {_money(terms.revenue_cap)}. Beyond that you need another licence."
    )


def likeness(terms: Terms) -> str:
    if terms.likeness == "none":
        return "You may not train on material in which a living or dead person can be recognised, nor make outputs that show one."
    return (
        "You may train on material in which a person can be recognised, and make outputs that show that person, only with their recorded "
        "consent to that use; for a person who has died, with that of their estate. Where consent is withdrawn, training on that material "
        "stops, and the custom models trained on it may no longer be used."
    )


def titles(terms: Terms) -> str:
    if not terms.titles_excluded:
        return "No title is excluded."
    return (
        f"These titles are excluded: {'; '.join(terms.titles_excluded)}. Nothing that learned from one of them may be used "
        "under this licence."
    )


def royalty(terms: Terms) -> str:
    if not terms.royalty_bps:
        return "No part of the price of this licence is reckoned as a royalty."
    return (
        f"{_per_cent(terms.royalty_bps)} of every amount paid for this licence is reckoned as royalty. It is part of the "
        "price, not added to it."
    )


CLAUSES = (
    Clause(
        "grantor",
        "Who grants this licence",
        lambda terms: (
            f"{terms.grantor} (“the studio”) grants this licence to the person or organisation that acquires it (“you”). "
            "The licence is not exclusive."
        ),
    ),
    Clause(
        "offering",
        "What is licensed",
        lambda terms: (
            f"The licence is for {terms.offering} (“the base model”). Whatever is trained from the base model under this "
            "licence, in whatever "
            "form, is “a custom model”. The pictures, videos and sounds that you make with the base model or with a "
            "custom model are “your outputs”."
        ),
    ),
    Clause(
        "base_digest",
        "Which version exactly",
        lambda terms: (
            f"The licence is for the one version of the base model that has the digest {terms.base_digest}, and for no other version."
        ),
    ),
    Clause("stages", "Stages of production", stages),
    Clause(
        "commercial",
        "Commercial use",
        either(
            "commercial",
            "You may use the base model, your custom models and your outputs commercially, within the other clauses.",
            "You may not use the base model, your custom models or your outputs commercially: not in return for money or "
            "any other advantage, "
            "and not to promote something that is sold.",
        ),
    ),
    Clause("media", "Media", media),
    Clause("territories", "Territories", territories),
    Clause("period_days", "How long the licence lasts", period),
    Clause("seats", "People who may use it", seats),
    Clause(
        "may_train",
        "Training",
        either(
            "may_train",
            "You may train custom models from the base model on this service, with material for which you hold the necessary rights.",
            "You may not train custom models from the base model, here or elsewhere.",
        ),
    ),
    Clause("training_seconds", "Training time included", if_trained(training_time, NO_TRAINING)),
    Clause(
        "max_rank",
        "Largest rank",
        if_trained(lambda terms: f"A custom model may have a rank of at most {_number(terms.max_rank)}.", NO_TRAINING),
    ),
    Clause(
        "max_steps",
        "Most steps",
        if_trained(lambda terms: f"A training may run for at most {_counted(terms.max_steps, 'step', 'steps')}.", NO_TRAINING),
    ),
    Clause(
        "max_resolution",
        "Largest resolution",
        if_trained(
            lambda terms: f"A training may work at a longest edge of at most {_counted(terms.max_resolution, 'pixel', 'pixels')}.",
            NO_TRAINING,
        ),
    ),
    Clause(
        "max_clips",
        "Most clips",
        if_trained(lambda terms: f"A dataset may hold at most {_counted(terms.max_clips, 'clip', 'clips')}.", NO_TRAINING),
    ),
    Clause(
        "may_download",
        "Download of custom models",
        either(
            "may_download",
            "You may download your custom models and use them on machines that you control.",
            "You may not download your custom models. You use them on this service.",
        ),
    ),
    Clause(
        "may_download_base",
        "Download of the base model",
        either(
            "may_download_base",
            "You may download the base model itself and use it on machines that you control.",
            "You may not download the base model itself.",
        ),
    ),
    Clause(
        "may_sublicense",
        "Passing rights on",
        either(
            "may_sublicense",
            "You may grant others the rights that you have under this licence, within its limits and for no longer than it lasts. "
            "You answer to the studio for what they do.",
            "You may not grant others rights under this licence, and you may not lend, publish or host the base model or "
            "a custom model for others.",
        ),
    ),
    Clause(
        "may_merge",
        "Merging",
        either(
            "may_merge",
            "You may merge your custom models with other models. The result is a custom model under this licence.",
            "You may not merge the base model or a custom model into other models.",
        ),
    ),
    Clause(
        "may_sell_outputs",
        "Selling outputs",
        either(
            "may_sell_outputs",
            "You may sell your outputs and license them to others for money.",
            "You may not sell your outputs, nor license them to others for money.",
        ),
    ),
    Clause("revenue_cap", "Your revenue", revenue),
    Clause("likeness", "People who can be recognised", likeness),
    Clause(
        "credit_line",
        "Credit",
        lambda terms: (
            "You need not give a credit."
            if terms.credit_line is None
            else f"Wherever a work that contains your outputs gives credits, it gives this one: “{terms.credit_line}”."
        ),
    ),
    Clause("titles_excluded", "Titles excluded", titles),
    Clause("royalty_bps", "Royalty", royalty),
    Clause(None, "Everything else", lambda terms: "Whatever these clauses do not grant is not granted."),
    Clause(
        None,
        "How the licence can end",
        lambda terms: (
            "The licence can be suspended while a payment for it is disputed. It can be revoked when that payment is "
            "refunded, when you break its "
            "clauses, or when a title or the consent of a person on which it rests is withdrawn. When the licence has "
            "ended, for whatever reason, "
            "you train and download nothing further and make no new outputs. Outputs finished while it lasted may remain "
            "in use within these "
            "clauses, unless they show the title or the person that was withdrawn."
        ),
    ),
    Clause(
        None,
        "What counts",
        lambda terms: (
            "This text is generated from the terms named at its head and from nothing else. It exists in English and in French; "
            "the one that you accepted counts."
        ),
    ),
)


def summary(terms: Terms) -> tuple[list[str], list[str]]:
    granted_stages, other_stages = [s for s in STAGES if s in terms.stages], [s for s in STAGES if s not in terms.stages]
    granted_media, other_media = [m for m in MEDIA if m in terms.media], [m for m in MEDIA if m not in terms.media]
    pairs: list[tuple[bool, str]] = []
    if granted_stages:
        pairs.append((True, f"Use it in these stages: {_stages(granted_stages)}"))
    if other_stages:
        pairs.append((False, f"Use it in these stages: {_stages(other_stages)}"))
    pairs.append((terms.commercial, "Use it commercially"))
    if granted_media:
        pairs.append((True, f"Show your outputs through these media: {_media(granted_media)}"))
    if other_media:
        pairs.append((False, f"Show your outputs through these media: {_media(other_media)}"))
    pairs += _where_and_who(terms)
    pairs.append((terms.may_train, _training(terms)))
    pairs += [
        (terms.may_download, "Download your custom models"),
        (terms.may_download_base, "Download the base model itself"),
        (terms.may_sublicense, "Grant these rights to others"),
        (terms.may_merge, "Merge your custom models with other models"),
        (terms.may_sell_outputs, "Sell your outputs"),
    ]
    return sorted_out(pairs + _conditions(terms))


def _where_and_who(terms: Terms) -> list[tuple[bool, str]]:
    if WORLD in terms.territories:
        where = [(True, "Show your outputs in the whole world")]
    elif terms.territories:
        where = [(True, f"Show your outputs in: {_countries(terms)}"), (False, "Show your outputs in any other country")]
    else:
        where = [(False, "Show your outputs in any country")]
    period = (
        "Use it without an end date" if terms.period_days is None else f"Use it for {_counted(terms.period_days, 'day', 'days')}, renewable"
    )
    shared = "Share it with anybody" if terms.seats == 1 else f"Share it among {_number(terms.seats)} people, you included"
    return [*where, (True, period), (terms.seats > 1, shared)]


def _training(terms: Terms) -> str:
    if not terms.may_train:
        return "Train custom models"
    included = f"{_duration(terms.training_seconds)} included" if terms.training_seconds else "no training time included"
    return (
        f"Train custom models: rank up to {_number(terms.max_rank)}, {_counted(terms.max_steps, 'step', 'steps')}, "
        f"{_counted(terms.max_resolution, 'pixel', 'pixels')} on the longest edge, {_counted(terms.max_clips, 'clip', 'clips')}; {included}"
    )


def _conditions(terms: Terms) -> list[tuple[bool, str]]:
    pairs = [(False, "Show people who can be recognised" + ("" if terms.likeness == "none" else " without their recorded consent"))]
    if terms.likeness == "consented":
        pairs.append((True, "Show people who have given their recorded consent"))
    if terms.revenue_cap is not None:
        pairs.append((False, f"Use it once your revenue in twelve months is above {_money(terms.revenue_cap)}"))
    if terms.credit_line is not None:
        pairs.append((False, f"Leave out the credit “{terms.credit_line}”"))
    if terms.titles_excluded:
        pairs.append((False, f"Use anything that learned from {'; '.join(terms.titles_excluded)}"))
    return pairs


DEED = Deed(
    title=lambda terms: f"Licence for {terms.offering}",
    head=lambda terms, version: f"Licence text version {version}, terms {terms.id}",
    clauses=CLAUSES,
    summary=summary,
)
