"""What a verifier may find, and the one error that carries a finding and its sentence."""

from enum import StrEnum


class Finding(StrEnum):
    """The words of `licensing verify` and `licensing audit verify`. The last four are said of audit logs only."""

    OK = "OK"
    TAMPERED = "TAMPERED"
    WRONG_LICENSEE = "WRONG_LICENSEE"
    EXPIRED = "EXPIRED"
    REVOKED = "REVOKED"
    LIST_STALE = "LIST_STALE"
    CLOCK_BEFORE_ISSUE = "CLOCK_BEFORE_ISSUE"
    UNKNOWN_KEY = "UNKNOWN_KEY"
    NO_CERTIFICATE = "NO_CERTIFICATE"
    MALFORMED = "MALFORMED"
    TRUNCATED = "TRUNCATED"
    FORKED = "FORKED"
    OTHER_LOG = "OTHER_LOG"
    NO_PROOF = "NO_PROOF"


class Rejected(ValueError):
    """What was found instead of a good document: `finding` for a program, `detail` is a sentence for a person."""

    def __init__(self, finding: Finding, detail: str) -> None:
        # The sentence may repeat a stranger's words, and is read on a terminal, which obeys control characters.
        self.detail = "".join(character if character.isprintable() else "\ufffd" for character in detail)
        self.finding = finding
        super().__init__(self.detail)


class Malformed(Rejected):
    """It cannot even be read, so that nothing it says counts."""

    def __init__(self, detail: str) -> None:
        super().__init__(Finding.MALFORMED, detail)
