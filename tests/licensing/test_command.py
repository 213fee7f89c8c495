import json
from dataclasses import replace
from pathlib import Path

import pytest

from licensing.command import main
from licensing.text import licence_text
from tests.licensing.cases import GENEROUS, MIDDLING


@pytest.fixture
def written(tmp_path: Path) -> str:
    path = tmp_path / "terms.json"
    path.write_bytes(MIDDLING.canonical())
    return str(path)


def test_it_prints_which_rule_applies_to_which_action(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["rules"]) == 0
    head, *rows = capsys.readouterr().out.splitlines()
    assert head.split() == ["quote", "upload", "seal", "start", "heartbeat", "preview", "download", "download_base", "invite"]
    marks = {row.split(maxsplit=9)[9]: row.split()[:9] for row in rows}
    assert marks["the licence has not been revoked"] == ["x"] * 9
    assert marks["a seat is free for one more person"] == [*["·"] * 8, "x"]


def test_it_prints_the_id_of_good_terms(written: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["terms", written]) == 0
    assert capsys.readouterr().out == MIDDLING.id + "\n"


@pytest.mark.parametrize("language", ["en", "fr"])
def test_it_prints_the_licence_text(written: str, language: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["text", written, "--lang", language]) == 0
    assert capsys.readouterr().out == licence_text(MIDDLING, language) + "\n"


def test_it_prints_what_changed(written: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "after.json").write_bytes(replace(MIDDLING, seats=1).canonical())
    assert main(["diff", written, str(tmp_path / "after.json")]) == 0
    assert "[seats]\n- Up to 2 people" in capsys.readouterr().out


def test_bad_terms_are_refused_with_the_field(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "terms.json"
    path.write_text(json.dumps(GENEROUS.to_dict() | {"seats": 0}))
    assert main(["terms", str(path)]) == 1
    assert capsys.readouterr().err.startswith("refused: seats: ")


def test_a_field_named_twice_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "terms.json"
    path.write_text(json.dumps(GENEROUS.to_dict())[:-1] + ', "seats": 9}')
    assert main(["terms", str(path)]) == 1
    assert "twice" in capsys.readouterr().err


@pytest.mark.parametrize("content", [b"", b"{", b"\xff\xfe", b"[" * 100_000, b'{"seats": ' + b"9" * 5_000 + b"}"])
def test_a_file_without_json_is_wrong_use(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "terms.json"
    path.write_bytes(content)
    with pytest.raises(SystemExit) as ending:
        main(["terms", str(path)])
    assert ending.value.code == 2


@pytest.mark.parametrize("arguments", [[], ["fly"], ["terms"], ["terms", "/nowhere/terms.json"], ["text", "/nowhere", "--lang", "de"]])
def test_wrong_use_ends_with_two(arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as ending:
        main(arguments)
    assert ending.value.code == 2
