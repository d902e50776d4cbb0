"""Writes the models that PyTorch and diffusers export, one folder per way of exporting.

    python make_torch.py OUTDIR

Needs requirements-torch.txt. A folder holds the ONNX files and, under expected/, what the framework itself computes:
x.npy (the encoder's input), mean.npy and logvar.npy, z.npy (the decoder's input), decoded.npy (after the sigmoid
where there is one) and logits.npy (before it, where the graph ends there); of a conditional model label.npy, the class
of each item at both ends. Weights are random, from fixed seeds.
"""

import functools
import inspect
import sys
import warnings
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import torch
from diffusers import AutoencoderKL, AutoencoderTiny
from torch import nn

ITEMS = 3
CLASSES = 5
LATENT = 4


def main(outdir):
    warnings.filterwarnings('ignore', category=DeprecationWarning)
    for case in CASES:
        # Each case draws from a seed of its own, so that a new one leaves the others' numbers alone.
        torch.manual_seed(sum(map(ord, case.__name__)))
        folder = outdir / case.__name__.replace('_', '-')
        with torch.no_grad():
            case(folder)
        print(folder.name, sum(file.stat().st_size for file in folder.rglob('*') if file.is_file()), 'bytes')


# The cases


def torch_mlp(folder):
    """Flat input, two outputs, sigmoid inside: a plain VAE through the default exporter."""
    encoder, decoder = MlpEncoder(), nn.Sequential(mlp_decoder(), nn.Sigmoid())
    x, z = torch.rand(ITEMS, 64), torch.randn(ITEMS, LATENT)
    export(encoder, x, folder / 'encoder.onnx', 'x', ['mu', 'log_var'])
    export(decoder, z, folder / 'decoder.onnx', 'z', ['recon'])
    mean, logvar = encoder(x)
    decoded = decoder(z)
    check(folder, x, [mean, logvar], z, decoded)
    save(folder, x=x, mean=mean, logvar=logvar, z=z, decoded=decoded)


def torch_conv(folder):
    """Channels first, and a decoder that ends in logits, through the older TorchScript exporter."""
    encoder, decoder = ConvEncoder(), conv_decoder()
    x, z = torch.rand(ITEMS, 1, 16, 16), torch.randn(ITEMS, LATENT)
    export(encoder, x, folder / 'encoder.onnx', 'input', ['mean', 'logvar'], dynamo=False)
    export(decoder, z, folder / 'decoder.onnx', 'latent', ['logits'], dynamo=False)
    mean, logvar = encoder(x)
    logits = decoder(z)
    check(folder, x, [mean, logvar], z, logits)
    save(folder, x=x, mean=mean, logvar=logvar, z=z, logits=logits, decoded=torch.sigmoid(logits))


def torch_fp16(folder):
    """float16 from end to end: weights, inputs and outputs."""
    encoder, decoder = ConvEncoder().half(), nn.Sequential(conv_decoder(), nn.Sigmoid()).half()
    x, z = torch.rand(ITEMS, 1, 16, 16).half(), torch.randn(ITEMS, LATENT).half()
    export(encoder, x, folder / 'encoder.onnx', 'x', ['mu', 'logvar'])
    export(decoder, z, folder / 'decoder.onnx', 'z', ['recon'])
    mean, logvar = encoder(x)
    decoded = decoder(z)
    # Rounding to half precision between layers is each runtime's own affair.
    check(folder, x, [mean, logvar], z, decoded, tolerance=2e-3)
    save(folder, x=x, mean=mean, logvar=logvar, z=z, decoded=decoded)


def torch_external(folder):
    """Weights in a second file, which is what torch.onnx.export does unless told otherwise."""
    encoder, decoder = MlpEncoder(), nn.Sequential(mlp_decoder(), nn.Sigmoid())
    x, z = torch.rand(ITEMS, 64), torch.randn(ITEMS, LATENT)
    export(encoder, x, folder / 'encoder.onnx', 'x', ['mu', 'logvar'], external_data=True)
    export(decoder, z, folder / 'decoder.onnx', 'z', ['x_hat'], external_data=True)
    mean, logvar = encoder(x)
    decoded = decoder(z)
    check(folder, x, [mean, logvar], z, decoded)
    save(folder, x=x, mean=mean, logvar=logvar, z=z, decoded=decoded)


