"""The two sides of a comparison: the same jobs by peft, and by this engine."""

import copy
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import numpy as np
import torch
from diffusers import WanTransformer3DModel
from peft import LoraConfig, inject_adapter_in_model
from torch.nn import functional

from finetune.data.draw import draw as draw_clips
from finetune.data.encode import Encoded
from finetune.data.seal import seal
from finetune.disk import files
from finetune.families.wan import Wan
from finetune.families.wan import load as load_wan
from finetune.families.wan_layout import LAYOUT
from finetune.job import Base, Dataset, Job, Knobs
from finetune.manifest import directory_digest
from finetune.planning.group import Candidate, Limits, groups
from finetune.running import allocator
from finetune.training import lora
from finetune.training.loop import CLIP, Material, Pass, Seat, draw, learning_rate
from finetune.training.lora import Adapter, Shapes, Stack, Tensors

RANK = 16
STEPS = 10_000


@dataclass(frozen=True)
class Sizes:
    """`jobs` of one clip a step; `frames` and `side` of its latents."""

    jobs: int
    frames: int
    side: int

    @property
    def tokens(self) -> int:
        return self.frames * (self.side // 2) ** 2


class Bench:
    def __init__(self, wan: Wan) -> None:
        self.wan = wan
        self.shapes: Shapes = {
            name: (module.out_features, module.in_features)
            for name, module in wan.pipeline.transformer.named_modules()
            if name.startswith("blocks.") and name.endswith(LAYOUT.targets)
        }
        self.layers = tuple(sorted(self.shapes))

    @classmethod
    def tiny(cls, base: Path) -> "Bench":
        return cls(load_wan(str(base)))

    @classmethod
    def middle(cls, base: Path) -> "Bench":
        """The tiny base's neighbours around a transformer of 61 M random weights."""
        return cls._around(base, num_attention_heads=16, ffn_dim=2048, num_layers=14)

    @classmethod
    def large(cls, base: Path) -> "Bench":
        """The same around one of Wan 1.3B's dimensions."""
        return cls._around(base, num_attention_heads=12, attention_head_dim=128, ffn_dim=8960, num_layers=30, rope_max_seq_len=1024)

    @classmethod
    def _around(cls, base: Path, **dimensions: int) -> "Bench":
        wan = load_wan(str(base))
        before = wan.pipeline.transformer
        with torch.random.fork_rng(devices=[]), torch.device(wan.device):
            torch.manual_seed(0)
            made = WanTransformer3DModel.from_config(dict(before.config) | dimensions)
        wan.pipeline.transformer = made.to(wan.device, before.dtype)
        return cls(Wan(wan.pipeline, str(base)))

    def seats(self, sizes: Sizes, steps: int = STEPS) -> list[Seat]:
        """Clips and captions of random numbers: what they hold does not change what they cost."""
        return [Seat(knobs(1, steps), index, self._material(sizes, index)) for index in range(sizes.jobs)]

    def _material(self, sizes: Sizes, seed: int) -> Material:
        generator = torch.Generator().manual_seed(seed)
        latents = tuple(torch.randn(4, 16, sizes.frames, sizes.side, sizes.side, generator=generator))
        kind = self.wan.pipeline.transformer.dtype
        text = {words: self.wan.encode_text([words])[0].to(kind) for words in ("", "a red circle")}
        return Material(Encoded(latents, ("a red circle",) * 4), text, [[index % 4] for index in range(STEPS)])

    def adapter(self, seed: int) -> Adapter:
        return Adapter(self.layers, RANK, RANK, seed)

    def width(self, sizes: Sizes) -> int:
        """What the grouping rule makes of such jobs."""
        shape = frozenset({(sizes.frames, sizes.side, sizes.side, 1)})
        jobs = [Candidate(str(index), "", self.layers, shape, RANK, sizes.tokens, 0) for index in range(sizes.jobs)]
        return max(len(group) for group in groups(jobs, Limits()))

    def plain(self, sizes: Sizes) -> Callable[[], None]:
        """As many steps as there are jobs. Runs in sequence keep to one job and its weights, and so does this."""
        loop = Peft(self, self.seats(sizes)[0])

        def step() -> None:
            for _ in range(sizes.jobs):
                loop.step()

        return step

    def ours(self, sizes: Sizes) -> Callable[[], None]:
        seats, width = self.seats(sizes), self.width(sizes)
        passes = [self.together(seats[at : at + width]) for at in range(0, len(seats), width)]
        walks = [each.steps() for each in passes]
        self.wan.put_on(passes[0].stack)

        def step() -> None:
            for each, walk in zip(passes, walks, strict=True):
                if len(passes) > 1:
                    self.wan.put_on(each.stack)
                next(walk)

        return step

    def together(self, seats: list[Seat]) -> Pass:
        kind = torch.promote_types(self.wan.pipeline.transformer.dtype, torch.float32)
        return Pass(self.wan, Stack([self.adapter(seat.seed) for seat in seats], self.shapes, self.wan.device, kind), seats)

    def clear(self) -> None:
        lora.take_off(self.wan.pipeline.transformer)

    def whole_run(self, steps: int) -> None:
        """Encode what there is, then train."""
        clips, captions = _clips(), ["a red circle", ""]
        latents = torch.cat([self.wan.encode_clips(clip[None]) for clip in clips])
        text = dict(zip(captions, self.wan.encode_text(captions), strict=True))
        order = [[index % len(clips)] for index in range(steps)]
        run = self.together([Seat(knobs(1), 0, Material(Encoded(tuple(latents), ("a red circle",) * len(clips)), text, order))])
        self.wan.put_on(run.stack)
        for _ in zip(range(steps), run.steps(), strict=False):
            pass
        self.clear()

    def naive_run(self, steps: int) -> None:
        loop, clips = Peft(self, self.seats(Sizes(1, 5, 8))[0]), _clips()
        for step in range(steps):
            latents = self.wan.encode_clips(clips[step % len(clips)][None])
            text = self.wan.encode_text(["a red circle"])
            loop.learn([latents, text, self.wan.sigmas(torch.rand(1)), torch.randn_like(latents)])


class Peft:
    """One job as peft's documentation trains it."""

    def __init__(self, bench: Bench, seat: Seat, start: Tensors | None = None) -> None:
        self.wan, self.seat, self.done = bench.wan, seat, 0
        self.transformer = copy.deepcopy(bench.wan.pipeline.transformer)
        lora.take_off(self.transformer)
        adapter = bench.adapter(seat.seed)
        config = LoraConfig(r=adapter.rank, lora_alpha=adapter.alpha, target_modules=list(adapter.layers))
        inject_adapter_in_model(config, self.transformer)
        named = self.transformer.named_parameters()
        self.named = {name.replace(".default.", "."): each for name, each in named if each.requires_grad}
        for name, tensor in (start or {}).items():
            self.named[name].data = tensor.clone()
        self.adamw = torch.optim.AdamW(self.named.values(), lr=1e-3, betas=(0.9, 0.99), weight_decay=0.01)

    def step(self) -> None:
        self.learn(draw(self.wan, self.seat.material, self.seat.knobs, self.seat.seed, self.done))

    def learn(self, batch: list[torch.Tensor]) -> None:
        latents, text, sigma, noise = batch[:4]
        mix = sigma.view(-1, 1, 1, 1, 1)
        noisy = ((1 - mix) * latents + mix * noise).to(self.transformer.dtype)
        told = self.transformer(noisy, timestep=sigma * 1000, encoder_hidden_states=text, return_dict=False)[0]
        loss = functional.mse_loss(told, (noise - latents).to(told.dtype))
        self.adamw.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.named.values(), CLIP)
        self.adamw.param_groups[0]["lr"] = learning_rate(self.seat.knobs, self.done)
        self.adamw.step()
        self.done += 1
        loss.item()


