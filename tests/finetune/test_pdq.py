"""PDQ: a picture and what is left of it after small harm have nearly one hash, others do not."""

import io

import numpy as np
import pytest
from PIL import Image, ImageFilter

from finetune.data import pdq

NOISE = np.random.default_rng(0)


def picture(seed: int, side: int = 240) -> np.ndarray:
    """Soft blotches of all sizes, as photographs have them."""
    rng, made = np.random.default_rng(seed), np.zeros((side, side, 3))
    for grain in (4, 8, 16, 32):
        made += (
            np.asarray(Image.fromarray(rng.integers(0, 255, (grain, grain, 3), np.uint8)).resize((side, side), Image.Resampling.BICUBIC))
            / 4
        )
    return made.clip(0, 255).astype(np.uint8)


def squeezed(shown: np.ndarray) -> np.ndarray:
    written = io.BytesIO()
    Image.fromarray(shown).save(written, "JPEG", quality=35)
    return np.asarray(Image.open(written))


HARMS = {
    "jpeg": squeezed,
    "half the size": lambda shown: np.asarray(Image.fromarray(shown).resize((120, 120))),
    "darker": lambda shown: (shown * 0.7).astype(np.uint8),
    "blurred": lambda shown: np.asarray(Image.fromarray(shown).filter(ImageFilter.GaussianBlur(2))),
}


@pytest.mark.parametrize("harm", HARMS)
def test_a_picture_is_found_again_after_small_harm(harm: str) -> None:
    for seed in range(5):
        prints = pdq.prints(picture(seed)[None]), pdq.prints(HARMS[harm](picture(seed))[None])
        assert pdq.apart(*(each[:, :-1] for each in prints))[0, 0] <= pdq.MATCH


def test_other_pictures_are_half_of_all_bits_apart() -> None:
    prints = pdq.prints(np.stack([picture(seed) for seed in range(12)]))[:, :-1]
    apart = pdq.apart(prints, prints)[~np.eye(12, dtype=bool)]
    assert 110 < apart.mean() < 140
    assert apart.min() > 2 * pdq.MATCH


def test_it_is_the_hash_that_the_reference_programme_gives() -> None:
    """Of a picture drawn by formula; the reference's answer was written down from pdqhash 0.2.8."""
    x, y = np.meshgrid(np.arange(128), np.arange(128))
    grey = (127 + 60 * np.sin(x / 9) + 60 * np.cos(y / 13 + x / 31)).astype(np.uint8)
    bits, quality = pdq.hashed(np.repeat(grey[..., None], 3, axis=2))
    assert (bits.tobytes().hex(), quality) == ("df01bff4f3c1ffd4d4416ff43001ffd45401f554000155540001aaabfffeaaab", 100)


def test_a_plain_picture_says_of_itself_that_its_hash_tells_nothing() -> None:
    assert pdq.hashed(np.full((50, 80, 3), 90, np.uint8))[1] == 0
    assert pdq.hashed(picture(0))[1] >= pdq.TELLING
