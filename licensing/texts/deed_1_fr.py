"""La version 1 du texte de la licence en français. Des licences ont été vendues avec ses clauses : on ne les modifie jamais, une nouvelle
version reçoit son propre fichier."""

from licensing.money import Money
from licensing.terms import MEDIA, STAGES, Terms
from licensing.territories import WORLD
from licensing.texts.deed import Clause, Deed, either, if_trained, sorted_out
from licensing.texts.fr import WORDS

NO_TRAINING = "Sans objet, car l’entraînement n’est pas accordé."
THIN_SPACE = "\u202f"


def _number(value: int) -> str:
    return f"{value:,}".replace(",", THIN_SPACE)


def _counted(value: int, one: str, many: str) -> str:
    return f"{_number(value)} {one if value < 2 else many}"


def _money(money: Money) -> str:
    return f"{_number(money.amount // 100)},{money.amount % 100:02} {money.currency}"


def _per_cent(bps: int) -> str:
    whole, rest = divmod(bps, 100)
    return f"{whole},{rest:02}".rstrip("0").rstrip(",") + " %"


def _duration(seconds: int) -> str:
    minutes, second = divmod(seconds, 60)
    hours, minute = divmod(minutes, 60)
    parts = [(hours, "heure", "heures"), (minute, "minute", "minutes"), (second, "seconde", "secondes")]
    return WORDS.listed([_counted(count, one, many) for count, one, many in parts if count])


def _stages(codes: list[str]) -> str:
    return WORDS.listed([WORDS.stages[code] for code in codes])


def _media(codes: list[str]) -> str:
    return WORDS.listed([WORDS.media[code] for code in codes])


def _countries(terms: Terms) -> str:
    return " ; ".join(WORDS.alphabetical(WORDS.territories[code] for code in terms.territories))


def stages(terms: Terms) -> str:
    granted = [stage for stage in STAGES if stage in terms.stages]
    if not granted:
        return "Aucune étape d’une production n’est accordée."
    return (
        "Vous pouvez utiliser le modèle de base, vos modèles personnalisés et vos créations aux étapes suivantes d’une production, et à "
        f"aucune autre : {_stages(granted)}."
    )


def media(terms: Terms) -> str:
    granted = [medium for medium in MEDIA if medium in terms.media]
    if not granted:
        return "Aucun média n’est accordé."
    return f"Vos créations peuvent être montrées par les médias suivants, et par aucun autre : {_media(granted)}."


def territories(terms: Terms) -> str:
    if WORLD in terms.territories:
        return "Vos créations peuvent être montrées dans le monde entier."
    if not terms.territories:
        return "Aucun territoire n’est accordé."
    return f"Vos créations peuvent être montrées dans les territoires suivants, et dans aucun autre : {_countries(terms)}."


def period(terms: Terms) -> str:
    if terms.period_days is None:
        return "La licence n’a pas de terme. Elle peut toutefois être suspendue ou révoquée, comme le dit la clause sur sa fin."
    return (
        f"La licence dure {_counted(terms.period_days, 'jour', 'jours')} à compter du moment où elle est accordée, "
        "et de nouveau autant à chaque renouvellement."
    )


def seats(terms: Terms) -> str:
    if terms.seats == 1:
        return "Une seule personne peut utiliser cette licence. Elle ne peut pas la partager."
    return (
        f"Jusqu’à {_number(terms.seats)} personnes peuvent utiliser cette licence, vous compris. "
        "Chacune a besoin d’une place que vous lui avez attribuée."
    )


def training_time(terms: Terms) -> str:
    if not terms.training_seconds:
        return "Aucun temps d’entraînement n’est compris. Il s’achète séparément."
    return f"Le prix comprend {_duration(terms.training_seconds)} d’entraînement. Il est possible d’en acheter davantage séparément."


def revenue(terms: Terms) -> str:
    if terms.revenue_cap is None:
        return "La licence vaut quel que soit votre chiffre d’affaires."
    return (
        "La licence vaut tant que votre chiffre d’affaires des douze derniers mois, ajouté à celui des sociétés soumises au même contrôle "
        f"que la vôtre, ne dépasse pas {_money(terms.revenue_cap)}. Au-delà, il vous faut une autre licence."
    )


