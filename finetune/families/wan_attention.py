"""Wan's attention while a LoRA trains in full precision: diffusers' own, with fewer passes over memory."""

from typing import Any

import torch
from diffusers.models.attention_dispatch import dispatch_attention_fn
from diffusers.models.transformers.transformer_wan import WanAttnProcessor
from torch import nn

from finetune.training import lora

WIDE = (torch.float32, torch.float64)
Rotary = tuple[torch.Tensor, torch.Tensor]


class Attention(WanAttnProcessor):
    """What is shown and what is verified goes diffusers' own way, to the bit; so does whatever this one has no shorter way for."""

    def __call__(
        self,
        attn: Any,
        hidden_states: torch.Tensor,
        encoder_hidden_states: torch.Tensor | None = None,
        attention_mask: torch.Tensor | None = None,
        rotary_emb: Rotary | None = None,
    ) -> torch.Tensor:
        if not _trains(attn, hidden_states):
            return super().__call__(attn, hidden_states, encoder_hidden_states, attention_mask, rotary_emb)
        seen = hidden_states if encoder_hidden_states is None else encoder_hidden_states
        turn = None if rotary_emb is None else torch.complex(rotary_emb[0][..., 0::2], rotary_emb[1][..., 1::2])
        query = _normed(attn.to_q(hidden_states), attn.norm_q, attn.heads, turn)
        key = _normed(attn.to_k(seen), attn.norm_k, attn.heads, turn)
        value = attn.to_v(seen).unflatten(2, (attn.heads, -1))
        found = dispatch_attention_fn(query, key, value, attn_mask=attention_mask, backend=self._attention_backend)
        return attn.to_out[1](attn.to_out[0](found.flatten(2, 3)))


def _trains(attn: Any, x: torch.Tensor) -> bool:
    """A compiler finds its own shorter way."""
    return lora.trains(attn.to_q) and attn.add_k_proj is None and x.dtype in WIDE and not torch.compiler.is_compiling()


def _normed(x: torch.Tensor, norm: nn.RMSNorm, heads: int, turn: torch.Tensor | None) -> torch.Tensor:
    return _Normed.apply(x, norm.weight, norm.eps, heads, turn)


class _Normed(torch.autograd.Function):
    """x r w in heads, r = 1 / sqrt(mean x² + eps) over all of them; then pairs of numbers turn as one complex number does.

    x: (b, tokens, width); w: (width,), frozen; turn: (1, tokens, 1, half a head), of length 1. Keeps x and r.
    """

    @staticmethod
    def forward(ctx: Any, x: torch.Tensor, weight: torch.Tensor, eps: float, heads: int, turn: torch.Tensor | None) -> torch.Tensor:
        r = torch.linalg.vector_norm(x, dim=-1, keepdim=True).square_().div_(x.shape[-1]).add_(eps).rsqrt_()
        ctx.save_for_backward(x, weight, r, turn)
        y = (x * r).mul_(weight).unflatten(2, (heads, -1))
        if turn is not None:
            _complex(y).mul_(turn)
        return y

    @staticmethod
    def backward(ctx: Any, *gradients: torch.Tensor) -> tuple[torch.Tensor | None, ...]:
        x, weight, r, turn = ctx.saved_tensors
        g = gradients[0].contiguous()
        if turn is not None:
            g = torch.view_as_real(_complex(g) * turn.conj())
        gw = g.view(x.shape) * weight
        along = torch.linalg.vecdot(gw, x).unsqueeze(-1).mul_(r.square()).div_(-x.shape[-1])
        return gw.addcmul_(x, along).mul_(r), None, None, None, None


def _complex(x: torch.Tensor) -> torch.Tensor:
    return torch.view_as_complex(x.unflatten(-1, (-1, 2)))
