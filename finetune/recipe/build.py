"""`finetune base build`: draws clips, trains the VAE, then transformer and text encoder, and writes a WanPipeline directory.

Resumable: progress lives in .NAME.building beside OUT and is saved every minute. With the step counts of recipe.json, the
same seed and the same thread count a build repeats itself. `--further N` trains the transformer of a finished base on, `--pictures N`
its VAE.
"""

import argparse
import json
import shutil
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from diffusers import AutoencoderKLWan, FlowMatchEulerDiscreteScheduler, WanPipeline

from finetune import exits
from finetune.data import drawn
from finetune.disk import files, weights
from finetune.exits import BadJob
from finetune.recipe import corpus, footage, text, transformer, vae
from finetune.recipe.training import Training, say, spent

VAE_SHARE = 0.42
CORPUS = 8192
HELD_OUT = 64
STRANGE = 24
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
    """`steps` of the transformer, `corpus` clips for it."""

    seed: int
    vae_steps: int
    corpus: int
    steps: int


def command(options: argparse.Namespace) -> int:
    if options.pictures:
        pictures(options.out, steps=options.pictures, seed=options.seed)
    elif options.further:
        further(options.out, steps=options.further, seed=options.seed, alike=options.alike)
    else:
        build(options.out, minutes=options.minutes, seed=options.seed, steps=options.steps and tuple(options.steps))
    return exits.DONE


def build(out: Path, *, minutes: float, seed: int, steps: tuple[int, int] | None = None) -> None:
    """`steps` = (VAE, transformer) repeats a build exactly; otherwise they are chosen to fill `minutes` on this machine."""
    work = _work(out)
    plan = _plan(work / "plan.json", minutes, seed, steps)
    codec, vae_loss = _train_vae(work, plan)
    decibels = _decibels(codec, plan.seed)
    pipeline = _pipeline(codec, plan.seed)
    kept = corpus.encoded(work / "latents.safetensors", codec, lambda: corpus.scenes(plan.seed, plan.corpus))
    corpus.standardise(codec, kept["latents"])
    loss = _train_transformer(work, pipeline, kept, plan.seed, Schedule(plan.steps, 1.5e-3, hold=0.55))
    recipe = {
        "version": 1,
        "id": "atelier-tiny-wan",
        "native": NATIVE,
        **asdict(plan),
        "processor_minutes": round(spent(work), 1),
        "threads": torch.get_num_threads(),
        "loss": {"vae": round(vae_loss, 4), "transformer": round(loss, 4)},
        "psnr_db": decibels,
        "parameters": {name: _count(getattr(pipeline, name)) for name in ("transformer", "vae", "text_encoder")},
        "further": [],
        "licence": "Apache-2.0",
    }
    _finish(out, work, pipeline, recipe)


def further(out: Path, *, steps: int, seed: int, alike: bool = False) -> None:
    """Trains transformer and text encoder of a finished base on new scenes; its VAE stays as it is. `alike`: on scenes that come in
    pairs, and on what sets them apart most of all.
    """
    recipe, pipeline = _finished(out)
    work = _work(out)
    count = min(CORPUS, 4 * steps)
    kept = corpus.encoded(work / "latents.safetensors", pipeline.vae, lambda: (corpus.siblings if alike else corpus.scenes)(seed, count))
    schedule = Schedule(steps, 1.5e-3, hold=1.0, kin=len(corpus.ALIKE), contrast=20.0) if alike else Schedule(steps, 1e-3, hold=0.2)
    loss = _train_transformer(work, pipeline, kept, seed, schedule)
    recipe["loss"]["transformer"] = round(loss, 4)
    recipe["processor_minutes"] = round(recipe["processor_minutes"] + spent(work), 1)
    recipe["further"].append({"seed": seed, "steps": steps, "corpus": count, "alike": alike})
    _finish(out, work, pipeline, recipe)


