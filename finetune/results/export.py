"""The adapter in every promised layout, each loaded back as its user will load it and compared before a run may say done."""

import hashlib
import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from finetune import families
from finetune.disk import files, weights
from finetune.disk.weights import Tensors
from finetune.events import now
from finetune.families.model import Model
from finetune.families.seam import part_of, within
from finetune.manifest import file_sha256
from finetune.planning.plan import Plan
from finetune.results import card

TOLERANCE = {"float32": 1e-4, "bfloat16": 1e-2}
"""By the precision of the base: where that is coarse, readers round the same file in ways of their own."""
NOISE = {"": "", "transformer": "high_noise", "transformer_2": "low_noise"}
"""How users of ComfyUI know the two files of a base with two transformers apart."""
PEFT_WEIGHTS, PEFT_CONFIG = "adapter_model.safetensors", "adapter_config.json"


@dataclass(frozen=True)
class Exported:
    """`path` relative to the output directory; the numbers of one file of the manifest. `beside`: what its reader needs next to it.

    `noise`: of a pair, which of the two.
    """

    path: str
    layout: str
    sha256: str
    bytes: int
    tensor_digest: str
    max_abs_diff: float
    beside: tuple[str, ...] = ()
    noise: str = ""


@dataclass(frozen=True)
class Written:
    """A file that is still to be verified; `part` of the base that it goes on."""

    layout: str
    part: str
    path: Path
    tensors: Tensors


def tensor_digest(tensors: Tensors) -> str:
    """Names the weights alone: a changed thumbnail or note in the header leaves it as it was."""
    hashed = hashlib.sha256()
    for name in sorted(tensors):
        tensor = tensors[name].detach().cpu().contiguous()
        hashed.update(json.dumps([name, str(tensor.dtype), list(tensor.shape)]).encode() + b"\n")
        hashed.update(tensor.reshape(-1).view(torch.uint8).numpy().tobytes())
    return "sha256:" + hashed.hexdigest()


def layouts(plan: Plan, adapter: Tensors) -> dict[str, Tensors]:
    """`adapter`: `<layer>.lora_A.weight` and `<layer>.lora_B.weight`, of one transformer. Kohya's readers expect every usual layer, so
    it is left out when the job chose fewer; and where nobody reads it."""
    family, alpha = families.layout(plan.job.family), torch.tensor(plan.job.knobs.alpha)
    made: dict[str, Tensors] = {
        "diffusers": {f"transformer.{name}": tensor for name, tensor in adapter.items()},
        "comfyui": {},
        "kohya": {},
        "peft": {f"base_model.model.{name}": tensor for name, tensor in adapter.items()},
    }
    for name, tensor in adapter.items():
        layer, side = name.removesuffix(".weight").rsplit(".", 1)
        original = family.comfyui(layer)
        flat = "lora_unet_" + original.replace(".", "_")
        made["comfyui"][f"diffusion_model.{original}.{side}.weight"] = tensor
        made["comfyui"][f"diffusion_model.{original}.alpha"] = alpha.clone()
        made["kohya"][f"{flat}.{'lora_down' if side == 'lora_A' else 'lora_up'}.weight"] = tensor
        made["kohya"][f"{flat}.alpha"] = alpha.clone()
    if not family.kohya or set(plan.layers) != {layer for layer in plan.facts.layers if layer.endswith(family.targets)}:
        del made["kohya"]
    return made


def metadata(plan: Plan, thumbnail: str = "", part: str = "") -> dict[str, str]:
    """What every file says of itself; model browsers show the modelspec keys. `thumbnail`: a data URI."""
    job, knobs = plan.job, plan.job.knobs
    about = job.metadata
    title = about.get("title") or f"{knobs.trigger or 'custom'} on {plan.facts.id}"
    found = {
        "format": "pt",
        "modelspec.sai_model_spec": "1.0.1",
        "modelspec.architecture": f"{families.layout(job.family).architecture}/lora",
        "modelspec.implementation": "diffusers",
        "modelspec.title": title,
        "modelspec.author": about.get("author", ""),
        "modelspec.license": about.get("licence", ""),
        "modelspec.date": now(),
        "modelspec.resolution": f"{knobs.width}x{knobs.height}",
        "modelspec.trigger_phrase": knobs.trigger,
        "modelspec.usage_hint": f"Put {knobs.trigger} into the prompt." if knobs.trigger else "",
        "modelspec.tags": ", ".join(card.tags(plan)),
        "modelspec.thumbnail": thumbnail,
        "finetune.base": plan.facts.id,
        "finetune.base_digest": job.base.digest,
        "finetune.house_adapter": job.base.adapter.digest if job.base.adapter else "",
        "finetune.house_adapter_2": job.base.adapter_2.digest if job.base.adapter_2 else "",
        "finetune.from_adapter": job.from_adapter.digest if job.from_adapter else "",
        "finetune.from_adapter_2": job.from_adapter_2.digest if job.from_adapter_2 else "",
        "finetune.noise": NOISE[part],
        "finetune.rank": str(knobs.rank),
        "finetune.alpha": f"{knobs.alpha:g}",
        "finetune.trigger": knobs.trigger,
        "finetune.steps": str(knobs.steps),
        "finetune.dataset_root": job.dataset.root,
        "finetune.job_digest": job.digest,
        "finetune.licence": about.get("licence", ""),
        "finetune.training": about.get("training", job.id),
    }
    return {key: value for key, value in found.items() if value}