def torch_fixed_batch(folder):
    """No dynamic axes: the graphs take four items, no more and no fewer."""
    encoder, decoder = MlpEncoder(), nn.Sequential(mlp_decoder(), nn.Sigmoid())
    x, z = torch.rand(4, 64), torch.randn(4, LATENT)
    export(encoder, x, folder / 'encoder.onnx', 'input', ['mu', 'logvar'], axes=({}, {}))
    export(decoder, z, folder / 'decoder.onnx', 'z', ['output'], axes=({}, {}))
    mean, logvar = encoder(x)
    decoded = decoder(z)
    check(folder, x, [mean, logvar], z, decoded)
    save(folder, x=x, mean=mean, logvar=logvar, z=z, decoded=decoded)


def torch_std(folder):
    """The encoder gives a standard deviation in place of a log-variance."""
    encoder, decoder = StdEncoder(), mlp_decoder()
    x, z = torch.rand(ITEMS, 64), torch.randn(ITEMS, LATENT)
    export(encoder, x, folder / 'encoder.onnx', 'x', ['mu', 'sigma'])
    export(decoder, z, folder / 'decoder.onnx', 'z', ['logits'])
    mean, std = encoder(x)
    logits = decoder(z)
    check(folder, x, [mean, std], z, logits)
    save(folder, x=x, mean=mean, logvar=2 * std.log(), z=z, logits=logits, decoded=torch.sigmoid(logits))


def torch_cvae(folder):
    """Conditioned on classes, which both halves take one-hot beside x and z, as most tutorials have it."""
    encoder, decoder = ConditionalEncoder(), ConditionalDecoder()
    x, z, label = torch.rand(ITEMS, 64), torch.randn(ITEMS, LATENT), torch.tensor([3, 0, 4])
    y = nn.functional.one_hot(label, CLASSES).float()
    export(encoder, (x, y), folder / 'encoder.onnx', ['x', 'y'], ['mu', 'log_var'])
    export(decoder, (z, y), folder / 'decoder.onnx', ['z', 'y'], ['recon'])
    mean, logvar = encoder(x, y)
    decoded = decoder(z, y)
    check(folder, x, [mean, logvar], z, decoded, label=y)
    save(folder, x=x, mean=mean, logvar=logvar, z=z, decoded=decoded, label=label)


def torch_cvae_embedding(folder):
    """Conditioned on numbers of classes, int64 [N], of which the decoder alone looks up an embedding."""
    encoder, decoder = MlpEncoder(), EmbeddingDecoder()
    x, z, label = torch.rand(ITEMS, 64), torch.randn(ITEMS, LATENT), torch.tensor([1, 4, 2])
    export(encoder, x, folder / 'encoder.onnx', 'x', ['mu', 'logvar'], dynamo=False)
    export(decoder, (z, label), folder / 'decoder.onnx', ['z', 'labels'], ['logits'], dynamo=False)
    mean, logvar = encoder(x)
    logits = decoder(z, label)
    check(folder, x, [mean, logvar], z, logits, label=label)
    decoded = torch.sigmoid(logits)
    save(folder, x=x, mean=mean, logvar=logvar, z=z, logits=logits, decoded=decoded, label=label)


def diffusers_kl(folder):
    """AutoencoderKL in the layout that optimum writes: the encoder gives the moments side by side in channels."""
    vae = small_kl(scaling_factor=0.3611, shift_factor=0.1159)
    # diffusers limits the log-variance to [-30, 20]; here one channel would leave that range.
    vae.quant_conv.bias[-1] = -40.0
    x, z = torch.rand(2, 3, 16, 16) * 2 - 1, torch.randn(2, LATENT, 8, 8)
    encode = Wrapped(vae, lambda x: vae.encode(x).latent_dist.parameters)
    export_vae(vae, folder, encode, 'latent_parameters', x, z, OPTIMUM_AXES)
    for half in ('vae_encoder', 'vae_decoder'):
        vae.save_config(folder / half)
    expect_kl(vae, folder, x, z)
    # The same graphs on a picture of another size, neither square nor the one exported with.
    expect_kl(vae, folder, torch.rand(1, 3, 24, 8) * 2 - 1, torch.randn(1, LATENT, 12, 4), 'expected-24x8')


