"""Moving pictures with the statistics of footage, drawn by rule like all the rest.

What the VAE has to carry of footage is not what `textures` shows it. In footage neighbouring pixels agree more in colour than in
brightness, edges are sharp, surfaces have a grain of their own, things pass in front of one another, and a camera holds still, pans,
turns or comes closer. The sixteen strongest directions of 2x4x4 blocks drawn here carry as much of real clips as 29.6 dB need, those of
`textures` 24.6 dB, those of the clips themselves 30.8 dB.
"""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
LEAVES = 110
TINT = 0.11
GRAIN = 0.012


def clip(rng: np.random.Generator, *, frames: int, size: int) -> NDArray[np.uint8]:
    """(frames, size, size, 3)."""
    shown = _filmed(rng, _canvas(rng, 3 * size), frames, size)
    if rng.random() < 0.5:
        shown = _passing(rng, shown, _filmed(rng, _canvas(rng, 3 * size), frames, size))
    exposed = np.clip(shown, 0, 1) ** np.exp(rng.normal(-0.15, 0.25)) * rng.uniform(0.8, 1.0)
    grain = rng.normal(0, rng.uniform(0, GRAIN), (frames, size, size, 1))
    return (np.clip(exposed + grain, 0, 1) * 255 + 0.5).astype(np.uint8)


def _canvas(rng: np.random.Generator, size: int) -> Floats:
    clouds = _clouds(rng, size)[..., None]
    if rng.random() < 0.75:
        return (_leaves(rng, size) * (1 + rng.uniform(0, 0.5) * clouds)).astype(np.float32)
    return (0.5 * _tint(rng) + rng.uniform(0.1, 0.3) * clouds * _tint(rng)).astype(np.float32)


def _tint(rng: np.random.Generator) -> NDArray[np.float64]:
    """Near grey: surfaces differ in brightness first."""
    return 1 + rng.normal(0, TINT, 3)


def _clouds(rng: np.random.Generator, size: int) -> Floats:
    """Noise whose spectrum falls by a power of the frequency; mean 0, deviation 1."""
    across, down = np.fft.rfftfreq(size)[None, :], np.fft.fftfreq(size)[:, None]
    shape = (size, size // 2 + 1)
    spectrum = (rng.normal(size=shape) + 1j * rng.normal(size=shape)) / np.maximum(np.hypot(across, down), 1 / size) ** rng.uniform(1, 1.8)
    spectrum[0, 0] = 0
    field = np.fft.irfft2(spectrum, (size, size))
    return (field / field.std()).astype(np.float32)


def _leaves(rng: np.random.Generator, size: int) -> Floats:
    """Dead leaves: ellipses and boxes of power-law radius that cover one another, each lit from one side."""
    axis = np.linspace(0, 1, size, dtype=np.float32)
    image = np.broadcast_to((rng.random() * _tint(rng)).astype(np.float32), (size, size, 3)).copy()
    mean, spread = rng.uniform(0.2, 0.7), rng.uniform(0.1, 0.4)
    for _ in range(LEAVES):
        x, y = rng.random(2)
        radius, turn, flat = 0.015 / np.sqrt(rng.uniform(0.003, 1.0)), rng.uniform(0, np.pi), rng.uniform(0.2, 1)
        top, bottom = np.searchsorted(axis, (y - radius, y + radius))
        left, right = np.searchsorted(axis, (x - radius, x + radius))
        dx, dy = axis[None, left:right] - x, axis[top:bottom, None] - y
        along, across = dx * np.cos(turn) + dy * np.sin(turn), (dy * np.cos(turn) - dx * np.sin(turn)) / flat
        round_, boxed = along**2 + across**2 < radius**2, np.maximum(abs(along), abs(across)) < 0.7 * radius
        inside = round_ if rng.random() < 0.6 else boxed
        shade = (mean + spread * rng.normal()) * _tint(rng) * (1 + rng.normal(0, 0.3) * along[..., None] / radius)
        image[top:bottom, left:right][inside] = shade[inside]
    return image


def _filmed(rng: np.random.Generator, canvas: Floats, frames: int, size: int) -> Floats:
    """By a camera that holds still, or pans, turns and comes closer or goes away; each pixel is the mean of four samples."""
    moving = rng.random() < 0.7
    zoom, turn = np.exp(rng.uniform(np.log(0.25), np.log(0.7))), rng.uniform(0, 2 * np.pi)
    grow, spin = moving * rng.normal(0, 0.01, 2)
    centre, speed = len(canvas) * rng.uniform(0.35, 0.65, 2), moving * rng.normal(0, 0.6, 2)
    steps = np.arange(2 * size) - size + 0.5
    out = np.empty((frames, size, size, 3), np.float32)
    for t in range(frames):
        scale, angle = zoom * (1 + grow * t), turn + spin * t
        along, across = scale * np.cos(angle), scale * np.sin(angle)
        rows = centre[0] + speed[0] * t + steps[:, None] * along + steps * across
        columns = centre[1] + speed[1] * t - steps[:, None] * across + steps * along
        out[t] = _at(canvas, rows, columns).reshape(size, 2, size, 2, 3).mean((1, 3))
    return out


def _at(canvas: Floats, rows: NDArray[np.float64], columns: NDArray[np.float64]) -> Floats:
    """The nearest pixel of each place; beyond the rim, the rim."""
    r, c = (np.clip(np.rint(each), 0, len(canvas) - 1).astype(int) for each in (rows, columns))
    return canvas[r, c]


def _passing(rng: np.random.Generator, behind: Floats, before: Floats) -> Floats:
    """An ellipse of `before` moves across `behind`."""
    frames, size = behind.shape[:2]
    axis = np.arange(size)
    (x, y), (dx, dy) = rng.uniform(0, size, 2), rng.normal(0, 0.8, 2)
    radius, flat = rng.uniform(3, 0.45 * size), rng.uniform(0.4, 1.6)
    out = np.empty_like(behind)
    for t in range(frames):
        distance = np.hypot(axis - x - dx * t, (axis[:, None] - y - dy * t) * flat)
        share = np.clip(radius - distance + 0.5, 0, 1)[..., None]
        out[t] = behind[t] * (1 - share) + before[t] * share
    return out
