"""`python -m licensing verify` and `audit verify`, as a shell sees them, and the same words from the one-file verifier."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path

import pytest

from licensing.command import main
from licensing.commands import bundle
from tests.licensing.cases import NOW
from tests.licensing.logs import entries, kept, some, whole
from tests.licensing.proofs import CERTIFICATE, DAY, MODEL, SEALED, STAMPED, STRANGER, TRUST, model, revoked, stamped

AT = ["--at", "2026-03-01T18:00:00Z"]
Written = Callable[..., str]


@pytest.fixture
def written(tmp_path: Path) -> Written:
    def write(name: str, content: bytes | str) -> str:
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return str(path)

    return write


@pytest.fixture
def root(written: Written) -> list[str]:
    return ["--trust", written("root.pub", TRUST.to_pem())]


def answered(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> tuple[int, dict[str, object]]:
    status = main([*arguments, "--json"])
    said: dict[str, object] = json.loads(capsys.readouterr().out)
    return status, said


def test_a_good_model_ends_with_zero(written: Written, root: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    lists = written("revocations.json", revoked())
    found = answered(["verify", written("m.safetensors", STAMPED), *root, "--revocations", lists, "--licensee", "4711", *AT], capsys)
    detail = found[1].pop("detail")
    assert str(detail).endswith("does not name it.")
    assert found == (
        0,
        {
            "ok": True,
            "code": "OK",
            "licence": "lic_1",
            "terms": CERTIFICATE.terms.id,
            "licensee": 4711,
            "tensors": CERTIFICATE.tensors,
        },
    )


def test_a_person_is_told_the_terms(written: Written, root: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["verify", written("m.safetensors", STAMPED), *root, *AT]) == 0
    said = capsys.readouterr().out
    assert said.startswith("OK: ")
    assert "licence      lic_1\n" in said
    assert 'credit_line        "Made with Nocturne, by Studio Lumière"' in said


@pytest.mark.parametrize(
    ("content", "more", "code"),
    [
        (MODEL, AT, "NO_CERTIFICATE"),
        (b"", AT, "MALFORMED"),
        (stamped(weights=model(shift=1)), AT, "TAMPERED"),
        (STAMPED, [*AT, "--licensee", "5"], "WRONG_LICENSEE"),
        (STAMPED, ["--at", "2026-02-28"], "CLOCK_BEFORE_ISSUE"),
        (STAMPED, ["--at", "2030-01-01T00:00:00+01:00"], "EXPIRED"),
    ],
)
def test_every_other_finding_ends_with_one(
    content: bytes, more: list[str], code: str, written: Written, root: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    status, said = answered(["verify", written("m.safetensors", content), *root, *more], capsys)
    assert (status, said["ok"], said["code"]) == (1, False, code)


@pytest.mark.parametrize(
    ("listed", "at", "code"),
    [
        (revoked(licences=("lic_1",)), "2026-03-01T18:00", "REVOKED"),
        (revoked(), "2026-03-03", "LIST_STALE"),
        (b"{}", "2026-03-01T18:00", "MALFORMED"),
    ],
)
def test_a_list_is_asked(listed: bytes, at: str, code: str, written: Written, root: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["verify", written("m.safetensors", STAMPED), *root, "--revocations", written("list.json", listed), "--at", at]
    status, said = answered(arguments, capsys)
    assert (status, said["code"]) == (1, code)


def test_another_root_does_not_know_the_key(written: Written, capsys: pytest.CaptureFixture[str]) -> None:
    other = written("other.pub", STRANGER.public.pem)
    status, said = answered(["verify", written("m.safetensors", STAMPED), "--trust", other, *AT], capsys)
    assert (status, said["code"]) == (1, "UNKNOWN_KEY")


def test_without_a_time_the_clock_is_asked(written: Written, root: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    expected = "EXPIRED" if datetime.now(UTC) >= NOW + 30 * DAY else "OK" if datetime.now(UTC) >= NOW else "CLOCK_BEFORE_ISSUE"
    assert answered(["verify", written("m.safetensors", STAMPED), *root], capsys)[1]["code"] == expected


@pytest.mark.parametrize("name", ["m.safetensors.cert.json", "m.cert.json"])
def test_a_certificate_may_lie_beside_the_model(name: str, written: Written, root: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    written(name, SEALED.to_bytes())
    assert answered(["verify", written("m.safetensors", MODEL), *root, *AT], capsys)[0] == 0


@pytest.mark.parametrize(
    "more",
    [
        [],
        ["--trust", "/nowhere/root.pub"],
        ["--trust", __file__],
        ["--licensee", "0"],
        ["--licensee", "-1"],
        ["--licensee", "bob"],
        ["--licensee", "9" * 30],
        ["--at", "yesterday"],
        ["--at", "0001-01-01T00:00:00+10:00"],
        ["--revocations", "/nowhere/list.json"],
        ["--fly"],
    ],
)
def test_wrong_use_ends_with_two(more: list[str], written: Written, root: list[str]) -> None:
    trust = root if more and "--trust" not in more else []
    with pytest.raises(SystemExit) as ending:
        main(["verify", written("m.safetensors", STAMPED), *trust, *more])
    assert ending.value.code == 2


@pytest.mark.parametrize("path", ["/nowhere/m.safetensors", "/"])
def test_a_model_that_cannot_be_read_is_wrong_use(path: str, root: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ending:
        main(["verify", path, *root])
    assert ending.value.code == 2
    assert "cannot be read" in capsys.readouterr().err


def test_a_good_log_ends_with_zero(written: Written, root: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["audit", "verify", written("bundle", b"".join(whole(entries(9)))), *root, "--since", written("kept", kept(4))]
    status, said = answered(arguments, capsys)
    assert (status, said["ok"], said["code"], said["size"], said["entries"], said["since"]) == (0, True, "OK", 9, 9, 4)
    assert main(arguments) == 0
    assert capsys.readouterr().out.startswith("OK: ")


def test_a_rewritten_log_ends_with_one(written: Written, root: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    told = b"".join(whole(entries(9)[1:]))
    status, said = answered(["audit", "verify", written("bundle", told), *root, "--since", written("kept", kept(4))], capsys)
    assert (status, said["code"]) == (1, "FORKED")


@pytest.mark.parametrize("more", [[], ["--since", "/nowhere/kept"]])
def test_an_audit_that_cannot_be_made_is_wrong_use(more: list[str], written: Written, root: list[str]) -> None:
    with pytest.raises(SystemExit) as ending:
        main(["audit", "verify", written("bundle", b""), *(root if more else []), *more])
    assert ending.value.code == 2


@pytest.fixture
def alone(tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Runs the one-file verifier in an interpreter that can import cryptography, what cryptography needs, and rfc8785, and nothing else."""
    script, packages = tmp_path / "verifier.py", tmp_path / "packages"
    assert main(["bundle-verifier", str(script)]) == 0
    packages.mkdir()
    for name in ("cryptography", "rfc8785", "cffi", "_cffi_backend", "pycparser"):
        origin = getattr(find_spec(name), "origin", None)
        if origin:
            path = Path(origin).parent if Path(origin).name == "__init__.py" else Path(origin)
            (packages / path.name).symlink_to(path)
    start = (
        f"import runpy, sys; sys.path.append({str(packages)!r}); sys.argv = sys.argv[1:]; runpy.run_path(sys.argv[0], run_name='__main__')"
    )

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-I", "-S", "-c", start, str(script), *arguments]
        return subprocess.run(command, cwd=tmp_path, env={"PATH": os.defpath}, text=True, capture_output=True, check=False)

    return run


