"""VAEs of PyTorch: two graphs in one folder, exported in the ways that people do it."""

import torch
from torch import nn

from .expected import check, save
from .export import export
from .networks import LATENT, MlpEncoder, mlp_decoder, spread

ITEMS = 3


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


CASES = [torch_mlp, torch_conv, torch_fp16, torch_external, torch_fixed_batch, torch_std]


# The networks


class StdEncoder(MlpEncoder):
    def forward(self, x):
        mean, logvar = super().forward(x)
        return mean, nn.functional.softplus(logvar)


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


def conv_decoder():
    return spread(nn.Sequential(
        nn.Linear(LATENT, 8 * 4 * 4), nn.ReLU(), nn.Unflatten(1, (8, 4, 4)),
        nn.ConvTranspose2d(8, 4, 4, stride=2, padding=1), nn.ReLU(),
        nn.ConvTranspose2d(4, 1, 4, stride=2, padding=1),
    ))
