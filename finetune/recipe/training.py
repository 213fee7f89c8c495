"""The loop that trains the tiny base: AdamW, a moving average of the weights, and a file to resume from."""

import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path

import torch

from finetune.disk import weights
from finetune.training import optimiser_state

SAVE_EVERY_SECONDS = 60
SPENT = ".seconds"


def say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def spent(work: Path) -> float:
    """Processor minutes that the trainings of this folder took, over all the starts they needed."""
    return sum(float(clock.read_text()) for clock in work.glob(f"*{SPENT}")) / 60


class Training:
    """One set of weights being trained: AdamW, a moving average, and a file to resume from."""

    def __init__(self, name: str, work: Path, modules: Iterable[torch.nn.Module], steps: int, rate: float, hold: float) -> None:
        self.name, self.path, self.steps, self.rate, self.hold = name, work / f"{name}.safetensors", steps, rate, hold
        self.parameters = {f"{i}.{key}": parameter for i, module in enumerate(modules) for key, parameter in module.named_parameters()}
        self.average = {key: parameter.detach().clone() for key, parameter in self.parameters.items()}
        self.optimiser = torch.optim.AdamW(self.parameters.values(), rate, betas=(0.9, 0.98), weight_decay=0.0, fused=True)
        self.losses: list[float] = []
        self.step = 0
        self.clock = self.path.with_suffix(SPENT)
        self.seconds = float(self.clock.read_text()) if self.clock.exists() else 0.0
        self.began = time.process_time()
        if self.path.exists():
            self._resume()

    def _resume(self) -> None:
        tensors = weights.load(self.path)
        self.step = int(tensors["step"])
        for key, parameter in self.parameters.items():
            parameter.data.copy_(tensors[f"weight/{key}"])
            self.average[key].copy_(tensors[f"average/{key}"])
        optimiser_state.give(self.optimiser, list(self.parameters), tensors)
        say(f"{self.name}: resumed at step {self.step}")

    def _save(self) -> None:
        tensors = optimiser_state.take(self.optimiser, list(self.parameters))
        for key, parameter in self.parameters.items():
            tensors[f"weight/{key}"] = parameter.detach().clone()
            tensors[f"average/{key}"] = self.average[key]
        weights.save(self.path, {**tensors, "step": torch.tensor(self.step)})
        self.clock.write_text(str(self.seconds + time.process_time() - self.began))

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
            say(f"{self.name}: step {self.step}/{self.steps} loss {sum(self.losses[-100:]) / len(self.losses[-100:]):.4f}")