def test_the_one_file_verifier_needs_nothing_of_ours(
    alone: Callable[..., subprocess.CompletedProcess[str]], written: Written, root: list[str]
) -> None:
    good = alone("verify", written("m.safetensors", STAMPED), *root, *AT, "--json")
    assert (good.returncode, good.stderr) == (0, "")
    assert json.loads(good.stdout)["terms"] == CERTIFICATE.terms.id
    bad = alone("verify", written("m.safetensors", MODEL), *root)
    assert (bad.returncode, bad.stdout.partition(":")[0]) == (1, "NO_CERTIFICATE")
    audit = alone("audit", "verify", written("bundle", b"".join(some(entries(9), [2, 5], [4]))), *root, "--since", written("kept", kept(4)))
    assert (audit.returncode, audit.stdout.partition(":")[0]) == (0, "OK")
    assert alone("terms").returncode == 2


def test_the_one_file_verifier_says_word_for_word_what_the_command_says(
    alone: Callable[..., subprocess.CompletedProcess[str]], written: Written, root: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    model = written("m.safetensors", STAMPED)
    licensee, other = (["--licensee", str(CERTIFICATE.licensee + more)] for more in (0, 1))
    asked = [
        [model, *root, *AT, *licensee],
        [model, *root, *AT, *other],
        [model, *root, "--at", "1999-01-01T00:00:00Z"],
        [model, *root, "--at", "2999-01-01T00:00:00Z"],
        [written("changed.safetensors", STAMPED[:-1] + bytes([STAMPED[-1] ^ 1])), *root, *AT],
        [written("odd.safetensors", b"odd"), *root, *AT],
    ]
    codes = []
    for arguments in asked:
        status, said = answered(["verify", *arguments], capsys)
        ran = alone("verify", *arguments, "--json")
        assert (ran.returncode, json.loads(ran.stdout), ran.stderr) == (status, said, "")
        codes.append(said["code"])
    assert codes == ["OK", "WRONG_LICENSEE", "CLOCK_BEFORE_ISSUE", "EXPIRED", "TAMPERED", "MALFORMED"]


def test_the_one_file_verifier_is_the_same_each_time_and_holds_no_more_than_it_needs() -> None:
    assert bundle.bundle() == bundle.bundle()
    held = set(bundle.modules())
    assert {"licensing.verify", "licensing.evidence", "licensing.terms"} <= held
    assert not held & {"licensing.judge", "licensing.texts", "licensing.commands.bundle", "licensing.command"}


def test_a_place_where_no_file_can_be_written_is_wrong_use() -> None:
    with pytest.raises(SystemExit) as ending:
        main(["bundle-verifier", "/nowhere/verifier.py"])
    assert ending.value.code == 2
