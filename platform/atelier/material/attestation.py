"""What a creator promises about her material before it is sealed. A change of the text changes its hash; the hash is what is recorded."""

import hashlib
from dataclasses import dataclass

from atelier.kit.refused import Refused


@dataclass(frozen=True)
class Text:
    language: str
    text: str

    @property
    def hash(self) -> str:
        return "sha256:" + hashlib.sha256(self.text.encode()).hexdigest()


ENGLISH = Text(
    "en",
    """About every file in this dataset at the moment it is sealed, I declare:

1. I made it myself, or I hold the rights that training an AI model with it needs, from everybody who holds a share in them.
2. Nobody who can be recognised by face, voice or body appears in it without having agreed to this use. No recognisable child appears in it.
3. It shows nothing whose making or possession is a crime.
4. It contains no other film, series, music or artwork unless its owner has allowed this use.
5. I keep the proof of these permissions and show it when I am asked with good reason.

I know that Atelier records this declaration with its date, that a false one can end my licence, and that I answer for the harm it does.
""",
)
FRENCH = Text(
    "fr",
    """Pour chaque fichier présent dans ce jeu de données au moment où il est scellé, je déclare :

1. J'en suis l'auteur, ou je détiens, de la part de tous les ayants droit, les droits nécessaires à l'entraînement d'un modèle d'IA.
2. Personne n'y est reconnaissable à son visage, sa voix ou son corps sans avoir accepté cet usage. Aucun enfant n'y est reconnaissable.
3. Il ne montre rien dont la fabrication ou la détention constitue une infraction.
4. Il ne contient aucun autre film, série, musique ou œuvre sans que son titulaire ait permis cet usage.
5. Je conserve la preuve de ces autorisations et la présente sur demande justifiée.

Je sais qu'Atelier enregistre cette déclaration avec sa date, qu'une fausse déclaration peut mettre fin à ma licence
et que je réponds du dommage causé.
""",
)
TEXTS = {text.language: text for text in (ENGLISH, FRENCH)}


def known(text_hash: str) -> Text:
    """The text of this hash, or Refused("ATTESTATION_CHANGED") when it is not one that we show today."""
    for text in TEXTS.values():
        if text.hash == text_hash:
            return text
    raise Refused("ATTESTATION_CHANGED", "This is not the declaration that we show today. Read it again and agree to that.", status=422)
