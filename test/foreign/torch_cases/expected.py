"""What the framework computes: written beside the graphs, and held against what ONNX Runtime makes of them."""

import functools

import numpy as np
import onnxruntime
import torch


def save(folder, into='expected', **values):
    """Writes what the framework computed."""
    (folder / into).mkdir(exist_ok=True)
    for name, tensor in values.items():
        assert tensor.isfinite().all(), name
        np.save(folder / into / f'{name}.npy', tensor.float().contiguous().numpy())


def check(folder, x, encoded, z, decoded, tolerance=1e-4, label=None):
    """ONNX Runtime must give what the framework gave, of a conditional model with the labels as its graphs take them."""
    encoder, decoder = find(folder)
    for got, expected in zip(run(encoder, x, label), encoded):
        agree(got, expected, tolerance)
    agree(run(decoder, z, label)[0], decoded, tolerance)


def check_draws(folder, x, posterior, count=100):
    """Draws must differ, and their mean must lie within six standard errors of the posterior's."""
    encoder, _ = find(folder)
    draws = torch.stack([run(encoder, x)[0] for _ in range(count)])
    deviation = (draws.mean(0) - posterior.mean) / posterior.std * count**0.5
    assert not draws[0].equal(draws[1]) and deviation.abs().max() < 6


def find(folder):
    flat = (folder / 'encoder.onnx').exists()
    names = ('encoder.onnx', 'decoder.onnx') if flat else ('vae_encoder/model.onnx', 'vae_decoder/model.onnx')
    return [folder / name for name in names]


@functools.cache
def open_session(file):
    """One session per file: in two sessions the first draws are the same."""
    return onnxruntime.InferenceSession(file, providers=['CPUExecutionProvider'])


def run(file, *tensors):
    session = open_session(file)
    feeds = {port.name: tensor.numpy() for port, tensor in zip(session.get_inputs(), tensors)}
    return [torch.from_numpy(output) for output in session.run(None, feeds)]


def agree(got, expected, tolerance):
    limit = tolerance * max(1, expected.abs().max())
    assert got.shape == expected.shape and got.dtype == expected.dtype
    assert (got - expected).abs().max() <= limit, (got, expected)
