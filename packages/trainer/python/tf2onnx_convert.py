"""Converts SavedModels to ONNX with tf2onnx, all in one process: importing TensorFlow is what takes the time.

Its argument is a JSON file, {"opset": 17, "models": [{"saved_model": FOLDER, "output": FILE, "inputs": [...], "names": [...]},
...]}, inputs and names being the inputs and the outputs in their order. It prints one line of JSON on stdout, {"versions": {...}, "outputs": [FILE, ...]}
or {"error": TEXT}; all else goes to stderr.
"""

import importlib.metadata
import json
import logging
import os
import sys


def quiet():
    """TensorFlow's own notices, on stderr or not, are of no use to the reader of an export."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    # The converter runs nothing; a GPU would only be slow to open.
    os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")
    logging.basicConfig(level=logging.WARNING)


def convert(saved_model, output, opset):
    """One SavedModel with the signature serving_default, through the converter's documented command line."""
    from tf2onnx.convert import main

    sys.argv = ["tf2onnx.convert", "--saved-model", saved_model, "--output", output, "--opset", str(opset)]
    sys.argv += ["--tag", "serve", "--signature_def", "serving_default"]
    main()


def reorder(ports, names):
    """Puts the inputs or outputs of a graph in the order of their names; TensorFlow sorts both by the alphabet."""
    ordered = sorted(ports, key=lambda value: names.index(value.name))
    del ports[:]
    ports.extend(ordered)


def tidy(path, inputs, names):
    """Orders the inputs and outputs, calls the batch axis N, forgets what nothing needs, and checks the file."""
    import onnx

    model = onnx.load(path)
    graph = model.graph
    reorder(graph.input, inputs)
    reorder(graph.output, names)
    for value in [*graph.input, *graph.output]:
        dims = value.type.tensor_type.shape.dim
        if dims and not dims[0].HasField("dim_value"):
            dims[0].dim_param = "N"
    del graph.value_info[:]
    used = [opset for opset in model.opset_import if opset.domain in {node.domain for node in graph.node}]
    del model.opset_import[:]
    model.opset_import.extend(used)
    onnx.checker.check_model(model, full_check=True)
    onnx.save(model, path)


def run(request):
    for model in request["models"]:
        convert(model["saved_model"], model["output"], request["opset"])
        tidy(model["output"], model["inputs"], model["names"])
    versions = {}
    for name in ["tf2onnx", "tensorflow-cpu", "tensorflow", "onnx"]:
        try:
            versions[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            pass
    return {"versions": versions, "outputs": [model["output"] for model in request["models"]]}


def main():
    quiet()
    # Libraries print what they like on stdout; the answer alone may be there.
    answer_to = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    try:
        with open(sys.argv[1], encoding="utf-8") as file:
            answer = run(json.load(file))
    except ImportError as error:
        answer = {"error": f"{error}. This Python needs tf2onnx, tensorflow (or tensorflow-cpu) and onnx"}
    except (Exception, SystemExit) as error:
        answer = {"error": f"{type(error).__name__}: {error}"}
    print(json.dumps(answer), file=answer_to, flush=True)
    sys.exit(1 if "error" in answer else 0)


main()
