"""Draws the landing page's illustration twice, as flat footage and in a learned light: python frontend/art/draw.py"""

from pathlib import Path

import numpy as np
from PIL import Image, ImageFilter

IMAGES = Path(__file__).resolve().parents[1] / "images"
WIDTH, HEIGHT, WATER = 2000, 837, 560
SIZES = (800, 1600)
random = np.random.default_rng(7)
Y, X = np.mgrid[0:HEIGHT, 0:WIDTH].astype(np.float32)


def smooth(count: int, length: int) -> np.ndarray:
    """A line of `length` points through `count` random heights in -1..1."""
    knots = random.uniform(-1, 1, count)
    place = np.linspace(0, count - 1.001, length)
    left, part = place.astype(int), place % 1
    part = part * part * (3 - 2 * part)
    return knots[left] * (1 - part) + knots[left + 1] * part


def rough(octaves: int, first: int) -> np.ndarray:
    return sum(smooth(first * 2**i + 2, WIDTH) / 2**i for i in range(octaves))


def mix(picture: np.ndarray, colour: tuple[float, float, float], amount: np.ndarray) -> np.ndarray:
    return picture * (1 - amount[..., None]) + np.array(colour) * amount[..., None]


def clouds() -> np.ndarray:
    """Long thin bands, 0..1."""
    small = random.uniform(0, 1, (26, 14))
    layers = [np.asarray(Image.fromarray(small).resize((WIDTH, HEIGHT), Image.Resampling.BICUBIC))]
    fine = random.uniform(0, 1, (90, 40))
    layers.append(np.asarray(Image.fromarray(fine).resize((WIDTH, HEIGHT), Image.Resampling.BICUBIC)))
    return np.clip((layers[0] * 0.65 + layers[1] * 0.35 - 0.46) * 3.2, 0, 1)


def scene() -> np.ndarray:
    """The graded picture, float RGB in 0..1."""
    down = np.clip(Y / WATER, 0, 1)
    stops = [
        (0.0, (0.075, 0.085, 0.20)),
        (0.38, (0.28, 0.17, 0.34)),
        (0.66, (0.78, 0.33, 0.30)),
        (0.86, (0.98, 0.60, 0.30)),
        (1.0, (1.0, 0.80, 0.50)),
    ]
    places, colours = zip(*stops, strict=True)
    sky = np.stack([np.interp(down, places, [c[i] for c in colours]) for i in range(3)], axis=-1)
    sun = (1310.0, 398.0)
    far = np.hypot(X - sun[0], (Y - sun[1]) * 1.06)
    sky = mix(sky, (1.0, 0.47, 0.26), clouds() * np.clip(1.0 - Y / 520, 0, 1) * np.exp(-(((X - sun[0]) / 900) ** 2)) * 0.62)
    sky += np.exp(-((far / 300) ** 1.25))[..., None] * np.array([0.55, 0.33, 0.10])
    sky = mix(sky, (1.0, 0.955, 0.80), np.clip((66 - far) / 2.2, 0, 1))
    picture = sky
    hazes = [(0.74, 0.38, 0.36), (0.47, 0.245, 0.315), (0.255, 0.15, 0.245), (0.105, 0.08, 0.15)]
    for number, (haze, base, swing) in enumerate(zip(hazes, (436, 470, 506, 545), (44, 58, 50, 30), strict=True)):
        line = base - swing * rough(6, 3 + number * 2) * 0.72
        inside = np.clip(Y - line[None, :], 0, 1.4) / 1.4
        glow = np.exp(-(((X - sun[0]) / (420 + 60 * number)) ** 2)) * np.clip(1 - (Y - line[None, :]) / 120, 0, 1) * (0.30 - 0.06 * number)
        lit = np.array(haze)[None, None, :] + glow[..., None] * np.array([0.75, 0.32, 0.10])
        picture = picture * (1 - inside[..., None]) + lit * inside[..., None]
    return water(picture, sun[0])


def water(picture: np.ndarray, sun: float) -> np.ndarray:
    """What stands above the shore again below it, stretched and broken by small waves."""
    rows = np.arange(HEIGHT)
    depth = np.clip(rows - WATER, 0, None)
    source = np.clip(WATER - depth * 1.75, 0, HEIGHT - 1)
    ripple = (smooth(160, HEIGHT) * 0.6 + smooth(420, HEIGHT) * 0.4) * (2 + depth * 0.085)
    columns = np.clip(X + (ripple[:, None] * np.sin(X * 0.018 + rows[:, None] * 0.55) * 1.6), 0, WIDTH - 1).astype(int)
    mirrored = picture[np.clip(source[:, None] + ripple[:, None] * 1.4, 0, WATER - 1).astype(int), columns] * np.array([0.60, 0.56, 0.66])
    grid = Image.fromarray(random.uniform(0, 1, (HEIGHT // 3, WIDTH // 22)).astype(np.float32)).resize(
        (WIDTH, HEIGHT), Image.Resampling.BICUBIC
    )
    sparkle = np.clip(np.asarray(grid) - 0.66, 0, 1) * 4.2
    path = np.exp(-(((X - sun) / (46 + depth[:, None] * 0.62)) ** 2)) * np.clip(1.1 - depth[:, None] / 330, 0, 1)
    mirrored = mirrored + (path * (0.16 + sparkle))[..., None] * np.array([1.0, 0.60, 0.27])
    below = (rows > WATER).astype(float)[:, None, None]
    shore = np.exp(-(((Y - WATER) / 5.0) ** 2)) * 0.55
    return mix(picture * (1 - below) + mirrored * below, (0.07, 0.06, 0.11), shore)


def finish(picture: np.ndarray, grain: float) -> Image.Image:
    """Vignette, grain, a soft shoulder."""
    corner = 1 - 0.34 * np.clip(np.hypot((X - WIDTH / 2) / WIDTH, (Y - HEIGHT / 2) / HEIGHT * 0.8) * 1.35, 0, 1) ** 2.4
    picture = picture * corner[..., None]
    picture = picture + random.normal(0, grain, (HEIGHT, WIDTH, 1))
    return Image.fromarray((np.clip(1 - np.exp(-picture * 1.55), 0, 1) / (1 - np.exp(-1.55)) * 255).clip(0, 255).astype(np.uint8))


def flat(graded: np.ndarray) -> np.ndarray:
    """The same place as a camera's log profile records it: low contrast, little colour."""
    grey = graded @ np.array([0.30, 0.55, 0.15])
    dull = graded * 0.16 + grey[..., None] * 0.84
    return np.clip(0.20 + np.tanh(dull * 0.9) * 0.36, 0, 1) * np.array([0.93, 0.96, 1.0])


def save(picture: Image.Image, name: str) -> None:
    for width in SIZES:
        small = picture.resize((width, round(width * HEIGHT / WIDTH)), Image.Resampling.LANCZOS)
        small.save(IMAGES / f"{name}-{width}.webp", quality=74, method=6)


if __name__ == "__main__":
    graded = scene()
    save(finish(flat(graded), 0.004).filter(ImageFilter.GaussianBlur(3.2)), "shot-flat")
    save(finish(graded, 0.011), "shot-lit")
