"""La version 2 du texte de la licence en français : la version 1, avec les clauses sur la file où attendent les entraînements. On ne la
modifie jamais une fois vendue."""

from licensing.terms import Terms
from licensing.texts import deed_1_fr as before
from licensing.texts.deed import Clause, Deed, either, if_trained, put_behind


def at_once(terms: Terms) -> str:
    if terms.concurrent_trainings is None:
        return "Ces conditions ne disent pas combien d’entraînements peuvent être en cours à la fois."
    if terms.concurrent_trainings == 1:
        return "Un seul entraînement sous cette licence peut être en cours à la fois. Les autres attendent qu’il soit terminé."
    return (
        f"Jusqu’à {before._number(terms.concurrent_trainings)} entraînements sous cette licence peuvent être en cours à la fois. "
        "Les autres attendent."
    )


LANE = either(
    "priority",
    "Vos entraînements attendent dans la file prioritaire : les machines y puisent avant la file ordinaire, trois fois de suite au plus. "
    "Dans cette file, ceux qui y ont droit passent à tour de rôle.",
    "Vos entraînements attendent dans la file ordinaire, où tous ceux qui attendent passent à tour de rôle. Des entraînements de la file "
    "prioritaire peuvent passer avant.",
)
CLAUSES = put_behind(
    "max_clips",
    before.CLAUSES,
    Clause("concurrent_trainings", "Entraînements simultanés", if_trained(at_once, before.NO_TRAINING)),
    Clause("priority", "File prioritaire", if_trained(LANE, before.NO_TRAINING)),
)


def summary(terms: Terms) -> tuple[list[str], list[str]]:
    may, may_not = before.summary(terms)
    if terms.may_train:
        (may if terms.priority else may_not).append("Faire passer vos entraînements par la file prioritaire")
        many = terms.concurrent_trainings
        if many is not None:
            counted = "un seul entraînement" if many == 1 else f"jusqu’à {before._number(many)} entraînements"
            may.append(f"Avoir {counted} en cours à la fois")
    return may, may_not


DEED = Deed(title=before.DEED.title, head=before.DEED.head, clauses=CLAUSES, summary=summary)