def likeness(terms: Terms) -> str:
    if terms.likeness == "none":
        return (
            "Vous ne pouvez ni entraîner un modèle avec un contenu où une personne, vivante ou décédée, est identifiable, ni réaliser de "
            "créations qui en montrent une."
        )
    return (
        "Vous ne pouvez entraîner un modèle avec un contenu où une personne est identifiable, et réaliser des créations qui montrent cette "
        "personne, qu’avec son consentement enregistré à cet usage ; pour une personne décédée, avec celui de sa succession. Si le "
        "consentement est retiré, l’entraînement avec ce contenu cesse, et les modèles personnalisés qui en sont issus ne peuvent plus "
        "être utilisés."
    )


def titles(terms: Terms) -> str:
    if not terms.titles_excluded:
        return "Aucun titre n’est exclu."
    return (
        f"Les titres suivants sont exclus : {' ; '.join(terms.titles_excluded)}. "
        "Rien de ce qui a appris de l’un d’eux ne peut être utilisé sous cette licence."
    )


def royalty(terms: Terms) -> str:
    if not terms.royalty_bps:
        return "Aucune part du prix de cette licence n’est comptée comme redevance."
    return (
        f"{_per_cent(terms.royalty_bps)} de toute somme payée pour cette licence sont comptés comme redevance. "
        "La redevance est comprise dans le prix et ne s’y ajoute pas."
    )


