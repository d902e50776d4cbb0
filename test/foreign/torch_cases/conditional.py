"""VAEs of PyTorch that are conditioned on classes: a second input beside the encoder's, the decoder's or both."""

import torch
from torch import nn

from .expected import check, save
from .export import export
from .networks import LATENT, MlpEncoder, mlp_decoder, spread

ITEMS = 3
CLASSES = 5


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


CASES = [torch_cvae, torch_cvae_embedding]


# The networks


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
