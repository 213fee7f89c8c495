import json
from pathlib import Path

import pytest

from atelier.demo import clips
from atelier.demo.trouble import Trouble


def folder_of(tmp_path: Path, **texts: str) -> Path:
    for name, text in texts.items():
        (tmp_path / name.replace("__", ".")).write_text(text, encoding="utf-8")
    return tmp_path


def test_it_takes_videos_and_stills_whatever_the_case_of_their_ending(tmp_path: Path) -> None:
    found = clips.find(folder_of(tmp_path, b__MP4="x", a__webm="x", c__jpeg="x", d__PNG="x"))
    assert [clip.name for clip in found.clips] == ["a.webm", "b.MP4", "c.jpeg", "d.PNG"]


def test_it_names_what_it_leaves_aside_and_does_not_look_into_folders(tmp_path: Path) -> None:
    folder_of(tmp_path, a__mp4="x", a__txt="a word", old__avi="x", __hidden="x")
    (tmp_path / "deeper").mkdir()
    (tmp_path / "deeper" / "b.mp4").write_text("x")
    found = clips.find(tmp_path)
    assert [clip.name for clip in found.clips] == ["a.mp4"]
    assert found.left_aside == ["old.avi"]


def test_the_text_beside_a_clip_is_its_caption(tmp_path: Path) -> None:
    folder_of(tmp_path, a__mp4="x", a__txt="\ufeffa red circle\n", b__mp4="x", b__mp4__txt="a square", c__mp4="x")
    assert [clip.caption for clip in clips.find(tmp_path).clips] == ["a red circle", "a square", ""]


def test_a_folder_without_clips_and_a_missing_folder_are_told_apart(tmp_path: Path) -> None:
    with pytest.raises(Trouble, match="holds no"):
        clips.find(tmp_path)
    with pytest.raises(Trouble, match="There is no folder"):
        clips.find(tmp_path / "nowhere")


def test_a_sidecar_that_is_no_text_is_named(tmp_path: Path) -> None:
    folder_of(tmp_path, a__mp4="x")
    (tmp_path / "a.txt").write_bytes(b"caf\xe9")
    with pytest.raises(Trouble, match=r"a\.txt is no UTF-8 text"):
        clips.find(tmp_path)


@pytest.mark.parametrize("text", [json.dumps({"a.mp4": "one", "b.mp4": "two"}), "a.mp4\tone\n\nb.mp4\ttwo\n"])
def test_captions_come_as_json_or_as_lines_with_a_tab(tmp_path: Path, text: str) -> None:
    (tmp_path / "captions").write_text(text)
    assert clips.captions_file(tmp_path / "captions") == {"a.mp4": "one", "b.mp4": "two"}


@pytest.mark.parametrize(("text", "says"), [("{", "not JSON"), ('{"a.mp4": 1}', "one text"), ("a.mp4 one", "no tab")])
def test_a_captions_file_that_cannot_be_read_says_why(tmp_path: Path, text: str, says: str) -> None:
    (tmp_path / "captions").write_text(text)
    with pytest.raises(Trouble, match=says):
        clips.captions_file(tmp_path / "captions")


def test_a_caption_finds_its_clip_in_either_spelling_of_an_accent(tmp_path: Path) -> None:
    (tmp_path / "captions").write_text(json.dumps({"cafe\u0301.mp4": "a café"}))
    given = clips.captions_file(tmp_path / "captions")
    assert clips.complete(["caf\u00e9.mp4"], given, ask=False) == {"caf\u00e9.mp4": "a café"}


def test_a_missing_caption_ends_the_journey_by_name_when_nobody_can_be_asked() -> None:
    with pytest.raises(Trouble, match=r"What is seen in b\.mp4\?") as caught:
        clips.complete(["a.mp4", "b.mp4"], {"a.mp4": "one"}, ask=False)
    assert caught.value.code == "caption_missing"


def test_a_missing_caption_is_asked_for_until_there_is_an_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    answers, questions = iter(["", "two"]), []

    def answer(question: str) -> str:
        questions.append(question)
        return next(answers)

    monkeypatch.setattr("builtins.input", answer)
    assert clips.complete(["b.mp4"], {}, ask=True) == {"b.mp4": "two"}
    assert len(questions) == 2
    assert all("b.mp4" in question for question in questions)