def write(out: Path, plan: Plan, adapter: Tensors, thumbnail: str = "") -> list[Written]:
    """One file of each layout, or a pair for a base with two transformers. Raises StoreFailed, and then leaves no file under its final
    name half-written.
    """
    written = []
    for part in plan.facts.parts:
        own = {within(name): tensor for name, tensor in adapter.items() if part_of(name) == part}
        for layout, tensors in layouts(plan, own).items():
            path = _path(out, plan.job.id, layout, part)
            layers = [within(layer) for layer in plan.layers if part_of(layer) == part]
            about = metadata(plan, thumbnail, part) | (_diffusers_config(plan, layers) if layout == "diffusers" else {})
            weights.save(path, tensors, about)
            if layout == "peft":
                files.write_text(path.with_name(PEFT_CONFIG), json.dumps(_peft_config(plan, layers), indent=1) + "\n")
            written.append(Written(layout, part, path, tensors))
    return written


def _path(out: Path, job: str, layout: str, part: str) -> Path:
    folder, noise = out / "models" / layout, NOISE[part]
    if layout == "peft":
        return folder / noise / PEFT_WEIGHTS
    return folder / f"{job}{'_' if noise else ''}{noise}.safetensors"


def _diffusers_config(plan: Plan, layers: list[str]) -> dict[str, str]:
    """Where diffusers looks for rank and alpha when it loads its own layout."""
    config = {"r": plan.job.knobs.rank, "lora_alpha": plan.job.knobs.alpha, "target_modules": layers}
    return {"lora_adapter_metadata": json.dumps({f"transformer.{key}": value for key, value in config.items()})}


def _peft_config(plan: Plan, layers: list[str]) -> dict[str, Any]:
    """What peft cannot read off the weights; whatever else it knows is left as it is."""
    return {
        "peft_type": "LORA",
        "base_model_name_or_path": plan.facts.id,
        "r": plan.job.knobs.rank,
        "lora_alpha": plan.job.knobs.alpha,
        "target_modules": layers,
        "inference_mode": True,
    }


def verify(out: Path, model: Model, written: list[Written], probe: Callable[[], torch.Tensor], pause: Callable[[], None]) -> list[Exported]:
    """Takes the native adapter off and each file on in its place; both of a pair together, and after the house adapter where the base
    wears one. `probe` runs the model on fixed inputs.

    A loaded file that does not do what the trained adapter did is a bug, and raises RuntimeError.
    """
    native = probe()
    exported = []
    for layout in dict.fromkeys(each.layout for each in written):
        pause()
        model.take_off()
        found = [each for each in written if each.layout == layout]
        _load(model, layout, {each.part: each.path for each in found})
        difference = float((probe() - native).abs().max())
        if not difference <= TOLERANCE[model.held().dtype]:
            shutil.rmtree(out / "models" / layout)
            raise RuntimeError(f"The {layout} file does not do what the adapter did (difference {difference:g}); it was removed.")
        exported += [_exported(out, each, difference) for each in found]
    return exported


def _load(model: Model, layout: str, paths: dict[str, Path]) -> None:
    if layout == "peft":
        model.load_peft({part: path.parent for part, path in paths.items()})
    else:
        model.load_lora(paths)


def _exported(out: Path, written: Written, difference: float) -> Exported:
    path = written.path
    beside = [each for each in sorted(path.parent.iterdir()) if each.is_file() and each.suffix != path.suffix]
    return Exported(
        path=path.relative_to(out).as_posix(),
        layout=written.layout,
        sha256=file_sha256(path),
        bytes=path.stat().st_size,
        tensor_digest=tensor_digest(written.tensors),
        max_abs_diff=difference,
        beside=tuple(each.relative_to(out).as_posix() for each in beside),
        noise=NOISE[written.part],
    )
