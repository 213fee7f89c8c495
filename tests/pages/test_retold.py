"""What stops a running training is told in the reader's language, as long as the engine says it in the words that are known."""

import re
from pathlib import Path

import pytest
from django.utils.translation import gettext, override

import finetune
from atelier.trainings import running
from atelier.trainings.retold import SENTENCES, retold
from finetune.data.media import read_windows
from finetune.data.windows import Window
from finetune.exits import BadData
from finetune.manifest import Clip

ENGINE = Path(finetune.__file__).parent
LITERAL = r"\(\?P<\w+>[^)]*\)"


def test_every_known_sentence_is_one_that_the_engine_says_or_its_worker_once_it_died() -> None:
    sources = "".join(path.read_text() for path in (*ENGINE.rglob("*.py"), Path(running.__file__)))
    for pattern in SENTENCES:
        for piece in re.split(LITERAL, pattern):
            assert re.sub(r"\\(.)", r"\1", piece) in sources, piece


def test_a_clip_that_cannot_be_read_is_named_in_the_readers_words(tmp_path: Path) -> None:
    broken = tmp_path / "néon (2).mp4"
    broken.write_bytes(b"no video")
    clip = Clip(broken.name, "0" * 64, 8, "a caption", "video", 64, 64, 25, 25.0)
    with pytest.raises(BadData) as raised:
        list(read_windows(broken, [Window(clip, 0.0, 9, 25.0, 64, 64)]))
    with override("en"):
        told = retold(str(raised.value))
    assert told.startswith("néon (2).mp4 cannot be read (") and told.endswith("). Replace it, or take it out of the dataset.")
    with override("fr"):
        said = gettext("%(file)s cannot be read (%(reason)s). Replace it, or take it out of the dataset.")
        assert retold(str(raised.value)) == said % {
            "file": broken.name,
            "reason": told.partition("(2).mp4 cannot be read (")[2].partition(")")[0],
        }


def test_what_is_not_known_is_said_to_be_the_engines() -> None:
    with override("en"):
        assert retold("Odd.").endswith("says why in English: Odd.")
