"""The rules' English."""

from licensing.territories import ENGLISH
from licensing.texts.words import Words

WORDS = Words(
    conjunction="and",
    stages={"pre_production": "pre-production", "production": "production", "post": "post-production", "release": "release"},
    media={
        "web": "the web",
        "social": "social media",
        "festival": "festivals",
        "broadcast": "broadcast",
        "theatrical": "cinemas",
        "advertising": "advertising",
        "games": "games",
    },
    territories=ENGLISH,
    facts={
        "licence_state": "the state of the licence",
        "granted_at": "when the licence was granted",
        "licensee": "who holds the licence",
        "actor": "who is asking",
        "seats_taken": "how many seats are taken",
        "seated": "whether the person asking has a seat",
        "allowance_left": "how much training time is left",
        "seconds_needed": "how much training time is needed",
        "rank": "the rank",
        "steps": "the number of steps",
        "resolution": "the resolution",
        "clips": "the number of clips",
        "titles": "the titles that the base model learned from",
        "base_digest": "the base model",
        "consent": "the consent of the people shown",
        "lineage_withdrawn": "whether its sources have been withdrawn",
        "uncleared": "whether the rights in its titles are cleared",
    },
    verdicts={
        "OK": ("The licence allows this.", "Go ahead."),
        "NOT_YET_VALID": ("The licence begins on {begins_at}.", "Wait until then."),
        "EXPIRED": ("The licence ended on {ended_at}.", "Renew it or buy a new one."),
        "SUSPENDED": ("The licence is suspended.", "Settle the open question about its payment, or ask the studio."),
        "REVOKED": ("The licence has been revoked.", "Ask the studio, or buy a new licence."),
        "SEATS_TAKEN": (
            "All seats of this licence are taken ({taken} of {granted}).",
            "Free a seat first, or choose a tier with more seats.",
        ),
        "NO_SEAT": (
            "This person has no seat of the licence.",
            "Ask its holder for a seat, or take a licence of your own.",
        ),
        "ALLOWANCE_SPENT": (
            "This needs {needed} seconds of training and {left} are left.",
            "Buy more training time, or ask for fewer steps.",
        ),
        "STAGE_NOT_GRANTED": (
            "The licence does not grant this stage of production: {stage}.",
            "Change the declared stage, or choose a tier that grants it.",
        ),
        "MEDIUM_NOT_GRANTED": (
            "The licence does not grant these media: {media}.",
            "Change the declared media, or choose a tier that grants them.",
        ),
        "TERRITORY_NOT_GRANTED": (
            "The licence does not grant these territories: {territories}.",
            "Change the declared territories, or choose a tier that grants them.",
        ),
        "COMMERCIAL_NOT_GRANTED": (
            "The licence does not grant commercial use.",
            "Declare a non-commercial use if that is what it is, or choose a commercial tier.",
        ),
        "TIER_FORBIDS_TRAINING": ("The licence does not allow training.", "Choose a tier that includes training."),
        "TIER_FORBIDS_DOWNLOAD": (
            "The licence does not allow custom models to be downloaded.",
            "Choose a tier that includes downloads.",
        ),
        "TIER_FORBIDS_BASE_DOWNLOAD": (
            "The licence does not allow the base model to be downloaded.",
            "Choose a tier that includes the base model itself.",
        ),
        "RANK_ABOVE_TIER": (
            "Rank {asked} is above the {granted} that the licence allows.",
            "Lower the rank, or choose a higher tier.",
        ),
        "STEPS_ABOVE_TIER": (
            "{asked} steps are more than the {granted} that the licence allows.",
            "Ask for fewer steps, or choose a higher tier.",
        ),
        "RESOLUTION_ABOVE_TIER": (
            "A longest edge of {asked} pixels is above the {granted} that the licence allows.",
            "Lower the resolution, or choose a higher tier.",
        ),
        "TOO_MANY_CLIPS": (
            "{asked} clips are more than the {granted} that the licence allows.",
            "Remove clips, or choose a higher tier.",
        ),
        "LIKENESS_NOT_GRANTED": (
            "The licence does not allow material that shows identifiable people.",
            "Remove that material, or choose a tier that allows people who have consented.",
        ),
        "CONSENT_MISSING": (
            "The consent of somebody shown in the material is missing.",
            "Record their consent, or say that nobody can be recognised.",
        ),
        "CONSENT_WITHDRAWN": (
            "Somebody shown in the material has withdrawn their consent.",
            "Remove that material and train again without it.",
        ),
        "TITLE_EXCLUDED": (
            "The licence excludes titles that the base model learned from: {titles}.",
            "Choose a base model without them, or a tier that includes them.",
        ),
        "TITLE_NOT_CLEARED": (
            "The rights in a title of this material are not cleared: {titles}.",
            "Clear the title in the studio's register, or train on a dataset without its clips.",
        ),
        "LINEAGE_WITHDRAWN": (
            "Something that this was made from has been withdrawn.",
            "Open its page to see what was withdrawn, and train again without it.",
        ),
        "USE_NOT_DECLARED": (
            "The project has not declared its use: stage, media and territories.",
            "Declare the project's use.",
        ),
        "BASE_MISMATCH": (
            "The licence is for another base model.",
            "Use the base model that the licence names, or license this one.",
        ),
        "CONTEXT_INCOMPLETE": (
            "This cannot be allowed yet, because something is not known: {fact}.",
            "Complete what is missing and try again.",
        ),
    },
)