def expect_kl(vae, folder, x, z, into='expected'):
    posterior = vae.encode(x).latent_dist
    decoded = vae.decode(z).sample
    check(folder, x, [posterior.parameters], z, decoded)
    save(folder, into, x=x, mean=posterior.mean, logvar=posterior.logvar, z=z, decoded=decoded)


def diffusers_legacy(folder):
    """What diffusers' own script wrote before optimum: the encoder draws, every axis is open, there is no config."""
    vae = small_kl(mid_block_add_attention=False)
    x, z = torch.rand(2, 3, 16, 16) * 2 - 1, torch.randn(2, LATENT, 8, 8)
    draw = Wrapped(vae, lambda x: vae.encode(x).latent_dist.sample())
    export_vae(vae, folder, draw, 'latent_sample', x, z, LEGACY_AXES, opset_version=14)
    posterior = vae.encode(x).latent_dist
    decoded = vae.decode(z).sample
    check(folder, x, [], z, decoded)
    check_draws(folder, x, posterior)
    save(folder, x=x, mean=posterior.mean, logvar=posterior.logvar, z=z, decoded=decoded)


def diffusers_tiny(folder):
    """AutoencoderTiny: a latent without a distribution, under the name that legacy files use for a draw."""
    vae = spread(AutoencoderTiny(
        latent_channels=LATENT,
        encoder_block_out_channels=(4, 4),
        decoder_block_out_channels=(4, 4),
        num_encoder_blocks=(1, 1),
        num_decoder_blocks=(1, 1),
    ))
    x, z = torch.rand(2, 3, 16, 16) * 2 - 1, torch.randn(2, LATENT, 8, 8)
    encode = Wrapped(vae, lambda x: vae.encode(x).latents)
    export_vae(vae, folder, encode, 'latent_sample', x, z, OPTIMUM_AXES)
    for half in ('vae_encoder', 'vae_decoder'):
        vae.save_config(folder / half)
    latents, decoded = vae.encode(x).latents, vae.decode(z).sample
    check(folder, x, [latents], z, decoded)
    save(folder, x=x, mean=latents, z=z, decoded=decoded)


CASES = [
    torch_mlp,
    torch_conv,
    torch_fp16,
    torch_external,
    torch_fixed_batch,
    torch_std,
    torch_cvae,
    torch_cvae_embedding,
    diffusers_kl,
    diffusers_legacy,
    diffusers_tiny,
]


# The networks


class MlpEncoder(nn.Module):
    def __init__(self):
        super().__init__()
        self.hidden = nn.Linear(64, 16)
        self.mean = nn.Linear(16, LATENT)
        self.logvar = nn.Linear(16, LATENT)
        spread(self)

    def forward(self, x):
        hidden = torch.relu(self.hidden(x))
        return self.mean(hidden), self.logvar(hidden)


class StdEncoder(MlpEncoder):
    def forward(self, x):
        mean, logvar = super().forward(x)
        return mean, nn.functional.softplus(logvar)


class ConditionalEncoder(nn.Module):
    def __init__(self):
        super().__init__()
        self.hidden = nn.Linear(64 + CLASSES, 16)
        self.mean = nn.Linear(16, LATENT)
        self.logvar = nn.Linear(16, LATENT)
        spread(self)

    def forward(self, x, y):
        hidden = torch.relu(self.hidden(torch.cat([x, y], dim=1)))
        return self.mean(hidden), self.logvar(hidden)


