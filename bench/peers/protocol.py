"""The half of the protocol that runs inside a contender in Python; harness/protocol.mjs describes it."""

import json
import os
import resource
import sys
import time

import numpy as np

WARM_UP = 2
LEAST_STEPS = 3

# Libraries greet on stdout, some of them from C; only answers may reach the real one.
_answers = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)


def peak_bytes() -> int:
    try:
        with open("/proc/self/status") as status:
            return 1024 * next(int(line.split()[1]) for line in status if line.startswith("VmHWM:"))
    except OSError:
        return 1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def time_steps(step, seconds: float) -> dict:
    for _ in range(WARM_UP):
        step()
    times = []
    cpu, started = time.process_time(), time.perf_counter()
    last = started
    while last - started < seconds or len(times) < LEAST_STEPS:
        step()
        now = time.perf_counter()
        times.append(1000 * (now - last))
        last = now
    return {"times": times, "wallMs": 1000 * (last - started), "cpuMs": 1000 * (time.process_time() - cpu)}


def _reply(make) -> None:
    try:
        answer = {"ok": True, **make()}
    except Exception as error:  # whatever it is, the row says it
        answer = {"ok": False, "error": f"{type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''}"}
    _answers.write(json.dumps(answer, separators=(",", ":")) + "\n")
    _answers.flush()


def serve(prepare) -> None:
    """Serves until stdin ends; prepare(request) returns a function that does one step, and what to answer."""
    step = None

    def prepared(request: dict) -> dict:
        nonlocal step
        step, answer = prepare(request)
        return answer

    for line in sys.stdin:
        request = json.loads(line)
        if request["do"] == "prepare":
            _reply(lambda: prepared(request))
        else:
            _reply(lambda: {**time_steps(step, request["seconds"]), "peakBytes": peak_bytes()})


def read_data(request: dict, image_shape) -> np.ndarray:
    return np.fromfile(request["data"]["path"], np.float32).reshape(-1, *image_shape)


def batches(samples: int, batch: int):
    """Row numbers, without end; each pass over the data has an order of its own."""
    random = np.random.default_rng(0)
    while True:
        order = random.permutation(samples)
        for start in range(0, samples - batch + 1, batch):
            yield order[start : start + batch]
