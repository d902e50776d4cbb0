"""Autoencoders of diffusers, in the folders and under the names that optimum and diffusers' own script give them."""

import torch
from diffusers import AutoencoderKL, AutoencoderTiny
from torch import nn

from .expected import check, check_draws, save
from .export import export
from .networks import LATENT, spread


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


CASES = [diffusers_kl, diffusers_legacy, diffusers_tiny]


# The networks


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


def export_vae(vae, folder, encode, encoder_output, x, z, axes, opset_version=18):
    """Both halves the way optimum and diffusers do it: the TorchScript exporter, one folder for each half."""
    decode = Wrapped(vae, lambda z: vae.decode(z).sample)
    options = {'dynamo': False, 'opset_version': opset_version}
    encoder, decoder = (folder / half / 'model.onnx' for half in ('vae_encoder', 'vae_decoder'))
    export(encode, x[:1], encoder, 'sample', [encoder_output], axes[:2], **options)
    export(decode, z[:1], decoder, 'latent_sample', ['sample'], axes[2:], **options)
