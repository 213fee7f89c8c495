"""`finetune base build`: draws clips, trains the VAE, then transformer and text encoder, and writes a WanPipeline directory.

Resumable: progress lives in OUT/../.NAME.building and every minute it is saved. With the step counts of recipe.json and the
same thread count a build repeats itself.
"""

import json
import random
import shutil
import sys
import time
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
from diffusers import AutoencoderKLWan, FlowMatchEulerDiscreteScheduler, WanPipeline
from safetensors.torch import load_file, save_file

from finetune import drawn, files, optimiser_state
from finetune.recipe import text, transformer, vae

SAVE_EVERY_SECONDS = 60
VAE_SHARE = 0.42
VAE_BATCH, BATCH = 8, 16
NATIVE = {
    "height": vae.SIZE,
    "width": vae.SIZE,
    "frames": vae.FRAMES,
    "fps": 4,
    "max_sequence_length": text.LENGTH,
    "sampling_steps": 20,
    "guidance": 3.0,
}


@dataclass(frozen=True)
class Plan:
    seed: int
    vae_steps: int
    corpus: int
    steps: int


def build(out: Path, *, minutes: float, seed: int, steps: tuple[int, int] | None = None) -> None:
    """`steps` = (VAE, transformer) repeats a build exactly; otherwise they are chosen to fill `minutes` on this machine."""
    work = out.parent / f".{out.name}.building"
    work.mkdir(parents=True, exist_ok=True)
    plan = _plan(work / "plan.json", minutes, seed, steps)
    started = time.monotonic()
    codec, vae_loss = _train_vae(work, plan)
    held_out = vae.mixture(plan.seed + 1, 0, 64)
    scenes = torch.stack([clip for clip, _ in _scenes(plan.seed + 2, 64)])
    decibels = {"mixture": round(vae.psnr(codec, held_out), 2), "plain scenes": round(vae.psnr(codec, scenes), 2)}
    _say(f"VAE PSNR on held-out clips: {decibels}")
    pipeline, loss = _train_transformer(work, plan, codec)
    recipe = {
        "version": 1,
        "id": "atelier-tiny-wan",
        "native": NATIVE,
        **asdict(plan),
        "minutes": round((time.monotonic() - started) / 60, 1),
        "threads": torch.get_num_threads(),
        "loss": {"vae": round(vae_loss, 4), "transformer": round(loss, 4)},
        "psnr_db": decibels,
        "parameters": {
            name: sum(p.numel() for p in getattr(pipeline, name).parameters()) for name in ("transformer", "vae", "text_encoder")
        },
        "licence": "Apache-2.0",
    }
    files.write_directory(out, lambda draft: _save(draft, pipeline, recipe))
    shutil.rmtree(work)
    _say(f"written: {out}")


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def _plan(path: Path, minutes: float, seed: int, steps: tuple[int, int] | None) -> Plan:
    if path.exists():
        return Plan(**json.loads(path.read_text()))
    if steps is None:
        seconds = minutes * 60
        vae_step, step, encode = _pace()
        corpus = min(6144, max(64, int(seconds * 0.08 / encode)))
        steps = max(2, int(seconds * VAE_SHARE / vae_step)), max(2, int(seconds * (0.92 - VAE_SHARE) / step))
    else:
        corpus = min(6144, steps[1] * 4)
    plan = Plan(seed, steps[0], corpus, steps[1])
    files.write_text(path, json.dumps(asdict(plan)))
    return plan


def _pace() -> tuple[float, float, float]:
    """Seconds of a VAE step, of a transformer step and of encoding one clip, here and now."""
    codec, denoiser = vae.model(), transformer.model()
    generator = torch.Generator().manual_seed(0)
    latents, words = torch.zeros(BATCH, 16, 5, 8, 8), torch.zeros(BATCH, text.LENGTH, 128)

    def vae_step(step: int) -> None:
        vae.loss(codec, vae.crop(vae.mixture(0, step, VAE_BATCH), 0, step), generator).backward()

    def encode(step: int) -> None:
        with torch.no_grad():
            codec.encode(vae.mixture(0, step, VAE_BATCH))

    return (
        _seconds(vae_step),
        _seconds(lambda _: transformer.loss(denoiser, latents, words, generator).backward()) * 1.15,
        _seconds(encode) / VAE_BATCH,
    )


