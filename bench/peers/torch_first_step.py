"""From nothing to the first step: torch_first_step.py PLAN IDX_FOLDER BATCH THREADS"""

import json
import sys

import numpy as np
import torch
from torch_model import Vae, adam

plan_file, folder, batch, threads = sys.argv[1:]
with open(plan_file) as file:
    plan = json.load(file)
torch.set_num_threads(int(threads))
with open(f"{folder}/train-images-idx3-ubyte", "rb") as file:
    pixels = torch.from_numpy(np.frombuffer(file.read(), np.uint8, offset=16).reshape(-1, *plan["shape"]).copy())
model = Vae(plan)
optimizer = adam(model, plan)
x = (pixels[torch.randperm(len(pixels))[: int(batch)]] > 127).float()
loss = model.loss(x)
loss.backward()
optimizer.step()
print(loss.item())
