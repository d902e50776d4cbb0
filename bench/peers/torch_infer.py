"""Encoding or decoding in PyTorch, from and to NumPy arrays. Usage: torch_infer.py eager | compile"""

import sys

import numpy as np
from protocol import serve


def prepare(request: dict):
    import torch
    from torch_model import Vae

    plan, batch = request["plan"], request["batch"]
    torch.manual_seed(0)
    torch.set_num_threads(request["threads"])
    torch.set_flush_denormal(True)
    model = Vae(plan).eval().to(memory_format=torch.channels_last)
    encoding = request["verb"] == "encode"
    function = model.encode if encoding else model.expected
    if sys.argv[1] == "compile":
        function = torch.compile(function)
    shape = (batch, *plan["shape"]) if encoding else (batch, plan["latent"])
    random = np.random.default_rng(0)
    data = random.random(shape, np.float32)
    data = (data > 0.87).astype(np.float32) if encoding else 4 * data - 2

    def step() -> None:
        with torch.inference_mode():
            result = function(torch.from_numpy(data))
        for tensor in result if isinstance(result, tuple) else (result,):
            tensor.numpy()

    step()
    return step, {"description": f"torch {torch.__version__}"}


serve(prepare)
