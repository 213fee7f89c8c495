"""Moving procedural textures: they teach the tiny VAE more than flat shapes, so that real footage survives it."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]


def _canvas(rng: np.random.Generator, size: int) -> Floats:
    kind = rng.integers(3)
    return (_leaves, _clouds, _gradient)[kind](rng, size)


def _leaves(rng: np.random.Generator, size: int) -> Floats:
    """Dead leaves: discs of random colour and power-law radius that cover one another, the statistics of natural scenes."""
    axis = np.linspace(0, 1, size, dtype=np.float32)
    image = np.broadcast_to(rng.random(3, dtype=np.float32), (size, size, 3)).copy()
    for _ in range(40):
        x, y = rng.random(2)
        r = 0.04 / np.sqrt(rng.uniform(0.015, 1.0))
        inside = (axis[None, :] - x) ** 2 + (axis[:, None] - y) ** 2 < r * r
        shade = rng.random(3) + 0.35 * (axis[:, None, None] - y) * rng.uniform(-1, 1)
        image[inside] = np.clip(np.broadcast_to(shade, image.shape)[inside], 0, 1)
    return image


def _clouds(rng: np.random.Generator, size: int) -> Floats:
    """Noise with a 1/f spectrum, in two colours."""
    fx, fy = np.fft.fftfreq(size)[None, :], np.fft.fftfreq(size)[:, None]
    spectrum = (rng.normal(size=(size, size)) + 1j * rng.normal(size=(size, size))) / np.maximum(np.hypot(fx, fy), 1 / size) ** 1.3
    field = np.real(np.fft.ifft2(spectrum))
    field = (field - field.min()) / (np.ptp(field) + 1e-9)
    a, b = rng.random(3), rng.random(3)
    return (a + (b - a) * field[..., None]).astype(np.float32)


def _gradient(rng: np.random.Generator, size: int) -> Floats:
    axis = np.linspace(0, 1, size, dtype=np.float32)[..., None]
    top = rng.random(3) * (1 - axis) + rng.random(3) * axis
    side = rng.random(3) * (1 - axis) + rng.random(3) * axis
    wave = 0.5 + 0.5 * np.sin(2 * np.pi * (axis[:, None, 0] * rng.uniform(-4, 4) + axis[None, :, 0] * rng.uniform(-4, 4)))
    return (top[:, None] * wave[..., None] + side[None] * (1 - wave[..., None])).astype(np.float32)


def clip(rng: np.random.Generator, *, frames: int, size: int) -> NDArray[np.uint8]:
    """(frames, size, size, 3): a texture panned and zoomed, with bilinear sampling."""
    canvas = _canvas(rng, 2 * size)
    zoom, grow = rng.uniform(0.5, 1.0), rng.uniform(-0.03, 0.03)
    centre, speed = rng.uniform(0.8, 1.2, 2) * size, rng.uniform(-0.05, 0.05, 2) * size
    steps = np.arange(size) - (size - 1) / 2
    out = np.empty((frames, size, size, 3), np.float32)
    for t in range(frames):
        scale = zoom * (1 + grow * t)
        out[t] = _sample(canvas, centre[1] + speed[1] * t + steps * scale, centre[0] + speed[0] * t + steps * scale)
    return (np.clip(out, 0, 1) * 255 + 0.5).astype(np.uint8)


def _sample(canvas: Floats, rows: NDArray[np.float64], columns: NDArray[np.float64]) -> Floats:
    limit = canvas.shape[0] - 1.001
    rows, columns = np.clip(rows, 0, limit), np.clip(columns, 0, limit)
    r, c = rows.astype(int), columns.astype(int)
    fr, fc = (rows - r)[:, None, None], (columns - c)[None, :, None]
    top = canvas[r][:, c] * (1 - fc) + canvas[r][:, c + 1] * fc
    bottom = canvas[r + 1][:, c] * (1 - fc) + canvas[r + 1][:, c + 1] * fc
    return (top * (1 - fr) + bottom * fr).astype(np.float32)