CLAUSES = (
    Clause(
        "grantor",
        "Qui accorde cette licence",
        lambda terms: (
            f"{terms.grantor} (« le studio ») accorde cette licence à la personne ou à l’organisation qui l’acquiert (« vous »). "
            "La licence n’est pas exclusive."
        ),
    ),
    Clause(
        "offering",
        "Ce qui est accordé",
        lambda terms: (
            f"La licence porte sur {terms.offering} (« le modèle de base »). Tout ce qui est entraîné à partir du modèle "
            "de base sous cette "
            "licence, sous quelque forme que ce soit, est « un modèle personnalisé ». Les images, vidéos et sons que vous réalisez avec le "
            "modèle de base ou avec un modèle personnalisé sont « vos créations »."
        ),
    ),
    Clause(
        "base_digest",
        "Quelle version exactement",
        lambda terms: (
            f"La licence porte sur la seule version du modèle de base qui a l’empreinte {terms.base_digest}, et sur aucune autre version."
        ),
    ),
    Clause("stages", "Étapes de production", stages),
    Clause(
        "commercial",
        "Usage commercial",
        either(
            "commercial",
            "Vous pouvez utiliser le modèle de base, vos modèles personnalisés et vos créations à des fins commerciales, "
            "dans les limites des "
            "autres clauses.",
            "Vous ne pouvez utiliser ni le modèle de base, ni vos modèles personnalisés, ni vos créations à des fins "
            "commerciales : ni contre "
            "de l’argent ou un autre avantage, ni pour promouvoir ce qui se vend.",
        ),
    ),
    Clause("media", "Médias", media),
    Clause("territories", "Territoires", territories),
    Clause("period_days", "Durée de la licence", period),
    Clause("seats", "Personnes qui peuvent l’utiliser", seats),
    Clause(
        "may_train",
        "Entraînement",
        either(
            "may_train",
            "Vous pouvez entraîner des modèles personnalisés à partir du modèle de base sur ce service, avec un contenu "
            "dont vous détenez les "
            "droits nécessaires.",
            "Vous ne pouvez pas entraîner de modèles personnalisés à partir du modèle de base, ni ici ni ailleurs.",
        ),
    ),
    Clause("training_seconds", "Temps d’entraînement compris", if_trained(training_time, NO_TRAINING)),
    Clause(
        "max_rank",
        "Rang maximal",
        if_trained(lambda terms: f"Le rang d’un modèle personnalisé est de {_number(terms.max_rank)} au plus.", NO_TRAINING),
    ),
    Clause(
        "max_steps",
        "Nombre maximal de pas",
        if_trained(lambda terms: f"Un entraînement compte {_number(terms.max_steps)} pas au plus.", NO_TRAINING),
    ),
    Clause(
        "max_resolution",
        "Résolution maximale",
        if_trained(
            lambda terms: (
                f"Un entraînement peut travailler sur un grand côté de {_counted(terms.max_resolution, 'pixel', 'pixels')} au plus."
            ),
            NO_TRAINING,
        ),
    ),
    Clause(
        "max_clips",
        "Nombre maximal de plans",
        if_trained(lambda terms: f"Un jeu de données contient {_counted(terms.max_clips, 'plan', 'plans')} au plus.", NO_TRAINING),
    ),
    Clause(
        "may_download",
        "Téléchargement des modèles personnalisés",
        either(
            "may_download",
            "Vous pouvez télécharger vos modèles personnalisés et les utiliser sur des machines que vous contrôlez.",
            "Vous ne pouvez pas télécharger vos modèles personnalisés. Vous les utilisez sur ce service.",
        ),
    ),
    Clause(
        "may_download_base",
        "Téléchargement du modèle de base",
        either(
            "may_download_base",
            "Vous pouvez télécharger le modèle de base lui-même et l’utiliser sur des machines que vous contrôlez.",
            "Vous ne pouvez pas télécharger le modèle de base lui-même.",
        ),
    ),
    Clause(
        "may_sublicense",
        "Transmission des droits",
        either(
            "may_sublicense",
            "Vous pouvez accorder à d’autres les droits que vous tenez de cette licence, dans ses limites et pas plus longtemps qu’elle ne "
            "dure. Vous répondez de leurs actes devant le studio.",
            "Vous ne pouvez pas accorder à d’autres des droits issus de cette licence, ni prêter, publier ou héberger "
            "pour d’autres le modèle "
            "de base ou un modèle personnalisé.",
        ),
    ),
    Clause(
        "may_merge",
        "Fusion",
        either(
            "may_merge",
            "Vous pouvez fusionner vos modèles personnalisés avec d’autres modèles. Le résultat est un modèle "
            "personnalisé sous cette licence.",
            "Vous ne pouvez fusionner ni le modèle de base ni un modèle personnalisé avec d’autres modèles.",
        ),
    ),
    Clause(
        "may_sell_outputs",
        "Vente des créations",
        either(
            "may_sell_outputs",
            "Vous pouvez vendre vos créations et en accorder des licences à d’autres contre de l’argent.",
            "Vous ne pouvez ni vendre vos créations, ni en accorder des licences à d’autres contre de l’argent.",
        ),
    ),
    Clause("revenue_cap", "Votre chiffre d’affaires", revenue),
    Clause("likeness", "Personnes identifiables", likeness),
    Clause(
        "credit_line",
        "Mention au générique",
        lambda terms: (
            "Aucune mention n’est exigée."
            if terms.credit_line is None
            else (
                "Dès qu’une œuvre qui contient vos créations comporte un générique ou des mentions, elle porte celle-ci : "
                f"« {terms.credit_line} »."
            )
        ),
    ),
    Clause("titles_excluded", "Titres exclus", titles),
    Clause("royalty_bps", "Redevance", royalty),
    Clause(None, "Tout le reste", lambda terms: "Ce que ces clauses n’accordent pas n’est pas accordé."),
    Clause(
        None,
        "Fin de la licence",
        lambda terms: (
            "La licence peut être suspendue tant qu’un paiement qui la concerne est contesté. Elle peut être révoquée si ce paiement est "
            "remboursé, si vous enfreignez ses clauses, ou si un titre ou le consentement d’une personne sur lesquels "
            "elle repose est retiré. "
            "Une fois la licence terminée, pour quelque raison que ce soit, vous n’entraînez et ne téléchargez plus rien "
            "et ne réalisez plus "
            "de nouvelles créations. Les créations achevées pendant sa durée peuvent rester en usage dans les limites de "
            "ces clauses, sauf si "
            "elles montrent le titre ou la personne dont le retrait a été prononcé."
        ),
    ),
    Clause(
        None,
        "Ce qui fait foi",
        lambda terms: (
            "Ce texte est établi à partir des conditions désignées en tête et de rien d’autre. Il existe en français et en anglais ; "
            "celui que vous avez accepté fait foi."
        ),
    ),
)