class ConditionalDecoder(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = spread(nn.Sequential(nn.Linear(LATENT + CLASSES, 16), nn.ReLU(), nn.Linear(16, 64), nn.Sigmoid()))

    def forward(self, z, y):
        return self.body(torch.cat([z, y], dim=1))


class EmbeddingDecoder(nn.Module):
    def __init__(self):
        super().__init__()
        self.classes = nn.Embedding(CLASSES, LATENT)
        self.body = mlp_decoder()

    def forward(self, z, labels):
        return self.body(z + self.classes(labels))


class ConvEncoder(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(1, 4, 3, stride=2, padding=1), nn.ReLU(),
            nn.Conv2d(4, 8, 3, stride=2, padding=1), nn.ReLU(),
            nn.Flatten(),
        )
        self.mean = nn.Linear(8 * 4 * 4, LATENT)
        self.logvar = nn.Linear(8 * 4 * 4, LATENT)
        spread(self)

    def forward(self, x):
        hidden = self.body(x)
        return self.mean(hidden), self.logvar(hidden)


def mlp_decoder():
    return spread(nn.Sequential(nn.Linear(LATENT, 16), nn.ReLU(), nn.Linear(16, 64)))


def conv_decoder():
    return spread(nn.Sequential(
        nn.Linear(LATENT, 8 * 4 * 4), nn.ReLU(), nn.Unflatten(1, (8, 4, 4)),
        nn.ConvTranspose2d(8, 4, 4, stride=2, padding=1), nn.ReLU(),
        nn.ConvTranspose2d(4, 1, 4, stride=2, padding=1),
    ))


def spread(model):
    """Draws weights large enough for outputs to differ from item to item, unlike the default ones."""
    for layer in model.modules():
        if isinstance(layer, (nn.Linear, nn.Conv2d, nn.ConvTranspose2d)):
            nn.init.kaiming_normal_(layer.weight)
            if layer.bias is not None:
                nn.init.normal_(layer.bias, std=0.3)
    return model.eval()


def small_kl(**config):
    vae = AutoencoderKL(
        down_block_types=('DownEncoderBlock2D',) * 2,
        up_block_types=('UpDecoderBlock2D',) * 2,
        block_out_channels=(4, 4),
        norm_num_groups=2,
        layers_per_block=1,
        latent_channels=LATENT,
        sample_size=16,
        **config,
    )
    return spread(vae)


class Wrapped(nn.Module):
    """One half of an autoencoder as a module of its own."""

    def __init__(self, vae, function):
        super().__init__()
        self.vae = vae
        self.function = function

    def forward(self, x):
        return self.function(x)


# Exporting


def axes_of(batch, height, width):
    return {0: batch, 2: height, 3: width}


# The open axes of sample and latents in the encoder, then of latents and sample in the decoder.
OPTIMUM_AXES = (
    axes_of('batch_size', 'sample_height', 'sample_width'),
    axes_of('batch_size', 'sample_height / 2', 'sample_width / 2'),
    axes_of('batch_size', 'latent_height', 'latent_width'),
    axes_of('batch_size', 'latent_height * 2', 'latent_width * 2'),
)
LEGACY_AXES = ({0: 'batch', 1: 'channels', 2: 'height', 3: 'width'}, {}) * 2
BATCH = {0: 'batch'}


def export(module, example, file, input_names, output_names, axes=(BATCH, BATCH), dynamo=True, **options):
    """torch.onnx.export, of one input or of several, with these axes of the inputs and of the outputs left open."""
    examples = example if isinstance(example, tuple) else (example,)
    input_names = [input_names] if isinstance(input_names, str) else input_names
    file.parent.mkdir(parents=True, exist_ok=True)
    of_input, of_outputs = axes
    if dynamo:
        arguments = inspect.signature(module.forward).parameters
        options['dynamic_shapes'] = dict.fromkeys(arguments, of_input) if of_input else None
    else:
        options['dynamic_axes'] = {**dict.fromkeys(input_names, of_input), **dict.fromkeys(output_names, of_outputs)}
    options = {'external_data': False, 'input_names': input_names, 'output_names': output_names, **options}
    torch.onnx.export(module.eval(), examples, file, dynamo=dynamo, verbose=False, **options)
    forget_paths(file)


def export_vae(vae, folder, encode, encoder_output, x, z, axes, opset_version=18):
    """Both halves the way optimum and diffusers do it: the TorchScript exporter, one folder for each half."""
    decode = Wrapped(vae, lambda z: vae.decode(z).sample)
    options = {'dynamo': False, 'opset_version': opset_version}
    encoder, decoder = (folder / half / 'model.onnx' for half in ('vae_encoder', 'vae_decoder'))
    export(encode, x[:1], encoder, 'sample', [encoder_output], axes[:2], **options)
    export(decode, z[:1], decoder, 'latent_sample', ['sample'], axes[2:], **options)


def forget_paths(file):
    """Takes out the exporter's notes on each node, which hold this machine's paths."""
    model = onnx.load(file, load_external_data=False)
    for node in model.graph.node:
        del node.metadata_props[:]
        node.ClearField('doc_string')
    onnx.save(model, file)


# Expected values


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


if __name__ == '__main__':
    main(Path(sys.argv[1]))
