"""torch_sample.py save PLAN WEIGHTS, then torch_sample.py sample PLAN WEIGHTS COUNT PNG"""

import json
import struct
import sys
import zlib

import torch
from torch_model import Vae


def png(pixels: torch.Tensor) -> bytes:
    """A grey image [H, W] in 0..1."""
    height, width = pixels.shape
    rows = (255 * pixels).round().byte().numpy()
    packed = zlib.compress(b"".join(b"\0" + row.tobytes() for row in rows))

    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", packed) + chunk(b"IEND", b"")


def main(verb: str, plan_file: str, weights: str, count: str = "16", out: str = "") -> None:
    with open(plan_file) as file:
        model = Vae(json.load(file)).eval()
    if verb == "save":
        torch.save(model.state_dict(), weights)
        return
    model.load_state_dict(torch.load(weights))
    with torch.inference_mode():
        images = model.expected(torch.randn(int(count), model.plan["latent"]))[:, 0]
    side = int(len(images) ** 0.5)
    rows = [torch.cat(tuple(images[side * i : side * (i + 1)]), 1) for i in range(side)]
    with open(out, "wb") as file:
        file.write(png(torch.cat(rows)))


main(*sys.argv[1:])