def summary(terms: Terms) -> tuple[list[str], list[str]]:
    granted_stages, other_stages = [s for s in STAGES if s in terms.stages], [s for s in STAGES if s not in terms.stages]
    granted_media, other_media = [m for m in MEDIA if m in terms.media], [m for m in MEDIA if m not in terms.media]
    pairs: list[tuple[bool, str]] = []
    if granted_stages:
        pairs.append((True, f"L’utiliser à ces étapes : {_stages(granted_stages)}"))
    if other_stages:
        pairs.append((False, f"L’utiliser à ces étapes : {_stages(other_stages)}"))
    pairs.append((terms.commercial, "L’utiliser à des fins commerciales"))
    if granted_media:
        pairs.append((True, f"Montrer vos créations par ces médias : {_media(granted_media)}"))
    if other_media:
        pairs.append((False, f"Montrer vos créations par ces médias : {_media(other_media)}"))
    pairs += _where_and_who(terms)
    pairs.append((terms.may_train, _training(terms)))
    pairs += [
        (terms.may_download, "Télécharger vos modèles personnalisés"),
        (terms.may_download_base, "Télécharger le modèle de base lui-même"),
        (terms.may_sublicense, "Accorder ces droits à d’autres"),
        (terms.may_merge, "Fusionner vos modèles personnalisés avec d’autres modèles"),
        (terms.may_sell_outputs, "Vendre vos créations"),
    ]
    return sorted_out(pairs + _conditions(terms))


def _where_and_who(terms: Terms) -> list[tuple[bool, str]]:
    if WORLD in terms.territories:
        where = [(True, "Montrer vos créations dans le monde entier")]
    elif terms.territories:
        where = [
            (True, f"Montrer vos créations dans ces territoires : {_countries(terms)}"),
            (False, "Montrer vos créations dans un autre pays"),
        ]
    else:
        where = [(False, "Montrer vos créations dans quelque pays que ce soit")]
    period = (
        "L’utiliser sans limite de durée"
        if terms.period_days is None
        else f"L’utiliser pendant {_counted(terms.period_days, 'jour', 'jours')}, durée renouvelable"
    )
    shared = "La partager avec quiconque" if terms.seats == 1 else f"La partager à {_number(terms.seats)} personnes, vous compris"
    return [*where, (True, period), (terms.seats > 1, shared)]


def _training(terms: Terms) -> str:
    if not terms.may_train:
        return "Entraîner des modèles personnalisés"
    included = "aucun temps d’entraînement compris"
    if terms.training_seconds:
        included = f"{_duration(terms.training_seconds)} d’entraînement comprises"
    return (
        f"Entraîner des modèles personnalisés : rang {_number(terms.max_rank)} au plus, {_number(terms.max_steps)} pas, "
        f"grand côté de {_counted(terms.max_resolution, 'pixel', 'pixels')}, {_counted(terms.max_clips, 'plan', 'plans')} ; {included}"
    )


def _conditions(terms: Terms) -> list[tuple[bool, str]]:
    pairs = [(False, "Montrer des personnes identifiables" + ("" if terms.likeness == "none" else " sans leur consentement enregistré"))]
    if terms.likeness == "consented":
        pairs.append((True, "Montrer des personnes qui ont donné leur consentement enregistré"))
    if terms.revenue_cap is not None:
        pairs.append((False, f"L’utiliser dès que votre chiffre d’affaires sur douze mois dépasse {_money(terms.revenue_cap)}"))
    if terms.credit_line is not None:
        pairs.append((False, f"Omettre la mention « {terms.credit_line} »"))
    if terms.titles_excluded:
        pairs.append((False, f"Utiliser ce qui a appris de ces titres : {' ; '.join(terms.titles_excluded)}"))
    return pairs


DEED = Deed(
    title=lambda terms: f"Licence pour {terms.offering}",
    head=lambda terms, version: f"Texte de licence, version {version}, conditions {terms.id}",
    clauses=CLAUSES,
    summary=summary,
)
