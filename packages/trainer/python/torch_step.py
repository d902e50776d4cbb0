"""Times training steps of a recipe in PyTorch: torch_step.py '{"recipe": ..., "shape": [1, 28, 28], "seconds": 3,
"steps": 8, "mode": "eager" | "compile", "device": "cuda"}'. The answer is one line of JSON.

As in onnxruntime: so many steps before the device is waited for, products in TF32, algorithms of convolutions chosen by
their times, and noise that was drawn before."""

import json
import math
import statistics
import sys
import time

WARM_UP = 2
LEAST_RUNS = 3


def window(layer, shape):
    """Padding, and for transposed convolutions what it takes to multiply the extents by the stride."""
    kernel, stride, padding = layer["kernel"], layer.get("stride", 1), layer.get("padding", "valid")
    kernel = kernel[0] if isinstance(kernel, list) else kernel
    if padding == "same":
        return {"kernel_size": kernel, "stride": stride, "padding": (kernel - 1) // 2}, stride - 1
    padding = 0 if padding == "valid" else padding
    return {"kernel_size": kernel, "stride": stride, "padding": padding}, layer.get("outputPadding", 0)


def module_of(torch, layer, shape):
    nn = torch.nn
    layer = {"type": layer} if isinstance(layer, str) else layer
    kind = layer["type"]
    if kind in ("conv2d", "conv2dTranspose"):
        filters = shape[0] if layer["filters"] == "channels" else layer["filters"]
        options, output_padding = window(layer, shape)
        if kind == "conv2d":
            return nn.LazyConv2d(filters, **options)
        return nn.LazyConvTranspose2d(filters, output_padding=output_padding, **options)
    if kind == "dense":
        return nn.LazyLinear(math.prod(shape) if layer["units"] == "data" else layer["units"])
    if kind == "reshape":
        return nn.Unflatten(1, tuple(layer["shape"]))
    plain = {"flatten": nn.Flatten, "relu": nn.ReLU, "leakyRelu": nn.LeakyReLU, "tanh": nn.Tanh, "sigmoid": nn.Sigmoid}
    return plain[kind]()


def loss_of(torch, recipe, shape, device):
    """The function from a batch and its noise to its loss, and its parameters."""
    nn, functional, model = torch.nn, torch.nn.functional, recipe["model"]
    latent = model["latent"]
    encoder = nn.Sequential(*(module_of(torch, layer, shape) for layer in model["encoder"]), nn.LazyLinear(2 * latent))
    decoder = nn.Sequential(*(module_of(torch, layer, shape) for layer in model["decoder"]))
    encoder, decoder = encoder.to(device), decoder.to(device)
    decoder(encoder(torch.zeros(2, *shape, device=device)).chunk(2, 1)[0])
    beta, sampled = recipe["objective"].get("beta", 1), recipe["objective"].get("kl") == "sampled"
    likelihood = recipe["likelihood"]

    def loss(x, eps):
        mean, logvar = encoder(x).chunk(2, 1)
        z = mean + torch.exp(0.5 * logvar) * eps
        output = decoder(z).flatten(1)
        if likelihood["type"] == "bernoulli":
            error = functional.binary_cross_entropy_with_logits(output, x.flatten(1), reduction="none").sum(1)
        else:
            error = (output - x.flatten(1)).square().sum(1) * (0.5 / likelihood["variance"])
        if sampled:
            kl = 0.5 * (z.square() - eps.square() - logvar).sum(1)
        else:
            kl = 0.5 * (mean.square() + logvar.exp() - 1 - logvar).sum(1)
        return (error + beta * kl).mean()

    return loss, [*encoder.parameters(), *decoder.parameters()]


def measure(torch, given):
    recipe, shape, device, steps = given["recipe"], given["shape"], given["device"], given["steps"]
    batch = recipe["batch"]
    torch.set_float32_matmul_precision("high")
    torch.backends.cudnn.benchmark = True
    loss, parameters = loss_of(torch, recipe, shape, device)
    if given["mode"] == "compile":
        loss = torch.compile(loss)
    optimizer = torch.optim.Adam(parameters, lr=1e-3, fused=device == "cuda")
    x = (torch.rand(batch, *shape, device=device) > 0.8).float()
    noise = torch.randn(steps, batch, recipe["model"]["latent"], device=device)
    wait = torch.cuda.synchronize if device == "cuda" else lambda: None

    def run():
        wait()
        started = time.perf_counter()
        for eps in noise:
            optimizer.zero_grad(set_to_none=True)
            loss(x, eps).backward()
            optimizer.step()
        wait()
        return time.perf_counter() - started

    for _ in range(WARM_UP):
        run()
    times = []
    while len(times) < LEAST_RUNS or sum(times) < given["seconds"]:
        times.append(run())
    return {"samplesPerSecond": batch * steps / statistics.median(times), "runs": len(times)}


def main():
    given = json.loads(sys.argv[1])
    try:
        import torch
    except ImportError:
        return {"absent": "that Python has no PyTorch"}
    if given["device"] == "cuda" and not torch.cuda.is_available():
        return {"absent": f"PyTorch {torch.__version__} sees no CUDA device"}
    return {**measure(torch, given), "versions": {"torch": torch.__version__}}


print(json.dumps(main()))
