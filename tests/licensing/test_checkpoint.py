from base64 import b64decode, b64encode

import pytest

from licensing import checkpoint
from licensing.checkpoint import Checkpoint, key_id, open_checkpoint, sign
from licensing.findings import Finding, Malformed, Rejected
from licensing.keys import PublicKey
from licensing.merkle import EMPTY
from licensing.trust import KeyList, Role, WorkingKey
from tests.licensing.cases import NOW
from tests.licensing.proofs import DAY, KEY_LIST, RETIRED, STRANGER, WORKING, listed

POINT = Checkpoint("atelier.example/studios/7", 12, EMPTY)
NOTE = sign(POINT, WORKING)

# The example of C2SP's tlog-checkpoint, whose key is not told there.
EXAMPLE = """\
example.com/behind-the-sofa
20852163
CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=

\u2014 example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=
"""


def refused(note: str | bytes, keys: KeyList = KEY_LIST) -> Finding:
    with pytest.raises(Rejected) as refusal:
        open_checkpoint(note if isinstance(note, bytes) else note.encode(), keys)
    assert refusal.value.detail.endswith(".")
    return refusal.value.finding


def test_it_is_three_lines_a_blank_one_and_a_signature() -> None:
    *text, blank, signature, end = NOTE.split("\n")
    assert text == ["atelier.example/studios/7", "12", "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="]
    assert (blank, end) == ("", "")
    dash, name, encoded = signature.split(" ")
    assert (dash, name) == ("\u2014", "atelier.example/studios/7")
    assert b64decode(encoded)[:4] == key_id(name, WORKING.public)
    assert WORKING.public.verifies(b64decode(encoded)[4:], "\n".join([*text, ""]).encode())


def test_a_key_is_written_as_other_tools_take_it() -> None:
    # The key that the documentation of Go's sumdb/note has always used.
    known = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
    assert checkpoint.verifier_key("PeterNeumann", PublicKey(b64decode(known[-44:])[1:])) == known


def test_the_example_of_the_specification_is_read_and_not_known() -> None:
    assert refused(EXAMPLE) is Finding.UNKNOWN_KEY


def test_what_was_signed_opens() -> None:
    assert open_checkpoint(NOTE.encode(), KEY_LIST) == POINT


def test_lines_of_other_tools_are_signed_along() -> None:
    extended = Checkpoint(POINT.origin, 12, EMPTY, ("one line", "another"))
    assert open_checkpoint(sign(extended, WORKING).encode(), KEY_LIST) == extended


def test_signatures_of_witnesses_are_passed_over() -> None:
    witness = f"\u2014 witness.example/w {b64encode(bytes(76)).decode()}\n"
    assert open_checkpoint((NOTE + witness).encode(), KEY_LIST) == POINT
    assert open_checkpoint((NOTE.replace("\n\n", "\n\n" + witness)).encode(), KEY_LIST) == POINT


def test_a_retired_key_still_speaks_for_its_checkpoints() -> None:
    assert open_checkpoint(sign(POINT, RETIRED).encode(), KEY_LIST) == POINT


@pytest.mark.parametrize(
    "keys",
    [
        KeyList(1, ()),
        KeyList(1, (listed(STRANGER),)),
        KeyList(1, (listed(WORKING, Role.CERTIFICATES, Role.REVOCATIONS),)),
    ],
    ids=["no key", "another", "for something else"],
)
def test_a_signature_by_a_key_that_is_not_listed_is_not_known(keys: KeyList) -> None:
    assert refused(NOTE, keys) is Finding.UNKNOWN_KEY


def test_a_signature_under_another_name_is_not_the_logs() -> None:
    assert refused(NOTE.replace("\u2014 atelier.example/studios/7", "\u2014 atelier.example/studios/8")) is Finding.UNKNOWN_KEY


@pytest.mark.parametrize(("old", "new"), [("\n12\n", "\n13\n"), ("47DE", "57DE")])
def test_a_changed_checkpoint_is_found(old: str, new: str) -> None:
    assert refused(NOTE.replace(old, new)) is Finding.TAMPERED


def test_a_bad_signature_of_a_listed_key_spoils_a_good_one() -> None:
    both = KeyList(1, (listed(WORKING), WorkingKey(STRANGER.public, frozenset(Role), NOW, NOW + DAY)))
    name = POINT.origin
    bad = f"\u2014 {name} {b64encode(key_id(name, STRANGER.public) + bytes(64)).decode()}\n"
    assert refused(NOTE + bad, both) is Finding.TAMPERED


@pytest.mark.parametrize(
    "note",
    [
        "",
        "\n",
        "\n\n",
        "a\n1\n\n\u2014 a AAAAAAAA\n",
        NOTE[:-1],
        NOTE + "\n",
        NOTE.replace("\n12\n", "\n012\n"),
        NOTE.replace("\n12\n", "\n-1\n"),
        NOTE.replace("\n12\n", "\n1_2\n"),
        NOTE.replace("\n12\n", "\n\u0661\n"),
        NOTE.replace("\n12\n", f"\n{10**16}\n"),
        NOTE.replace("\n12\n", "\n\n12\n"),
        NOTE.replace("hSuFU=", "hSuFV="),
        NOTE.replace("47DEQpj8", ""),
        NOTE.replace("atelier.example", "atelier example"),
        NOTE.replace("atelier.example", "atelier+example"),
        NOTE.replace("atelier.example", "atelier\u00a0example"),
        NOTE.replace("\n", "\r\n"),
        NOTE.replace("\u2014 ", "- "),
        NOTE.replace("12", "12\x00"),
        "\n\n\u2014 a AAAAAAAA\n",
        NOTE.partition("\n\n")[0] + "\n\n\u2014 a AAAA\n",
        NOTE.encode() + b"\xff\n",
        NOTE + "x" * checkpoint.LIMIT,
    ],
)
def test_a_note_of_another_shape_is_malformed(note: str | bytes) -> None:
    assert refused(note) is Finding.MALFORMED


@pytest.mark.parametrize(
    ("origin", "size", "root"), [("", 1, EMPTY), ("a b", 1, EMPTY), ("a\nb", 1, EMPTY), ("a", -1, EMPTY), ("a", 1, b"")]
)
def test_a_checkpoint_that_cannot_be_is_never_made(origin: str, size: int, root: bytes) -> None:
    with pytest.raises(Malformed):
        Checkpoint(origin, size, root)
