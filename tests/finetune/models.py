"""Model directories made for a test: a tiny Wan with two transformers, a tiny Z-Image, and real ones without their weights."""

import json
import shutil
import struct
from pathlib import Path
from typing import Any

import torch
from diffusers import AutoencoderKL, FlowMatchEulerDiscreteScheduler, WanTransformer3DModel, ZImagePipeline, ZImageTransformer2DModel
from safetensors.torch import load_file, save_file
from tokenizers import Tokenizer, models, pre_tokenizers
from torch import nn
from transformers import PreTrainedTokenizerFast, Qwen3Config, Qwen3Model

from finetune.data.drawn import BACKGROUNDS, COLOURS

BOUNDARY = 0.875
TEMPLATE = "{% for message in messages %}user {{ message['content'] }} {% endfor %}assistant"


def change(path: Path, **facts: Any) -> None:
    path.write_text(json.dumps({**json.loads(path.read_text()), **facts}))


def in_two(tiny: Path, folder: Path) -> Path:
    """The tiny base with a second transformer, a little off the first."""
    shutil.copytree(tiny, folder)
    shutil.copytree(tiny / "transformer", folder / "transformer_2")
    change(folder / "model_index.json", transformer_2=["diffusers", "WanTransformer3DModel"], boundary_ratio=BOUNDARY)
    file, generator = next((folder / "transformer_2").glob("*.safetensors")), torch.Generator().manual_seed(2)
    off = {name: each * (1 + 0.1 * torch.randn(each.shape, generator=generator)) for name, each in load_file(file).items()}
    save_file(off, file, metadata={"format": "pt"})
    return folder


def z_image(folder: Path) -> Path:
    """Random weights of 32x32 pictures."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        transformer = ZImageTransformer2DModel(
            in_channels=4,
            dim=96,
            n_layers=2,
            n_refiner_layers=1,
            n_heads=2,
            n_kv_heads=2,
            cap_feat_dim=32,
            axes_dims=[16, 16, 16],
            axes_lens=[256, 64, 64],
        )
        nn.init.normal_(transformer.all_final_layer["2-1"].linear.weight, std=0.02)
        vae = AutoencoderKL(
            block_out_channels=(16, 16, 16),
            down_block_types=("DownEncoderBlock2D",) * 3,
            up_block_types=("UpDecoderBlock2D",) * 3,
            latent_channels=4,
            norm_num_groups=8,
            scaling_factor=0.36,
            shift_factor=0.11,
            use_quant_conv=False,
            use_post_quant_conv=False,
        )
        tokenizer = _tokenizer()
        config = Qwen3Config(
            vocab_size=len(tokenizer),
            hidden_size=32,
            intermediate_size=64,
            num_hidden_layers=3,
            num_attention_heads=2,
            num_key_value_heads=2,
            head_dim=16,
        )
        text_encoder = Qwen3Model(config)
    pipeline = ZImagePipeline(FlowMatchEulerDiscreteScheduler(shift=3.0), vae, text_encoder, tokenizer, transformer)
    pipeline.save_pretrained(folder)
    tokenizer.save_pretrained(folder / "tokenizer", save_jinja_files=False)
    (folder / "tokenizer" / "chat_template.jinja").unlink(missing_ok=True)
    native = {"height": 32, "width": 32, "frames": 1, "fps": 1, "max_sequence_length": 24, "sampling_steps": 3, "guidance": 2.0}
    (folder / "recipe.json").write_text(json.dumps({"id": "tiny-z-image", "native": native}))
    return folder


def _tokenizer() -> PreTrainedTokenizerFast:
    words = ["<pad>", "<unk>", "user", "assistant", "neonstyle", "a", "on", "moving", "background", *COLOURS, *BACKGROUNDS]
    found = Tokenizer(models.WordLevel({word: index for index, word in enumerate(dict.fromkeys(words))}, unk_token="<unk>"))
    found.pre_tokenizer = pre_tokenizers.Whitespace()
    return PreTrainedTokenizerFast(tokenizer_object=found, pad_token="<pad>", unk_token="<unk>", chat_template=TEMPLATE)


def outline(folder: Path, index: dict[str, Any], vae: dict[str, Any], parts: dict[str, nn.Module]) -> Path:
    """A directory with the headers of these modules' weights, and holes where the weights would be."""
    for name, module in parts.items():
        (folder / name).mkdir(parents=True)
        _header(folder / name / "diffusion_pytorch_model.safetensors", module)
    (folder / "model_index.json").write_text(json.dumps(index))
    (folder / "vae" / "config.json").write_text(json.dumps(vae))
    return folder


def _header(path: Path, module: nn.Module) -> None:
    entries, at = {}, 0
    for name, tensor in module.named_parameters():
        end = at + tensor.numel() * 2
        entries[name] = {"dtype": "BF16", "shape": list(tensor.shape), "data_offsets": [at, end]}
        at = end
    written = json.dumps(entries).encode()
    path.write_bytes(struct.pack("<Q", len(written)) + written)
    with path.open("r+b") as file:
        file.truncate(8 + len(written) + at)


def wan(config: dict[str, Any]) -> WanTransformer3DModel:
    with torch.device("meta"):
        return WanTransformer3DModel(**config)
