"""Working keys take turns while the root stays; what an earlier one signed stays believed."""

import io
import stat
from base64 import b64decode
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from licensing import certificate, credentials, keyring
from licensing.certificate import Certificate
from licensing.command import main
from licensing.findings import Finding
from licensing.keyring import Turn
from licensing.keys import BadSigner
from licensing.signers import signer_from_pem
from licensing.trust import Role, Sealed, TrustRoot, read_keys
from licensing.verify import Question, Result, verify
from tests.licensing.cases import NOW
from tests.licensing.proofs import CERTIFICATE, DAY, LIST, stamped

PERIOD = 100 * DAY


def certified(turn: Turn, **changes: object) -> bytes:
    said: Certificate = replace(CERTIFICATE, **changes)
    return stamped(certificate.issue(said, signer_from_pem(turn.working), read_keys(turn.keys)))


def judged(root: bytes, model: bytes, at: timedelta, listed: Sealed | None = None) -> Result:
    trust = TrustRoot.from_pem(keyring.root_pem(root).encode())
    return verify(io.BytesIO(model), Question(root=trust, at=NOW + at, revocations=listed and listed.to_bytes()))


def test_what_the_first_key_signed_stays_good_after_a_rotation_and_what_it_signs_later_does_not() -> None:
    root = keyring.new_pem()
    first = keyring.begin(root, NOW, PERIOD)
    second = keyring.rotate(root, first.keys, NOW + 10 * DAY, PERIOD)
    at = NOW + 12 * DAY
    newest = replace(LIST, issued_at=at).sign(signer_from_pem(second.working), read_keys(second.keys))
    assert judged(root, certified(first), 12 * DAY, newest).finding is Finding.OK
    assert judged(root, certified(second, issued_at=at), 12 * DAY, newest).finding is Finding.OK
    assert judged(root, certified(first, issued_at=at), 12 * DAY, newest).finding is Finding.UNKNOWN_KEY


def test_a_key_must_be_listed_in_its_role_by_this_root() -> None:
    root = keyring.new_pem()
    turn, other = keyring.begin(root, NOW, PERIOD), keyring.begin(root, NOW, PERIOD)
    trust = TrustRoot.from_pem(keyring.root_pem(root).encode())
    keyring.require_listed(signer_from_pem(turn.working).public, read_keys(turn.keys), trust, frozenset(Role))
    with pytest.raises(BadSigner, match="not listed"):
        keyring.require_listed(signer_from_pem(other.working).public, read_keys(turn.keys), trust, frozenset(Role))


def test_the_command_makes_keys_that_only_their_owner_can_read_and_never_replaces_a_root(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "keys"
    assert main(["keys", "begin", str(folder)]) == 0
    root, first = (folder / "root.pem").read_bytes(), (folder / "working.pem").read_bytes()
    assert main(["keys", "begin", str(folder)]) == 1
    assert main(["keys", "rotate", str(folder), "--days", "30"]) == 0
    assert (folder / "root.pem").read_bytes() == root
    assert (folder / "working.pem").read_bytes() != first
    for name in ("root.pem", "working.pem", "keys.env"):
        assert stat.S_IMODE((folder / name).stat().st_mode) == 0o600
    listed = TrustRoot.from_pem((folder / "root.pub").read_bytes()).key_list(read_keys((folder / "keys.json").read_bytes()))
    assert (listed.serial, len(listed.keys)) == (2, 2)
    shown = capsys.readouterr()
    assert "PRIVATE" not in shown.out + shown.err


def test_the_command_makes_the_certificates_of_previews_too_and_renews_them_under_the_same_anchor(tmp_path: Path) -> None:
    folder = tmp_path / "keys"
    turns = []
    for deed in ("begin", "rotate"):
        assert main(["keys", deed, str(folder)]) == 0
        lines = dict(line.split("=", 1) for line in (folder / "keys.env").read_text().splitlines())
        turns.append({name: b64decode(value) for name, value in lines.items() if name.startswith("PREVIEW_")})
        for name, use in (("PREVIEW_KEY", "previews"), ("PREVIEW_CLOCK", "clock")):
            credentials.require_anchored(credentials.identity(turns[-1][name]), use, turns[-1]["PREVIEW_ANCHORS"])
    assert turns[0]["PREVIEW_ANCHORS"] == turns[1]["PREVIEW_ANCHORS"] == (folder / "anchor.pem").read_bytes()
    assert turns[0]["PREVIEW_KEY"] != turns[1]["PREVIEW_KEY"]
    assert stat.S_IMODE((folder / "anchor-key.pem").stat().st_mode) == 0o600


def test_rotating_where_nothing_was_begun_is_wrong_use(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["keys", "rotate", str(tmp_path)])
    assert caught.value.code == 2
    assert "root.pem cannot be read" in capsys.readouterr().err
