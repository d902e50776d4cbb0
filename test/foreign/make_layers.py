"""Writes what PyTorch's own layers compute, to hold ours against: values, and the gradient of the sum of factors · y.

    python make_layers.py OUTDIR

Needs requirements-torch.txt. Everything is float64, from fixed seeds, and written with ten significant digits.
"""

import json
import sys
from pathlib import Path

import torch
from torch import nn

ITEMS = 2


def numbers(tensor):
    return [float(f'{value:.10g}') for value in tensor.detach().flatten().tolist()]


def case(spec, shape, layer, offset=0.0):
    torch.manual_seed(len(shape) * 100 + sum(shape))
    layer = layer.double()
    x = (torch.randn(ITEMS, *shape, dtype=torch.float64) + offset).requires_grad_()
    for parameter in layer.parameters():
        nn.init.normal_(parameter)
    y = layer(x)
    factors = torch.randn_like(y)
    (factors * y).sum().backward()
    inputs = {'x': x, 'scale': layer.weight, 'shift': layer.bias}
    return {
        'spec': spec,
        'shape': shape,
        **{name: numbers(tensor) for name, tensor in inputs.items()},
        'factors': numbers(factors),
        'y': numbers(y),
        'gradients': {name: numbers(tensor.grad) for name, tensor in inputs.items()},
    }


def group(groups, shape, epsilon=1e-5, **options):
    layer = nn.GroupNorm(groups, shape[0], eps=epsilon)
    return case({'type': 'groupNorm', 'groups': groups, 'epsilon': epsilon}, shape, layer, **options)


def layer(shape, epsilon=1e-5, **options):
    return case({'type': 'layerNorm', 'epsilon': epsilon}, shape, nn.LayerNorm(shape, eps=epsilon), **options)


cases = [
    group(1, [4, 2, 3]),
    group(2, [4, 2, 3]),
    group(4, [4, 3, 2], epsilon=1e-3),
    group(2, [6], offset=2.0),
    group(2, [6, 5]),
    layer([7]),
    layer([3, 2, 2], epsilon=1e-3),
]
folder = Path(sys.argv[1]) / 'layers-torch'
folder.mkdir(parents=True, exist_ok=True)
(folder / 'normalisation.json').write_text(json.dumps({'torch': torch.__version__.split('+')[0], 'cases': cases}) + '\n')