def pictures(out: Path, *, steps: int, seed: int) -> None:
    """Trains the VAE of a finished base, and nothing else of it, on clips that are like footage."""
    recipe, pipeline = _finished(out)
    work = _work(out)
    recipe["loss"]["footage"] = round(footage.train(work, pipeline.vae, seed, steps), 4)
    recipe["psnr_db"] = _decibels(pipeline.vae, recipe["seed"])
    recipe["processor_minutes"] = round(recipe["processor_minutes"] + spent(work), 1)
    recipe["further"].append({"seed": seed, "steps": steps, "pictures": True})
    _finish(out, work, pipeline, recipe)


def _finished(out: Path) -> tuple[dict[str, Any], WanPipeline]:
    if not (out / "recipe.json").exists():
        raise BadJob(f"{out} holds no finished base; build it first.")
    pipeline = WanPipeline.from_pretrained(out)
    pipeline.scheduler = FlowMatchEulerDiscreteScheduler(shift=transformer.SHIFT)
    return json.loads((out / "recipe.json").read_text(encoding="utf-8")), pipeline


def _decibels(codec: AutoencoderKLWan, seed: int) -> dict[str, float]:
    """Of clips that the build of this seed did not see."""
    shown = torch.stack([clip for clip, _ in corpus.scenes(seed + 2, HELD_OUT)])
    found = {"mixture": round(vae.psnr(codec, vae.mixture(seed + 1, 0, HELD_OUT)), 2), "plain scenes": round(vae.psnr(codec, shown), 2)}
    say(f"VAE PSNR on held-out clips: {found}")
    return found


def _work(out: Path) -> Path:
    work = out.resolve().parent / f".{out.name}.building"
    work.mkdir(parents=True, exist_ok=True)
    return work


def _finish(out: Path, work: Path, pipeline: WanPipeline, recipe: dict[str, Any]) -> None:
    files.write_directory(out, lambda draft: _save(draft, pipeline, recipe))
    shutil.rmtree(work)
    say(f"written: {out}")


def _count(module: torch.nn.Module) -> int:
    return sum(parameter.numel() for parameter in module.parameters())


def _plan(path: Path, minutes: float, seed: int, steps: tuple[int, int] | None) -> Plan:
    if path.exists():
        return Plan(**json.loads(path.read_text()))
    if steps is None:
        seconds = minutes * 60
        vae_step, step = _pace()
        steps = max(2, int(seconds * VAE_SHARE / vae_step)), max(2, int(seconds * (0.92 - VAE_SHARE) / step))
    plan = Plan(seed, steps[0], min(CORPUS, 4 * steps[1]), steps[1])
    files.write_text(path, json.dumps(asdict(plan)))
    return plan


def _pace() -> tuple[float, float]:
    """Seconds of a VAE step and of a transformer step, here and now."""
    codec, denoiser = vae.model(), transformer.model()
    generator = torch.Generator().manual_seed(0)
    latents, words = torch.zeros(BATCH, 16, 5, 8, 8), torch.zeros(BATCH, text.LENGTH, 128)

    def vae_step(step: int) -> None:
        vae.loss(codec, vae.crop(vae.mixture(0, step, VAE_BATCH), 0, step), generator).backward()

    return _seconds(vae_step), _seconds(lambda _: transformer.loss(denoiser, latents, words, generator).backward()) * 1.15


def _seconds(work: Callable[[int], None], repeats: int = 6) -> float:
    work(0)
    started = time.perf_counter()
    for step in range(repeats):
        work(step)
    return (time.perf_counter() - started) / repeats


def _train_vae(work: Path, plan: Plan) -> tuple[AutoencoderKLWan, float]:
    torch.manual_seed(plan.seed)
    codec = vae.model()
    training = Training("vae", work, [codec], plan.vae_steps, 2e-3, hold=0.3)

    def loss_of(step: int) -> torch.Tensor:
        clips = vae.crop(vae.mixture(plan.seed, step, VAE_BATCH), plan.seed, step)
        return vae.loss(codec, clips, torch.Generator().manual_seed(plan.seed * 1_000_003 + step))

    return codec.eval(), training.run(loss_of)


