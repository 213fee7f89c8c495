"""The adapter in every promised layout, each loaded back as its user will load it and compared before a run may say done."""

import hashlib
import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch

from finetune import families, weights
from finetune.events import now
from finetune.families.model import Model
from finetune.manifest import file_sha256
from finetune.plan import Plan
from finetune.weights import Tensors

TOLERANCE = 1e-4


@dataclass(frozen=True)
class Exported:
    """`path` relative to the output directory; the numbers of one file of the manifest."""

    path: str
    layout: str
    sha256: str
    bytes: int
    tensor_digest: str
    max_abs_diff: float


def tensor_digest(tensors: Tensors) -> str:
    """Names the weights alone: a changed thumbnail or note in the header leaves it as it was."""
    hashed = hashlib.sha256()
    for name in sorted(tensors):
        tensor = tensors[name].detach().cpu().contiguous()
        hashed.update(json.dumps([name, str(tensor.dtype), list(tensor.shape)]).encode() + b"\n")
        hashed.update(tensor.reshape(-1).view(torch.uint8).numpy().tobytes())
    return "sha256:" + hashed.hexdigest()


def layouts(plan: Plan, adapter: Tensors) -> dict[str, Tensors]:
    """`adapter`: `<layer>.lora_A.weight` and `<layer>.lora_B.weight`. Kohya's readers expect every usual layer, so it is left
    out when the job chose fewer."""
    family, alpha = families.layout(plan.job.family), torch.tensor(plan.job.knobs.alpha)
    made: dict[str, Tensors] = {
        "diffusers": {f"transformer.{name}": tensor for name, tensor in adapter.items()},
        "comfyui": {},
        "kohya": {},
    }
    for name, tensor in adapter.items():
        layer, side = name.removesuffix(".weight").rsplit(".", 1)
        original = family.comfyui(layer)
        flat = "lora_unet_" + original.replace(".", "_")
        made["comfyui"][f"diffusion_model.{original}.{side}.weight"] = tensor
        made["comfyui"][f"diffusion_model.{original}.alpha"] = alpha.clone()
        made["kohya"][f"{flat}.{'lora_down' if side == 'lora_A' else 'lora_up'}.weight"] = tensor
        made["kohya"][f"{flat}.alpha"] = alpha.clone()
    if set(plan.layers) != {layer for layer in plan.facts.layers if layer.endswith(family.targets)}:
        del made["kohya"]
    return made


def metadata(plan: Plan) -> dict[str, str]:
    """What every file says of itself; model browsers show the modelspec keys."""
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
        "finetune.base": plan.facts.id,
        "finetune.base_digest": job.base.digest,
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


def write(out: Path, plan: Plan, adapter: Tensors) -> dict[str, tuple[Path, Tensors]]:
    """Layout to (file, its tensors). Raises StoreFailed, and then leaves no file under its final name half-written."""
    written = {}
    for layout, tensors in layouts(plan, adapter).items():
        path = out / "models" / layout / f"{plan.job.id}.safetensors"
        about = metadata(plan) | (_diffusers_config(plan) if layout == "diffusers" else {})
        weights.save(path, tensors, about)
        written[layout] = path, tensors
    return written


def _diffusers_config(plan: Plan) -> dict[str, str]:
    """Where diffusers looks for rank and alpha when it loads its own layout."""
    config = {"r": plan.job.knobs.rank, "lora_alpha": plan.job.knobs.alpha, "target_modules": list(plan.layers)}
    return {"lora_adapter_metadata": json.dumps({f"transformer.{key}": value for key, value in config.items()})}


def verify(
    out: Path, model: Model, written: dict[str, tuple[Path, Tensors]], probe: Callable[[], torch.Tensor], pause: Callable[[], None]
) -> list[Exported]:
    """Takes the native adapter off and each file on in its place. `probe` runs the model on fixed inputs.

    A loaded file that does not do what the trained adapter did is a bug, and raises RuntimeError.
    """
    native = probe()
    exported = []
    for layout, (path, tensors) in written.items():
        pause()
        model.take_off()
        model.load_lora(path)
        difference = float((probe() - native).abs().max())
        if not difference <= TOLERANCE:
            shutil.rmtree(path.parent)
            raise RuntimeError(f"The {layout} file does not do what the adapter did (difference {difference:g}); it was removed.")
        exported.append(
            Exported(path.relative_to(out).as_posix(), layout, file_sha256(path), path.stat().st_size, tensor_digest(tensors), difference)
        )
    return exported
