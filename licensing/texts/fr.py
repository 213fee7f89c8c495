"""Le français des règles."""

from licensing.territories import FRENCH
from licensing.texts.words import Words

WORDS = Words(
    conjunction="et",
    stages={"pre_production": "la préproduction", "production": "la production", "post": "la postproduction", "release": "la diffusion"},
    media={
        "web": "le web",
        "social": "les réseaux sociaux",
        "festival": "les festivals",
        "broadcast": "la télévision",
        "theatrical": "les salles de cinéma",
        "advertising": "la publicité",
        "games": "les jeux vidéo",
    },
    territories=FRENCH,
    facts={
        "licence_state": "l’état de la licence",
        "granted_at": "la date d’octroi de la licence",
        "licensee": "le titulaire de la licence",
        "actor": "la personne qui fait la demande",
        "seats_taken": "le nombre de places prises",
        "seated": "si la personne qui fait la demande a une place",
        "allowance_left": "le temps d’entraînement restant",
        "seconds_needed": "le temps d’entraînement nécessaire",
        "rank": "le rang",
        "steps": "le nombre de pas",
        "resolution": "la résolution",
        "clips": "le nombre de plans",
        "titles": "les titres dont le modèle de base a appris",
        "base_digest": "le modèle de base",
        "consent": "le consentement des personnes montrées",
        "lineage_withdrawn": "le retrait éventuel de ses sources",
        "uncleared": "l’apurement des droits de ses titres",
    },
    verdicts={
        "OK": ("La licence le permet.", "Vous pouvez continuer."),
        "NOT_YET_VALID": ("La licence commence le {begins_at}.", "Attendez cette date."),
        "EXPIRED": ("La licence a pris fin le {ended_at}.", "Renouvelez-la ou achetez-en une nouvelle."),
        "SUSPENDED": ("La licence est suspendue.", "Réglez la question ouverte sur son paiement, ou adressez-vous au studio."),
        "REVOKED": ("La licence a été révoquée.", "Adressez-vous au studio, ou achetez une nouvelle licence."),
        "SEATS_TAKEN": (
            "Toutes les places de cette licence sont prises ({taken} sur {granted}).",
            "Libérez d’abord une place, ou choisissez une formule qui en offre davantage.",
        ),
        "NO_SEAT": (
            "Cette personne n’a pas de place dans la licence.",
            "Demandez une place à son titulaire, ou prenez une licence à votre nom.",
        ),
        "ALLOWANCE_SPENT": (
            "Il faut {needed} secondes d’entraînement et il en reste {left}.",
            "Achetez du temps d’entraînement, ou demandez moins de pas.",
        ),
        "STAGE_NOT_GRANTED": (
            "La licence n’accorde pas cette étape de production : {stage}.",
            "Modifiez l’étape déclarée, ou choisissez une formule qui l’accorde.",
        ),
        "MEDIUM_NOT_GRANTED": (
            "La licence n’accorde pas ces médias : {media}.",
            "Modifiez les médias déclarés, ou choisissez une formule qui les accorde.",
        ),
        "TERRITORY_NOT_GRANTED": (
            "La licence n’accorde pas ces territoires : {territories}.",
            "Modifiez les territoires déclarés, ou choisissez une formule qui les accorde.",
        ),
        "COMMERCIAL_NOT_GRANTED": (
            "La licence n’accorde pas l’usage commercial.",
            "Déclarez un usage non commercial si c’en est un, ou choisissez une formule commerciale.",
        ),
        "TIER_FORBIDS_TRAINING": ("La licence ne permet pas l’entraînement.", "Choisissez une formule qui comprend l’entraînement."),
        "TIER_FORBIDS_DOWNLOAD": (
            "La licence ne permet pas de télécharger les modèles personnalisés.",
            "Choisissez une formule qui comprend le téléchargement.",
        ),
        "TIER_FORBIDS_BASE_DOWNLOAD": (
            "La licence ne permet pas de télécharger le modèle de base.",
            "Choisissez une formule qui comprend le modèle de base lui-même.",
        ),
        "RANK_ABOVE_TIER": (
            "Le rang {asked} dépasse le rang {granted} que la licence permet.",
            "Réduisez le rang, ou choisissez une formule supérieure.",
        ),
        "STEPS_ABOVE_TIER": (
            "{asked} pas, c’est plus que les {granted} que la licence permet.",
            "Demandez moins de pas, ou choisissez une formule supérieure.",
        ),
        "RESOLUTION_ABOVE_TIER": (
            "Un grand côté de {asked} pixels dépasse les {granted} que la licence permet.",
            "Réduisez la résolution, ou choisissez une formule supérieure.",
        ),
        "TOO_MANY_CLIPS": (
            "{asked} plans, c’est plus que les {granted} que la licence permet.",
            "Retirez des plans, ou choisissez une formule supérieure.",
        ),
        "LIKENESS_NOT_GRANTED": (
            "La licence ne permet pas d’utiliser un contenu où des personnes sont identifiables.",
            "Retirez ce contenu, ou choisissez une formule qui admet les personnes ayant consenti.",
        ),
        "CONSENT_MISSING": (
            "Il manque le consentement d’une personne montrée dans le contenu.",
            "Enregistrez son consentement, ou indiquez que personne n’est identifiable.",
        ),
        "CONSENT_WITHDRAWN": (
            "Une personne montrée dans le contenu a retiré son consentement.",
            "Retirez ce contenu et relancez l’entraînement sans lui.",
        ),
        "TITLE_EXCLUDED": (
            "La licence exclut des titres dont le modèle de base a appris : {titles}.",
            "Choisissez un modèle de base sans eux, ou une formule qui les comprend.",
        ),
        "TITLE_NOT_CLEARED": (
            "Les droits d’un titre de ce contenu ne sont pas apurés : {titles}.",
            "Apurez les droits du titre dans le registre du studio, ou entraînez sur un jeu de plans qui n’en montre rien.",
        ),
        "LINEAGE_WITHDRAWN": (
            "Un élément qui a servi à le créer a été retiré.",
            "Ouvrez sa page pour voir ce qui a été retiré, et relancez l’entraînement sans cet élément.",
        ),
        "USE_NOT_DECLARED": (
            "Le projet n’a pas déclaré son usage : étape, médias et territoires.",
            "Déclarez l’usage du projet.",
        ),
        "BASE_MISMATCH": (
            "La licence porte sur un autre modèle de base.",
            "Utilisez le modèle de base que la licence désigne, ou prenez une licence pour celui-ci.",
        ),
        "CONTEXT_INCOMPLETE": (
            "Impossible de l’autoriser pour l’instant : il manque une information, {fact}.",
            "Complétez ce qui manque et réessayez.",
        ),
    },
)