def knobs(batch_size: int, steps: int = STEPS) -> Knobs:
    return Knobs(steps, RANK, RANK, 1e-3, batch_size, height=32, width=32, frames=9, fps=4)


def _clips() -> list[np.ndarray]:
    return list(np.random.default_rng(0).integers(0, 255, (4, 9, 32, 32, 3), np.uint8))


def exactness(base: Path, kind: torch.dtype, steps: int) -> float:
    """Relative distance of BA, by Frobenius norm, of the first of two jobs trained together from peft's alone."""
    bench = Bench.tiny(base)
    bench.wan.pipeline.transformer.to(dtype=kind)
    seats = bench.seats(Sizes(2, frames=5, side=8), steps)
    ours = bench.together(seats)
    theirs = Peft(bench, seats[0], ours.stack.read(0))
    bench.wan.put_on(ours.stack)
    for _ in zip(range(steps), ours.steps(), strict=False):
        theirs.step()
    return _short(_distance(ours.stack.read(0), {name: each.detach() for name, each in theirs.named.items()}))


def _distance(one: Tensors, other: Tensors) -> float:
    apart = size = 0.0
    for name in other:
        if name.endswith("lora_A.weight"):
            up = name.replace("lora_A", "lora_B")
            mine, theirs = one[up].double() @ one[name].double(), other[up].double() @ other[name].double()
            apart, size = apart + float((mine - theirs).square().sum()), size + float(theirs.square().sum())
    return float((apart / size) ** 0.5)


