"""The tiny text side: a Unigram tokenizer over our own captions and a two-layer UMT5 encoder."""

import random
import string

import torch
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors
from transformers import PreTrainedTokenizerFast, UMT5Config, UMT5EncoderModel

from finetune.data import drawn

LENGTH = 24


def tokenizer() -> PreTrainedTokenizerFast:
    """Knows the words of the drawn captions whole and spells every other word, at a cost that makes words win."""
    words = sorted({word for caption in drawn.captions() for word in caption.split()})
    letters = ["▁", *string.ascii_lowercase, *string.digits, *",.'-"]
    known = [(f"▁{word}", -1.0) for word in words if len(word) > 1] + [(letter, -10.0) for letter in letters]
    unigram = Tokenizer(models.Unigram([("<pad>", 0.0), ("</s>", 0.0), ("<unk>", 0.0), *known], unk_id=2))
    unigram.normalizer = normalizers.Sequence([normalizers.NFKC(), normalizers.Lowercase()])
    unigram.pre_tokenizer = pre_tokenizers.Metaspace()
    unigram.post_processor = processors.TemplateProcessing(single="$A </s>", special_tokens=[("</s>", 1)])
    return PreTrainedTokenizerFast(tokenizer_object=unigram, pad_token="<pad>", eos_token="</s>", unk_token="<unk>")


def strange(seed: int, count: int) -> list[str]:
    """Words nobody knows. The base hears them in front of its captions, so that a trigger word does not confuse it."""
    rng = random.Random(f"{seed}/strange")
    return ["".join(rng.choices(string.ascii_lowercase, k=rng.randint(3, 10))) for _ in range(count)]


def encoder(tokenizer: PreTrainedTokenizerFast) -> UMT5EncoderModel:
    config = UMT5Config(
        vocab_size=len(tokenizer),
        d_model=128,
        d_kv=32,
        d_ff=256,
        num_layers=2,
        num_heads=4,
        feed_forward_proj="gated-gelu",
        dropout_rate=0.0,
        pad_token_id=tokenizer.pad_token_id,
        eos_token_id=tokenizer.eos_token_id,
        tie_word_embeddings=True,
    )
    model = UMT5EncoderModel(config)
    torch.nn.init.normal_(model.shared.weight, 0.0, 1.0)
    return model


def embed(encoder: UMT5EncoderModel, ids: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    """(B, LENGTH, 128): zero after the end of the text, as WanPipeline pads it."""
    hidden: torch.Tensor = encoder(ids, mask).last_hidden_state
    return hidden * mask.unsqueeze(-1)


def tokens(tokenizer: PreTrainedTokenizerFast, captions: list[str]) -> tuple[torch.Tensor, torch.Tensor]:
    found = tokenizer(captions, padding="max_length", max_length=LENGTH, truncation=True, return_tensors="pt")
    return found.input_ids, found.attention_mask