def _seconds(work: Callable[[int], None], repeats: int = 6) -> float:
    work(0)
    started = time.perf_counter()
    for step in range(repeats):
        work(step)
    return (time.perf_counter() - started) / repeats


class _Training:
    """One set of weights being trained: AdamW, a moving average, and a file to resume from."""

    def __init__(self, name: str, work: Path, modules: Iterable[torch.nn.Module], steps: int, rate: float, hold: float) -> None:
        self.name, self.path, self.steps, self.rate, self.hold = name, work / f"{name}.safetensors", steps, rate, hold
        self.parameters = {f"{i}.{key}": parameter for i, module in enumerate(modules) for key, parameter in module.named_parameters()}
        self.average = {key: parameter.detach().clone() for key, parameter in self.parameters.items()}
        self.optimiser = torch.optim.AdamW(self.parameters.values(), rate, betas=(0.9, 0.98), weight_decay=0.0, fused=True)
        self.losses: list[float] = []
        self.step = 0
        if self.path.exists():
            self._resume()

    def _resume(self) -> None:
        tensors = load_file(self.path)
        self.step = int(tensors["step"])
        for key, parameter in self.parameters.items():
            parameter.data.copy_(tensors[f"weight/{key}"])
            self.average[key].copy_(tensors[f"average/{key}"])
        optimiser_state.give(self.optimiser, list(self.parameters), tensors)
        _say(f"{self.name}: resumed at step {self.step}")

    def _save(self) -> None:
        tensors = optimiser_state.take(self.optimiser, list(self.parameters))
        for key, parameter in self.parameters.items():
            tensors[f"weight/{key}"] = parameter.detach().clone()
            tensors[f"average/{key}"] = self.average[key]
        with files.written(self.path) as draft:
            save_file({**tensors, "step": torch.tensor(self.step)}, draft)

    def _learning_rate(self) -> float:
        """Warmed up, held, then down to a fiftieth along a straight line."""
        done = self.step / self.steps
        decay = 1.0 if done < self.hold else max(0.02, (1 - done) / (1 - self.hold))
        return self.rate * min(1.0, (self.step + 1) / 50) * decay

    def run(self, loss_of: Callable[[int], torch.Tensor]) -> float:
        """Returns the mean loss of the last hundred steps; leaves the averaged weights in the modules."""
        saved = time.monotonic()
        while self.step < self.steps:
            for group in self.optimiser.param_groups:
                group["lr"] = self._learning_rate()
            loss = loss_of(self.step)
            self.optimiser.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(self.parameters.values(), 1.0, error_if_nonfinite=True)
            self.optimiser.step()
            self.step += 1
            self._track(float(loss.detach()))
            if time.monotonic() - saved > SAVE_EVERY_SECONDS:
                self._save()
                saved = time.monotonic()
        self._save()
        for key, parameter in self.parameters.items():
            parameter.data.copy_(self.average[key])
        return sum(self.losses[-100:]) / max(1, len(self.losses[-100:]))

    def _track(self, loss: float) -> None:
        kept = min(0.995, (1 + self.step) / (10 + self.step))
        with torch.no_grad():
            torch._foreach_lerp_(list(self.average.values()), [p.data for p in self.parameters.values()], 1 - kept)
        self.losses.append(loss)
        if self.step % 100 == 0:
            _say(f"{self.name}: step {self.step}/{self.steps} loss {sum(self.losses[-100:]) / len(self.losses[-100:]):.4f}")


def _train_vae(work: Path, plan: Plan) -> tuple[AutoencoderKLWan, float]:
    torch.manual_seed(plan.seed)
    codec = vae.model()
    training = _Training("vae", work, [codec], plan.vae_steps, 2e-3, hold=0.3)

    def loss_of(step: int) -> torch.Tensor:
        clips = vae.crop(vae.mixture(plan.seed, step, VAE_BATCH), plan.seed, step)
        return vae.loss(codec, clips, torch.Generator().manual_seed(plan.seed * 1_000_003 + step))

    return codec.eval(), training.run(loss_of)