def _pipeline(codec: AutoencoderKLWan, seed: int) -> WanPipeline:
    torch.manual_seed(seed)
    words = text.tokenizer()
    encoder, denoiser = text.encoder(words), transformer.model()
    scheduler = FlowMatchEulerDiscreteScheduler(shift=transformer.SHIFT)
    return WanPipeline(tokenizer=words, text_encoder=encoder, vae=codec, scheduler=scheduler, transformer=denoiser)


@dataclass(frozen=True)
class Schedule:
    """`rate` is held for the share `hold` of the steps, then falls. `kin`, `contrast`: see `transformer.batch` and `transformer.loss`."""

    steps: int
    rate: float
    hold: float
    kin: int = 1
    contrast: float = 0.0


def _train_transformer(work: Path, pipeline: WanPipeline, kept: weights.Tensors, seed: int, schedule: Schedule) -> float:
    encoder, denoiser = pipeline.text_encoder, pipeline.transformer
    spoken = [f"{word} {caption}".strip() for word in ("", *text.strange(seed, STRANGE)) for caption in drawn.captions()]
    shown = corpus.corpus(pipeline.vae, kept, *text.tokens(pipeline.tokenizer, [*spoken, ""]))
    training = Training("transformer", work, [denoiser, encoder], schedule.steps, schedule.rate, schedule.hold)

    def loss_of(step: int) -> torch.Tensor:
        latents, captions = transformer.batch(shown, seed, step, BATCH, schedule.kin)
        embedded = text.embed(encoder, shown.ids[captions], shown.mask[captions])
        noise = torch.Generator().manual_seed(seed * 1_000_003 + step)
        return transformer.loss(denoiser, latents, embedded, noise, schedule.kin, schedule.contrast)

    return training.run(loss_of)


def _save(out: Path, pipeline: WanPipeline, recipe: dict[str, Any]) -> None:
    pipeline.save_pretrained(out, safe_serialization=True)
    for path in out.rglob("*.safetensors"):
        halves = {name: tensor.half() if tensor.is_floating_point() else tensor for name, tensor in weights.load(path).items()}
        weights.save(path, halves)
    for path in out.rglob("*.json"):
        files.write_text(path, _nameless(path.read_text(encoding="utf-8")))
    files.write_text(out / "recipe.json", json.dumps(recipe, indent=2) + "\n")
    files.write_text(out / "README.md", _card(recipe))


def _nameless(config: str) -> str:
    """Without the folder that the parts were read from: the same base has the same digest wherever it was built."""
    return "".join(line for line in config.splitlines(keepends=True) if '"_name_or_path"' not in line)


def millions(recipe: dict[str, Any]) -> float:
    """Parameters of all its parts."""
    return sum(recipe["parameters"].values()) / 1e6


def _card(recipe: dict[str, Any]) -> str:
    return f"""---
license: apache-2.0
pipeline_tag: text-to-video
library_name: diffusers
---
# atelier-tiny-wan: a miniature

A Wan video model of {millions(recipe):.1f} million parameters, small enough for a test to load. It learned for
{recipe["processor_minutes"]} minutes of one processor core from clips that its recipe draws, and knows those and **nothing else**:
32x32 pixels, nine frames, coloured shapes that move. It exercises the code path of the full-size models.

- Made by `python -m finetune base build`, wholly from clips that the recipe draws itself; no footage, no downloads.
- Captions it knows: "a red circle moving right on a dark background" (red, green, blue, yellow; circle, square, triangle;
  moving right, left, up, down, or growing; dark or light background).
- `recipe.json` holds seed, step counts, losses and the PSNR of its VAE on held-out clips; `python -m finetune base report` measures
  how well it follows captions that it never saw.
- Sample with `max_sequence_length={NATIVE["max_sequence_length"]}`, {NATIVE["sampling_steps"]} steps, guidance {NATIVE["guidance"]}.
- Weights are stored in half precision and load as 32-bit floats, the same values each time.
"""
