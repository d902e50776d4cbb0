"""The recipe seed-cvae in PyTorch: the curve that ours is compared with.

python bench/peers/seed_cvae_torch.py MNIST_DIR [EPOCHS] [SEED]      (torch 2.15.0, numpy 2.4.6)

MNIST thresholded at .5, batch 32, Adam 1e-4 with epsilon 1e-7, Glorot-uniform weights, zero biases, one-sample bound
log p(x|z) + log p(z) - log q(z|x). Prints the test bound in nats per sample after each epoch.
"""

import gzip
import math
import sys

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F


def images(folder: str, part: str) -> torch.Tensor:
    with gzip.open(f"{folder}/{part}-images-idx3-ubyte.gz") as file:
        pixels = np.frombuffer(file.read(), np.uint8, offset=16).reshape(-1, 1, 28, 28)
    return torch.from_numpy((pixels > 127.5).astype(np.float32))


class Cvae(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.encoder = nn.Sequential(
            nn.Conv2d(1, 32, 3, 2), nn.ReLU(), nn.Conv2d(32, 64, 3, 2), nn.ReLU(), nn.Flatten(), nn.Linear(2304, 4)
        )
        self.dense = nn.Linear(2, 7 * 7 * 32)
        # Two rows and columns too many are cut off behind, which is TensorFlow's "same" for kernel 3 and stride 2.
        self.up1 = nn.ConvTranspose2d(32, 64, 3, 2)
        self.up2 = nn.ConvTranspose2d(64, 32, 3, 2)
        self.up3 = nn.ConvTranspose2d(32, 1, 3, 1, padding=1)
        for module in self.modules():
            if hasattr(module, "weight"):
                nn.init.xavier_uniform_(module.weight)
                nn.init.zeros_(module.bias)

    def decode(self, z: torch.Tensor) -> torch.Tensor:
        h = F.relu(self.dense(z)).view(-1, 32, 7, 7)
        h = F.relu(self.up1(h)[:, :, :14, :14])
        h = F.relu(self.up2(h)[:, :, :28, :28])
        return self.up3(h)

    def bound(self, x: torch.Tensor) -> torch.Tensor:
        mean, logvar = self.encoder(x).chunk(2, 1)
        z = mean + torch.exp(0.5 * logvar) * torch.randn_like(mean)
        log_px = -F.binary_cross_entropy_with_logits(self.decode(z), x, reduction="none").sum((1, 2, 3))
        log_pz = (-0.5 * (z * z + math.log(2 * math.pi))).sum(1)
        log_qz = (-0.5 * ((z - mean) ** 2 * torch.exp(-logvar) + logvar + math.log(2 * math.pi))).sum(1)
        return log_px + log_pz - log_qz


def main(folder: str, epochs: int = 10, seed: int = 0) -> None:
    torch.manual_seed(seed)
    train, test = images(folder, "train"), images(folder, "t10k")
    model = Cvae()
    print(f"torch {torch.__version__}, seed {seed}, {sum(p.numel() for p in model.parameters())} parameters")
    optimizer = torch.optim.Adam(model.parameters(), 1e-4, eps=1e-7)
    for epoch in range(1, epochs + 1):
        for indices in torch.randperm(len(train)).split(32):
            loss = -model.bound(train[indices]).mean()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        with torch.no_grad():
            bounds = torch.cat([model.bound(batch) for batch in test.split(500)])
        print(f"epoch {epoch}  test bound {bounds.mean():.3f}", flush=True)


if __name__ == "__main__":
    main(sys.argv[1], *(int(word) for word in sys.argv[2:]))
