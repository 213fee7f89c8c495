"""What a run makes of a trained adapter: the last validation, previews, exports, each verified, and the manifest."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch

from finetune.data.encode import Encoded
from finetune.data.media import Frames
from finetune.disk import files
from finetune.events import rounded
from finetune.families.model import Model, Shot
from finetune.planning.budget import Way
from finetune.planning.plan import Plan
from finetune.results import card, export, previews
from finetune.results.memorised import THRESHOLDS
from finetune.running.work import MANIFEST, Work
from finetune.training import validate
from finetune.training.lora import Stack

VERSION = 1


def finish(work: Work, model: Model, stack: Stack) -> Path:
    """`stack` holds this job alone, and is on. Returns the path of the manifest."""
    plan, text = work.plan, work.material.text
    if "after" not in work.progress.validation:
        with work.phase("validate"):
            held_out_loss(work, model, "after")
    with work.phase("preview"):
        pairs = _pairs(work, plan, model, text)
        shown = _shown(work, pairs)
    with work.phase("export"):
        adapter = {name: tensor.cpu().contiguous() for name, tensor in stack.read(0).items()}
        written = export.write(work.out, plan, adapter, previews.thumbnail(pairs[0].custom) if pairs else "")
    with work.phase("verify"):
        exported = export.verify(work.out, model, written, lambda: _probe(model, work.held_out, text), work.pause)
    return _finish(work, plan, model.held(), shown, exported)


def held_out_loss(work: Work, model: Model, when: str = "") -> None:
    """`when` is "before" or "after", for the manifest; on the way the loss is only told."""
    loss = rounded(validate.held_out_loss(model, work.held_out, work.material.text, work.pause))
    if when:
        work.progress.validation[when] = loss
    work.say("validation", step=work.progress.step, loss=loss)


def look_on_the_way(work: Work, model: Model) -> None:
    """How far it is: the loss on held-out clips, and the previews."""
    held_out_loss(work, model)
    for index in range(len(work.job.previews)):
        _preview(work, work.plan, model, work.material.text, index, "custom")


def _pairs(work: Work, plan: Plan, model: Model, text: dict[str, torch.Tensor]) -> list[previews.Pair]:
    """Clips of the bare base, and clips of the custom model."""
    pairs = []
    for index, wanted in enumerate(work.job.previews):
        with model.bare():
            base = _preview(work, plan, model, text, index, "base")
        pairs.append(previews.Pair(wanted.prompt, base, _preview(work, plan, model, text, index, "custom")))
    return pairs


def _shown(work: Work, pairs: list[previews.Pair]) -> dict[str, Any]:
    """Where they lie, and the sheet that shows both."""
    if not pairs:
        return {"base": [], "custom": [], "sheet": None}
    previews.save_sheet(work.out / "previews" / "sheet.png", pairs)
    return {
        "base": [_preview_path(work, index, "base", 0) for index in range(len(pairs))],
        "custom": [_preview_path(work, index, "custom", work.progress.step) for index in range(len(pairs))],
        "sheet": "previews/sheet.png",
    }


def _preview_path(work: Work, index: int, which: str, step: int) -> str:
    name, ending = "base" if which == "base" else f"custom-{step:06d}", "png" if work.plan.facts.stills else "mp4"
    return f"previews/{index:02d}-{name}.{ending}"


def shot_of(plan: Plan, text: torch.Tensor, empty: torch.Tensor, seed: int) -> Shot:
    knobs, native = plan.job.knobs, plan.facts.native
    return Shot(
        text=text,
        empty=empty,
        seed=seed,
        height=knobs.height,
        width=knobs.width,
        frames=knobs.frames,
        steps=knobs.sampling_steps or native.sampling_steps,
        guidance=native.guidance if knobs.guidance is None else knobs.guidance,
    )


def _preview(work: Work, plan: Plan, model: Model, text: dict[str, torch.Tensor], index: int, which: str) -> Frames:
    knobs, wanted = work.job.knobs, work.job.previews[index]
    shot = shot_of(plan, text[wanted.prompt][None].to(model.device), text[""][None].to(model.device), wanted.seed)
    frames = model.sample(shot, work.pause)
    step = 0 if which == "base" else work.progress.step
    path = _preview_path(work, index, which, step)
    previews.save_clip(work.out / path, frames, knobs.fps)
    work.say("preview", which=which, step=step, prompt=wanted.prompt, seed=wanted.seed, path=path)
    if which == "custom":
        found = work.gallery.judge(frames, model.encode_clips(frames[None])[0])
        work.say("memorisation", step=step, prompt=wanted.prompt, seed=wanted.seed, path=path, **asdict(found))
    return frames


def _memorisation(work: Work) -> dict[str, Any]:
    """Every preview of the custom model on the way and at the end; one that was made again after a stop counts once."""
    told = work.told("memorisation") if work.job.previews else []
    samples = {fact["path"]: fact for fact in told}
    alike = work.gallery.alike if work.job.previews else None
    return {"thresholds": THRESHOLDS, "held_out_alike": alike, "samples": list(samples.values())}


def _worn(work: Work) -> dict[str, Any]:
    """The house adapters of the base, and the digest of all together."""
    base = work.job.base
    named = {name: each.digest for name, each in zip(("adapter", "adapter_2"), base.adapters, strict=True) if each}
    return {**named, "worn": base.worn} if named else {}


def _from(work: Work) -> dict[str, Any]:
    """The digests of what training went on from; nothing when it began anew."""
    job = work.job
    named = {"from_adapter": job.from_adapter, "from_adapter_2": job.from_adapter_2}
    return {name: each.digest for name, each in named.items() if each}


@torch.no_grad()
def _probe(model: Model, held_out: Encoded, text: dict[str, torch.Tensor]) -> torch.Tensor:
    """The losses of one held-out clip at three noise levels, as a fingerprint of what the adapter does; with two transformers, at a
    level of each besides.
    """
    latents = held_out.latents[0][None].to(model.device)
    words = text[held_out.captions[0]][None].to(model.device)
    noise = torch.randn(latents.shape, generator=torch.Generator().manual_seed(7)).to(model.device)
    edge = model.facts.boundary
    levels = torch.cat([model.sigmas(torch.tensor([0.1, 0.5, 0.9])), torch.tensor([(1 + edge) / 2, edge / 2] if edge else [])])
    levels = levels.to(model.device)
    return torch.cat([model.loss(latents, words, level[None], noise) for level in levels])


def _finish(work: Work, plan: Plan, held: Way, shown: dict[str, Any], exported: list[export.Exported]) -> Path:
    job, progress = work.job, work.progress
    manifest = {
        "version": VERSION,
        "job": job.id,
        "job_digest": job.digest,
        "base": {"id": plan.facts.id, "digest": job.base.digest, **_worn(work)},
        **_from(work),
        "held": asdict(held),
        "dataset": {
            "root": job.dataset.root,
            "windows": len(plan.split.train),
            "held_out": len(plan.split.held_out),
            "skipped": list(plan.split.skipped),
        },
        "knobs": job.to_dict()["knobs"],
        "layers": len(plan.layers),
        "seed": job.seed,
        "steps": progress.step,
        "tokens_per_step": plan.tokens,
        "loss_first": progress.loss_first,
        "loss_last": progress.loss_last,
        "validation_before": progress.validation["before"],
        "validation_after": progress.validation["after"],
        "seconds": progress.seconds,
        "shared_pass_with": progress.shared_pass_with,
        "files": [asdict(each) for each in exported],
        "previews": shown,
        "memorisation": _memorisation(work),
        "card": card.NAME,
        "metadata": job.metadata,
    }
    files.write_text(work.out / card.NAME, card.text(plan, manifest))
    path = work.out / MANIFEST
    files.write_text(path, json.dumps(manifest, indent=1, ensure_ascii=False) + "\n")
    facts = ("steps", "loss_first", "loss_last", "validation_before", "validation_after", "seconds")
    work.say("done", manifest=path.name, **{name: manifest[name] for name in facts})
    return path