def _scenes(seed: int, count: int) -> list[tuple[torch.Tensor, str]]:
    rng = random.Random(f"{seed}/scenes")
    scenes = [drawn.scene(rng) for _ in range(count)]
    return [(vae.video(drawn.render(scene, frames=vae.FRAMES, size=vae.SIZE)), scene.caption) for scene in scenes]


@torch.no_grad()
def _corpus(work: Path, plan: Plan, codec: AutoencoderKLWan, ids: torch.Tensor, mask: torch.Tensor) -> transformer.Corpus:
    path = work / "latents.safetensors"
    scenes = _scenes(plan.seed, plan.corpus) if not path.exists() else []
    if scenes:
        parts = []
        for start in range(0, len(scenes), 32):
            parts.append(codec.encode(torch.stack([clip for clip, _ in scenes[start : start + 32]])).latent_dist.mode())
        row = {caption: i for i, caption in enumerate(drawn.captions())}
        caption = torch.tensor([row[caption] for _, caption in scenes])
        with files.written(path) as draft:
            save_file({"latents": torch.cat(parts).contiguous(), "caption": caption}, draft)
        _say(f"{len(scenes)} clips encoded")
    kept = load_file(path)
    latents = kept["latents"]
    mean, std = latents.mean((0, 2, 3, 4)), latents.std((0, 2, 3, 4))
    codec.register_to_config(latents_mean=mean.tolist(), latents_std=std.tolist())
    shape = (1, -1, 1, 1, 1)
    return transformer.Corpus((latents - mean.view(shape)) / std.view(shape), kept["caption"], ids, mask)


def _train_transformer(work: Path, plan: Plan, codec: AutoencoderKLWan) -> tuple[WanPipeline, float]:
    torch.manual_seed(plan.seed)
    words = text.tokenizer()
    encoder, denoiser = text.encoder(words), transformer.model()
    corpus = _corpus(work, plan, codec, *text.tokens(words, [*drawn.captions(), ""]))
    training = _Training("transformer", work, [denoiser, encoder], plan.steps, 1.5e-3, hold=0.55)

    def loss_of(step: int) -> torch.Tensor:
        latents, captions = transformer.batch(corpus, plan.seed, step, BATCH)
        embedded = text.embed(encoder, corpus.ids[captions], corpus.mask[captions])
        return transformer.loss(denoiser, latents, embedded, torch.Generator().manual_seed(plan.seed * 1_000_003 + step))

    loss = training.run(loss_of)
    scheduler = FlowMatchEulerDiscreteScheduler(shift=transformer.SHIFT)
    pipeline = WanPipeline(tokenizer=words, text_encoder=encoder.eval(), vae=codec, scheduler=scheduler, transformer=denoiser.eval())
    return pipeline, loss


def _save(out: Path, pipeline: WanPipeline, recipe: dict[str, object]) -> None:
    pipeline.save_pretrained(out, safe_serialization=True)
    for path in out.rglob("*.safetensors"):
        halves = {name: tensor.half() if tensor.is_floating_point() else tensor for name, tensor in load_file(path).items()}
        save_file(halves, path, metadata={"format": "pt"})
    files.write_text(out / "recipe.json", json.dumps(recipe, indent=2) + "\n")
    files.write_text(out / "README.md", _card(recipe))


def _card(recipe: dict[str, object]) -> str:
    return f"""---
license: apache-2.0
pipeline_tag: text-to-video
library_name: diffusers
---
# atelier-tiny-wan: a barely trained miniature

A Wan video model of three million parameters, small enough for a test to load. It has **barely trained**
({recipe["minutes"]} minutes on one processor core) and serves to exercise the code path of the full-size
models: 32x32 pixels, nine frames, coloured shapes that move.

- Made by `python -m finetune base build`, wholly from clips that the recipe draws itself; no footage, no downloads.
- Captions it knows: "a red circle moving right on a dark background" (red, green, blue, yellow; circle, square, triangle;
  moving right, left, up, down, or growing; dark or light background).
- `recipe.json` holds seed, step counts, losses and the PSNR of its VAE on held-out clips.
- Sample with `max_sequence_length={NATIVE["max_sequence_length"]}`, {NATIVE["sampling_steps"]} steps, guidance {NATIVE["guidance"]}.
- Weights are stored in half precision and load as 32-bit floats, the same values each time.
"""
