"""What a person sees while it works."""

import pytest

from finetune.events import event
from finetune.shell import terminal


def test_the_bar_says_how_far_and_how_long(capsys: pytest.CaptureFixture[str]) -> None:
    terminal.show(event("step", "j", step=15, steps=60, loss=0.5, learning_rate=1e-3, seconds_per_step=2.0))
    shown = capsys.readouterr().err
    assert "15/60" in shown
    assert "loss 0.5000" in shown
    assert "about 90 s left" in shown


def test_the_end_says_what_was_gained(capsys: pytest.CaptureFixture[str]) -> None:
    terminal.show(event("done", "j", manifest="manifest.json", validation_before=1.0, validation_after=0.25))
    assert "1.0000 -> 0.2500" in capsys.readouterr().err


def test_the_clip_in_hand_gives_its_line_to_the_next(capsys: pytest.CaptureFixture[str]) -> None:
    for clip in ("a-long-name.mp4", "b.mp4", None):
        terminal.show(event("phase", "j", name="encode", clip=clip))
    shown = capsys.readouterr().err
    assert "b.mp4" in shown
    assert "\n" not in shown
    assert shown.count("\x1b[K") == shown.count("\r") == 3


def test_an_error_is_a_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    terminal.show(event("error", "j", exit=3, code="bad_data", detail="a.mp4 has no caption."))
    assert capsys.readouterr().err == "\na.mp4 has no caption.\n"
