"""The networks of a plan in PyTorch."""

import math

import torch
from torch import nn
from torch.nn import functional as F

ACTIVATIONS = {
    "relu": nn.ReLU,
    "elu": nn.ELU,
    "gelu": nn.GELU,
    "silu": nn.SiLU,
    "tanh": nn.Tanh,
    "sigmoid": nn.Sigmoid,
    "softplus": nn.Softplus,
}
LOG_TWO_PI = math.log(2 * math.pi)


def initialised(module: nn.Module, init: dict) -> nn.Module:
    draw = nn.init.normal_ if init["kind"] == "normal" else nn.init.uniform_
    draw(module.weight, *((0, init["scale"]) if init["kind"] == "normal" else (-init["scale"], init["scale"])))
    nn.init.zeros_(module.bias)
    return module


def convolution(layer: dict) -> list[nn.Module]:
    """With a padding that is the same on both sides where there is one: no operator beside the convolution."""
    symmetric = layer["symmetric"]
    if symmetric is None:
        raise ValueError(f"{layer['type']}: no padding of both sides alike gives these extents")
    options = {"stride": layer["strides"], "padding": tuple(symmetric["padding"])}
    kind = nn.Conv2d
    if layer["type"] == "conv2dTranspose":
        kind = nn.ConvTranspose2d
        options["output_padding"] = tuple(symmetric["outputPadding"])
    module = kind(layer["channels"], layer["filters"], tuple(layer["kernel"]), **options)
    return initialised(module, layer["init"])


class Residual(nn.Module):
    def __init__(self, layer: dict) -> None:
        super().__init__()
        self.layers = nn.Sequential(*(module_of(inner) for inner in layer["layers"]))
        self.shortcut = nn.Sequential(*(module_of(inner) for inner in layer["shortcut"]))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.layers(x) + self.shortcut(x)


def module_of(layer: dict) -> nn.Module:
    kind = layer["type"]
    if kind == "activation":
        name = layer["name"]
        return nn.LeakyReLU(layer["alpha"]) if name == "leakyRelu" else ACTIVATIONS[name]()
    if kind == "dropout":
        return nn.Dropout(1 - layer["keep"])
    if kind == "flatten":
        return nn.Flatten()
    if kind == "reshape":
        return nn.Unflatten(1, tuple(layer["shape"]))
    if kind == "groupNorm":
        return nn.GroupNorm(layer["groups"], layer["shape"][0], eps=layer["epsilon"])
    if kind == "layerNorm":
        return nn.LayerNorm(layer["shape"], eps=layer["epsilon"])
    if kind == "residual":
        return Residual(layer)
    if kind == "dense":
        return initialised(nn.Linear(layer["inputs"], layer["units"]), layer["init"])
    return convolution(layer)


class Vae(nn.Module):
    def __init__(self, plan: dict) -> None:
        super().__init__()
        self.plan = plan
        self.encoder = nn.Sequential(*(module_of(layer) for layer in plan["encoder"]))
        self.heads = nn.ModuleList(module_of(layer) for layer in plan["heads"])
        self.decoder = nn.Sequential(*(module_of(layer) for layer in plan["decoder"]))

    def encode(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        h = self.encoder(x)
        if len(self.heads) == 1:
            return self.heads[0](h).chunk(2, 1)
        return self.heads[0](h), self.heads[1](h)

    def decode(self, z: torch.Tensor) -> torch.Tensor:
        return self.decoder(z).view(-1, *self.plan["shape"]) if self.flat else self.decoder(z)

    @property
    def flat(self) -> bool:
        return self.plan["decoder"][-1]["type"] == "dense"

    def expected(self, z: torch.Tensor) -> torch.Tensor:
        output = self.decode(z)
        return torch.sigmoid(output) if self.plan["likelihood"]["type"] == "bernoulli" else output

    def loss(self, x: torch.Tensor) -> torch.Tensor:
        mean, logvar = self.encode(x)
        eps = torch.randn_like(mean)
        z = mean + torch.exp(0.5 * logvar) * eps
        return (self.reconstruction(x, self.decode(z)) + self.plan["objective"]["beta"] * self.kl(mean, logvar, z)).mean()

    def reconstruction(self, x: torch.Tensor, output: torch.Tensor) -> torch.Tensor:
        likelihood = self.plan["likelihood"]
        if likelihood["type"] == "bernoulli":
            return F.binary_cross_entropy_with_logits(output, x, reduction="none").flatten(1).sum(1)
        variance = likelihood["variance"]
        constant = 0.5 * (LOG_TWO_PI + math.log(variance))
        return ((x - output).square() * (0.5 / variance) + constant).flatten(1).sum(1)

    def kl(self, mean: torch.Tensor, logvar: torch.Tensor, z: torch.Tensor) -> torch.Tensor:
        if self.plan["objective"]["kl"] == "sampled":
            log_q = -0.5 * ((z - mean).square() * torch.exp(-logvar) + logvar + LOG_TWO_PI)
            return (log_q + 0.5 * (z.square() + LOG_TWO_PI)).sum(1)
        return 0.5 * (mean.square() + logvar.exp() - 1 - logvar).sum(1)


def adam(model: nn.Module, plan: dict) -> torch.optim.Adam:
    options = plan["optimizer"]
    betas = (options["beta1"], options["beta2"])
    return torch.optim.Adam(
        model.parameters(), options["learningRate"], betas=betas, eps=options["epsilon"], fused=True
    )