def _short(number: float) -> float:
    return float(f"{number:.3g}")


def second_start(base: Path) -> float:
    """Seconds from a second job's order to its first step, as a share of those from starting the engine to a first job's first step.

    Each job brings clips of its own, which are encoded within that time.
    """
    with tempfile.TemporaryDirectory() as folder:
        jobs = [_job(Path(folder) / str(index), base, index) for index in (1, 2)]
        began = time.perf_counter()
        command = [sys.executable, "-m", "finetune", "serve"]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as engine:
            assert engine.stdin is not None
            assert engine.stdout is not None
            seconds = []
            for job in jobs:
                print(json.dumps({"op": "run", "job": str(job), "out": str(job.parent / "out")}), file=engine.stdin, flush=True)
                _await(engine.stdout, "step")
                seconds.append(time.perf_counter() - began)
                _await(engine.stdout, "done")
                began = time.perf_counter()
            print('{"op": "quit"}', file=engine.stdin, flush=True)
    return _short(seconds[1] / seconds[0])


def _await(lines: IO[str], name: str) -> None:
    for line in lines:
        if (told := json.loads(line)["event"]) == name:
            return
        if told == "error":
            raise RuntimeError(line)


def _job(folder: Path, base: Path, seed: int) -> Path:
    draw_clips(folder / "clips", count=4, style="neon", seed=seed, size=64)
    root = seal(folder / "clips", folder / "sealed").root
    dataset = Dataset(str(folder / "sealed"), root)
    job = Job(f"bench-{seed}", "wan", Base(str(base), directory_digest(base)), dataset, knobs(1, steps=2), seed=seed)
    files.write_text(folder / "job.json", json.dumps(job.to_dict()))
    return folder / "job.json"


def _peak(which: str, jobs: int, base: Path) -> int:
    """Bytes this process held at most, over ten steps."""
    bench, sizes = Bench.tiny(base), Sizes(jobs, frames=5, side=8)
    if which == "ours":
        allocator.keep_large_blocks()
    step = bench.ours(sizes) if which == "ours" else bench.plain(sizes)
    for _ in range(10):
        step()
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


if __name__ == "__main__":
    print(_peak(sys.argv[1], int(sys.argv[2]), Path(sys.argv[3])))
