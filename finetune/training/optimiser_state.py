"""An AdamW's memory as plain named tensors, so that it can live in a safetensors file and never in a pickle."""

import torch

KEPT = ("exp_avg", "exp_avg_sq", "step")


def take(optimiser: torch.optim.Optimizer, names: list[str]) -> dict[str, torch.Tensor]:
    """`names` in the order in which the parameters were given to the optimiser."""
    parameters = [parameter for group in optimiser.param_groups for parameter in group["params"]]
    tensors = {}
    for name, parameter in zip(names, parameters, strict=True):
        for kept in KEPT:
            tensors[f"{name}/{kept}"] = optimiser.state[parameter][kept].detach().cpu().contiguous().clone()
    return tensors


def give(optimiser: torch.optim.Optimizer, names: list[str], tensors: dict[str, torch.Tensor]) -> None:
    parameters = [parameter for group in optimiser.param_groups for parameter in group["params"]]
    for name, parameter in zip(names, parameters, strict=True):
        state = {kept: tensors[f"{name}/{kept}"] for kept in KEPT}
        optimiser.state[parameter] = {
            "exp_avg": state["exp_avg"].to(parameter.device),
            "exp_avg_sq": state["exp_avg_sq"].to(parameter.device),
            "step": state["step"].to(parameter.device),
        }
