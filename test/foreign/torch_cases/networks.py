"""Small networks of PyTorch, with weights large enough for outputs to differ from item to item."""

import torch
from torch import nn

LATENT = 4


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


def mlp_decoder():
    return spread(nn.Sequential(nn.Linear(LATENT, 16), nn.ReLU(), nn.Linear(16, 64)))


def spread(model):
    """Draws weights large enough for outputs to differ from item to item, unlike the default ones."""
    for layer in model.modules():
        if isinstance(layer, (nn.Linear, nn.Conv2d, nn.ConvTranspose2d)):
            nn.init.kaiming_normal_(layer.weight)
            if layer.bias is not None:
                nn.init.normal_(layer.bias, std=0.3)
    return model.eval()
