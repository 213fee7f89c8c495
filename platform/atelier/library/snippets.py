"""What one types to use a model, with the names of its real files."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .card import File

PYTHON = """\
import torch
from diffusers import WanPipeline
from diffusers.utils import export_to_video

pipe = WanPipeline.from_pretrained("{base}", torch_dtype=torch.bfloat16)
pipe.load_lora_weights("{file}")
pipe.to("cuda" if torch.cuda.is_available() else "cpu")

clip = pipe(
    prompt={prompt},
    height={height}, width={width}, num_frames={frames},{sampling}
    generator=torch.Generator().manual_seed(0),
).frames[0]
export_to_video(clip, "clip.mp4", fps={fps:g})
"""
SHELL = """\
export ATELIER={url}/api/v1
ask() {{ curl -fsS -H "Authorization: Bearer $ATELIER_TOKEN" -H "Content-Type: application/json" "$@"; }}

id=$(ask "$ATELIER/models/{model}/handovers" -d '{{"file": "{path}"}}' | jq -r .id)
until ask "$ATELIER/handovers/$id" > copy.json && [ "$(jq -r .state copy.json)" != preparing ]; do sleep 2; done
curl -fo {file} "$(jq -r .link.url copy.json)"
echo "$(jq -r .link.sha256 copy.json)  {file}" | sha256sum --check
"""
VERIFY = """\
curl -fsSO {url}/trust/root.pub
curl -fsSO {url}/trust/revocations.json
python -m licensing verify {file} \\
    --trust root.pub --revocations revocations.json --licensee {licensee}
"""


def python(base: str, file: str, prompt: str, sampling: dict[str, Any]) -> str:
    """`sampling`: size and length, and what the base wants besides, where it says so."""
    names = {"num_inference_steps": "steps", "guidance_scale": "guidance", "max_sequence_length": "length"}
    wanted = [f"{name}={sampling[key]:g}" for name, key in names.items() if sampling.get(key) is not None]
    line = f"\n    {', '.join(wanted)}," if wanted else ""
    sizes = {key: sampling[key] for key in ("height", "width", "frames", "fps")}
    return PYTHON.format(base=base, file=file, prompt=repr(prompt), sampling=line, **sizes)


def shell(url: str, model: str, file: "File") -> str:
    return SHELL.format(url=url, model=model, path=file.artifact.path, file=file.name)


def verify(url: str, file: str, licensee: int) -> str:
    return VERIFY.format(url=url, file=file, licensee=licensee)
