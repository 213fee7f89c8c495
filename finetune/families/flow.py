"""What families have in common that learn the velocity from clips to noise, one transformer after the other in a diffusers pipeline."""

import os
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, nullcontext
from pathlib import Path
from typing import Any

import torch
from diffusers.utils import logging as diffusers_logging
from torch import nn
from torch.nn import functional
from torch.utils.checkpoint import checkpoint
from transformers.utils import logging as transformers_logging

from finetune.disk import weights
from finetune.families.seam import Facts
from finetune.planning.budget import Way
from finetune.planning.house import House
from finetune.training import carry, lora
from finetune.training.lora import Stack

NEARLY_NOISE = 0.1
HOUSE, CUSTOM = "house", "custom"


def read(pipeline: Any, path: str, dtype: str | None) -> Any:
    """The pipeline with its weights. Unless told otherwise bfloat16 on a GPU and float32 on a CPU; the VAE is float32 everywhere."""
    diffusers_logging.disable_progress_bar()
    transformers_logging.disable_progress_bar()
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    kind = getattr(torch, dtype or ("bfloat16" if device.type == "cuda" else "float32"))
    found = pipeline.from_pretrained(path, dtype={"vae": torch.float32, "default": kind}, use_safetensors=True, local_files_only=True)
    return found.to(device)


