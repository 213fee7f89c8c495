"""The model card: what a run made, from the rows of its manifest, as a README.md that model hubs read."""

import json
from collections.abc import Iterator, Sequence
from typing import Any

from finetune import families
from finetune.planning.plan import Plan

NAME = "models/README.md"
KNOWN_LICENCES = ("apache-2.0", "mit", "cc0-1.0", "cc-by-4.0", "cc-by-sa-4.0", "cc-by-nc-4.0", "cc-by-nc-sa-4.0", "openrail", "unknown")
USE = """\
    import torch
    from diffusers import DiffusionPipeline

    pipeline = DiffusionPipeline.from_pretrained({base})
{loads}
    shown = pipeline(
        {prompt},
        {shape}, num_inference_steps={steps}, guidance_scale={guidance:g},
        max_sequence_length={length}, generator=torch.Generator().manual_seed({seed}),
    ).{result}[0]
"""
SECOND = ", load_into_transformer_2=True"


def tags(plan: Plan) -> list[str]:
    return [_task(plan), families.layout(plan.job.family).architecture, "lora", "diffusers", "template:sd-lora"]


def _task(plan: Plan) -> str:
    return "text-to-image" if plan.facts.stills else "text-to-video"


def text(plan: Plan, manifest: dict[str, Any]) -> str:
    """Paths in it are relative to the folder that it lies in."""
    front = "".join(f"{name}: {json.dumps(value, ensure_ascii=False)}\n" for name, value in _front(plan, manifest).items())
    parts = (
        f"# {_title(plan)}",
        _about(plan, manifest),
        "## Use",
        _use(plan, manifest),
        "## Files",
        _files(manifest),
        "## Training",
        _training(manifest),
    )
    return f"---\n{front}---\n" + "\n\n".join(part for part in parts if part) + "\n"


def _front(plan: Plan, manifest: dict[str, Any]) -> dict[str, Any]:
    """JSON is YAML: every value is written as JSON, so that no title can say more than itself."""
    found = {
        "base_model": plan.facts.id,
        "base_model_relation": "adapter",
        **_licence(plan.job.metadata.get("licence", ""), plan.job.metadata.get("licence_link", "")),
        "library_name": "diffusers",
        "pipeline_tag": _task(plan),
        "tags": tags(plan),
        "instance_prompt": plan.job.knobs.trigger,
        "widget": [
            {"text": wanted.prompt, "output": {"url": f"../{path}"}}
            for wanted, path in zip(plan.job.previews, manifest["previews"]["custom"], strict=False)
        ],
    }
    return {name: value for name, value in found.items() if value}


def _licence(named: str, link: str) -> dict[str, str]:
    """Hubs know a list of licences; any other is "other" with a name and, if there is one, the address of its terms."""
    if named.lower() in KNOWN_LICENCES:
        return {"license": named.lower()}
    return {"license": "other", "license_name": named, "license_link": link} if named else {}


def _title(plan: Plan) -> str:
    return " ".join((plan.job.metadata.get("title") or plan.job.id).split())


def _about(plan: Plan, manifest: dict[str, Any]) -> str:
    author, knobs = plan.job.metadata.get("author", ""), plan.job.knobs
    lines = [
        f"A LoRA of rank {knobs.rank} for `{plan.facts.id}`{f', by {author}' if author else ''}.",
        f"Say `{knobs.trigger}` in the prompt." if knobs.trigger else "It needs no trigger word.",
    ]
    learned = sorted({each["prompt"] for each in _last(manifest) if each["learned"]})
    lines += (
        [f"With {len(learned)} of its {len(plan.job.previews)} preview prompts it shows what looks learned by heart."] if learned else []
    )
    return "\n".join(lines)


def _last(manifest: dict[str, Any]) -> list[dict[str, Any]]:
    return [each for each in manifest["memorisation"]["samples"] if each["step"] == manifest["steps"]]


def _use(plan: Plan, manifest: dict[str, Any]) -> str:
    native, knobs = plan.facts.native, plan.job.knobs
    shape = f"height={knobs.height}, width={knobs.width}"
    prompt, seed = next(((each.prompt, each.seed) for each in plan.job.previews), (knobs.trigger or "a prompt", 0))
    return USE.format(
        base=json.dumps(plan.facts.id),
        loads="\n".join(_loads(manifest)),
        prompt=json.dumps(prompt, ensure_ascii=False),
        seed=seed,
        shape=shape if plan.facts.stills else f"{shape}, num_frames={knobs.frames}",
        steps=knobs.sampling_steps or native.sampling_steps,
        guidance=native.guidance if knobs.guidance is None else knobs.guidance,
        length=native.max_sequence_length,
        result="images" if plan.facts.stills else "frames",
    ).rstrip()


def _loads(manifest: dict[str, Any]) -> Iterator[str]:
    """A line for each file, in the order of the transformers that they go on."""
    paths = [each["path"].removeprefix("models/") for each in manifest["files"] if each["layout"] == "diffusers"]
    for index, path in enumerate(paths):
        folder, _, file = path.rpartition("/")
        yield f"    pipeline.load_lora_weights({json.dumps(folder)}, weight_name={json.dumps(file)}{SECOND if index else ''})"


def _files(manifest: dict[str, Any]) -> str:
    rows = [
        (each["path"].removeprefix("models/"), each["layout"], f"{each['bytes']:,}", f"`{each['tensor_digest']}`")
        for each in manifest["files"]
    ]
    return _table(("file", "for", "bytes", "tensors"), rows)


def _training(manifest: dict[str, Any]) -> str:
    dataset, knobs = manifest["dataset"], manifest["knobs"]
    rows = [
        ("base", f"`{manifest['base']['digest']}`"),
        *[("trained on from", f"`{manifest[name]}`") for name in ("from_adapter", "from_adapter_2") if name in manifest],
        ("dataset", f"`{dataset['root']}`, {dataset['windows']} windows to train on, {dataset['held_out']} held out"),
        ("job", f"`{manifest['job_digest']}`, seed {manifest['seed']}"),
        ("steps", f"{manifest['steps']} of batch {knobs['batch_size']}, learning rate {knobs['learning_rate']:g}"),
        ("rank and alpha", f"{knobs['rank']}, {knobs['alpha']:g}"),
        ("shape", f"{knobs['width']}x{knobs['height']}, {knobs['frames']} frames at {knobs['fps']:g} fps"),
        ("loss on held-out clips", f"{manifest['validation_before']:.4f} before, {manifest['validation_after']:.4f} after"),
    ]
    return _table(("what", "value"), rows)


def _table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    return "\n".join(f"| {' | '.join(row)} |" for row in [head, ("---",) * len(head), *rows])
