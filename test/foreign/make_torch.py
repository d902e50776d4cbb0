"""Writes the models that PyTorch and diffusers export, one folder per way of exporting.

    python make_torch.py OUTDIR

Needs requirements-torch.txt. A folder holds the ONNX files and, under expected/, what the framework itself computes:
x.npy (the encoder's input), mean.npy and logvar.npy, z.npy (the decoder's input), decoded.npy (after the sigmoid
where there is one) and logits.npy (before it, where the graph ends there); of a conditional model label.npy, the class
of each item at both ends. Weights are random, from fixed seeds.
"""

import sys
import warnings
from pathlib import Path

import torch

from torch_cases import conditional, diffusers_vaes, plain


def main(outdir):
    warnings.filterwarnings('ignore', category=DeprecationWarning)
    for case in plain.CASES + conditional.CASES + diffusers_vaes.CASES:
        # Each case draws from a seed of its own, so that a new one leaves the others' numbers alone.
        torch.manual_seed(sum(map(ord, case.__name__)))
        folder = outdir / case.__name__.replace('_', '-')
        with torch.no_grad():
            case(folder)
        print(folder.name, sum(file.stat().st_size for file in folder.rglob('*') if file.is_file()), 'bytes')


if __name__ == '__main__':
    main(Path(sys.argv[1]))
