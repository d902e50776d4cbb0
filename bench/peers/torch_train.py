"""A training step in PyTorch. Usage: torch_train.py eager | channels_last | compile"""

import sys
import time

from protocol import batches, read_data, serve


def prepare(request: dict):
    import torch
    from torch_model import Vae, adam

    variant, plan = sys.argv[1], request["plan"]
    torch.manual_seed(0)
    torch.set_num_threads(request["threads"])
    torch.set_flush_denormal(True)
    layout = torch.contiguous_format if variant == "eager" else torch.channels_last
    model = Vae(plan).to(memory_format=layout)
    optimizer = adam(model, plan)
    data = torch.from_numpy(read_data(request, plan["shape"])).contiguous(memory_format=layout)
    loss_of = torch.compile(model.loss) if variant == "compile" else model.loss
    rows = batches(len(data), request["batch"])

    def step() -> float:
        x = data[torch.from_numpy(next(rows))].contiguous(memory_format=layout)
        loss = loss_of(x)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        return loss.item()

    started = time.perf_counter()
    loss = step()
    compiling = {"compileMs": 1000 * (time.perf_counter() - started)} if variant == "compile" else {}
    parameters = sum(parameter.numel() for parameter in model.parameters())
    return step, {"loss": loss, "parameters": parameters, "description": f"torch {torch.__version__}", **compiling}


serve(prepare)