class Flow:
    """A family's own module tells how text and clips are encoded, what its transformer makes of a batch, and how it is sampled."""

    def __init__(self, pipeline: Any, facts: Facts) -> None:
        self.facts, self.pipeline, self.device = facts, pipeline, pipeline.transformer.device
        self._stack: Stack | None = None
        self._rests = False
        self._houses: dict[str, House] = {}
        pipeline.set_progress_bar_config(disable=True)
        for module in (*self.modules.values(), pipeline.vae, pipeline.text_encoder):
            module.requires_grad_(False).eval()

    @property
    def modules(self) -> dict[str, Any]:
        """The transformers, by the parts of the base that they are."""
        return {part: getattr(self.pipeline, part or "transformer") for part in self.facts.parts}

    def through(self, module: Any, noisy: torch.Tensor, text: torch.Tensor, sigma: torch.Tensor) -> torch.Tensor:
        """The velocity that a transformer tells of a batch."""
        raise NotImplementedError

    def sigmas(self, uniform: torch.Tensor) -> torch.Tensor:
        """Logit-normal, shifted as this base's scheduler shifts; the last tenth of the quantiles covers the noisiest twentieth.

        Sampling begins at pure noise, where the large shapes and the ground are decided, and a logit-normal hardly visits it.
        """
        usual = torch.sigmoid(torch.special.ndtri((uniform.double() / (1 - NEARLY_NOISE)).clamp(1e-4, 1 - 1e-4))).float()
        config = self.pipeline.scheduler.config
        shift = config.get("flow_shift") or config.get("shift") or 1.0
        nearly = 0.95 + 0.05 * (uniform - (1 - NEARLY_NOISE)) / NEARLY_NOISE
        return torch.where(uniform < 1 - NEARLY_NOISE, shift * usual / (1 + (shift - 1) * usual), nearly)

    def predict(self, latents: torch.Tensor, text: torch.Tensor, sigma: torch.Tensor, noise: torch.Tensor) -> torch.Tensor:
        """The transformer sees (1 - sigma) x + sigma noise and tells the velocity noise - x."""
        mix = sigma.view(-1, 1, 1, 1, 1)
        noisy = ((1 - mix) * latents + mix * noise).to(self.pipeline.transformer.dtype)
        if self.facts.boundary is None:
            told = self.through(self.pipeline.transformer, noisy, text, sigma)
        else:
            told = self._by_noise(noisy, text, sigma)
        return told.to(torch.promote_types(told.dtype, torch.float32))

    def _by_noise(self, noisy: torch.Tensor, text: torch.Tensor, sigma: torch.Tensor) -> torch.Tensor:
        """Each clip through the transformer that sampling uses at its noise level; of several jobs one after the other."""
        high = sigma * 1000 >= (self.facts.boundary or 0.0) * 1000
        told, order = [], []
        for job, rows in self._jobs(len(noisy)):
            for module, chosen in zip(self.modules.values(), (high[rows], ~high[rows]), strict=True):
                if len(picked := rows[chosen]):
                    with self._only(job):
                        told.append(self.through(module, noisy[picked], text[picked], sigma[picked]))
                    order.append(picked)
        return torch.cat(told)[torch.cat(order).argsort()]

    def _jobs(self, clips: int) -> list[tuple[int | None, torch.Tensor]]:
        rows = torch.arange(clips, device=self.device)
        jobs = len(self._stack.adapters) if self._stack and not self._rests else 1
        return [(None, rows)] if jobs == 1 else list(enumerate(rows.chunk(jobs)))

    def _only(self, job: int | None) -> Any:
        return nullcontext() if self._stack is None else self._stack.only(job)

    def loss(
        self,
        latents: torch.Tensor,
        text: torch.Tensor,
        sigma: torch.Tensor,
        noise: torch.Tensor,
        target: torch.Tensor | None = None,
    ) -> torch.Tensor:
        told = self.predict(latents, text, sigma, noise)
        target = noise - latents if target is None else target
        return functional.mse_loss(told, target.to(told.dtype), reduction="none").flatten(1).mean(1)

    @contextmanager
    def bare(self) -> Iterator[None]:
        with ExitStack() as rests:
            for module in self.modules.values():
                rests.enter_context(lora.rest(module))
            self._rests = True
            rests.callback(setattr, self, "_rests", False)
            yield

    def put_on(self, stack: Stack) -> None:
        self.take_off()
        self._stack = stack
        for part, module in self.modules.items():
            lora.put_on(module, stack, part)

    def take_off(self) -> None:
        self._stack = None
        for module in self.modules.values():
            lora.take_off(module)
        self.pipeline.unload_lora_weights()
        self._lay()

    def carry(self, houses: Mapping[str, House]) -> None:
        """These house adapters from now on, under whatever is put on, and no others."""
        self.take_off()
        self._lift()
        self._houses = dict(houses)
        self._lay()

    def _lay(self) -> None:
        for part, house in self._houses.items():
            if not any(isinstance(module, carry.Carried) for module in self.modules[part].modules()):
                carry.lay(self.modules[part], house.lows, weights.load(house.path))

    def _lift(self) -> None:
        for part in self._houses:
            carry.lift(self.modules[part])

    def load_lora(self, files: Mapping[str, Path]) -> None:
        """Each part's file as its user loads it, after the house adapter where the base wears one."""
        self._load(files, lambda part, file, named: self._into(part, file, **({"adapter_name": CUSTOM} if named else {})))

    def load_peft(self, folders: Mapping[str, Path]) -> None:
        from peft import PeftModel

        self._load(folders, lambda part, folder, _: PeftModel.from_pretrained(self.modules[part], folder, adapter_name=CUSTOM))

    def _load(self, paths: Mapping[str, Path], load: Callable[[str, Path, bool], object]) -> None:
        self._lift()
        for part, path in paths.items():
            if part in self._houses:
                self._into(part, self._houses[part].path, adapter_name=HOUSE)
            with warnings.catch_warnings():
                warnings.filterwarnings("ignore", "Already found a `peft_config`", UserWarning)
                load(part, path, part in self._houses)
            if part in self._houses:
                self.modules[part].set_adapters([HOUSE, CUSTOM])

    def _into(self, part: str, file: Path, **options: Any) -> None:
        second = {"load_into_transformer_2": True} if part == "transformer_2" else {}
        self.pipeline.load_lora_weights(os.fspath(file.parent), weight_name=file.name, use_safetensors=True, **second, **options)

    def held(self) -> Way:
        module = self.pipeline.transformer
        return Way(str(module.dtype).removeprefix("torch."), bool(module.gradient_checkpointing))

    def checkpointing(self, on: bool) -> None:
        """With it a step keeps the input of every block alone and computes the rest again on the way back."""
        for module in self.modules.values():
            if on:
                module.enable_gradient_checkpointing(self._again)
            else:
                module.disable_gradient_checkpointing()

    def _again(self, block: nn.Module, *arguments: Any) -> Any:
        """The second time is long after the first, and of the same job."""
        job = None if self._stack is None else self._stack.narrowed
        return checkpoint(
            block.__call__,
            *arguments,
            use_reentrant=False,
            preserve_rng_state=False,
            context_fn=lambda: (nullcontext(), self._only(job)),
        )


def ticking(each_step: Callable[[], None]) -> Callable[..., dict[str, object]]:
    """For a pipeline to call at the end of its steps."""

    def tick(_pipeline: object, _step: int, _timestep: object, values: dict[str, object]) -> dict[str, object]:
        each_step()
        return values

    return tick


def padded(texts: Sequence[torch.Tensor], length: int) -> torch.Tensor:
    """Texts of their own lengths as one tensor, with zeros behind each."""
    return torch.stack([functional.pad(text, (0, 0, 0, length - len(text))) for text in texts])
