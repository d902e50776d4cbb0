"""Writes modules as the exporters of PyTorch do."""

import inspect

import onnx
import torch

BATCH = {0: 'batch'}


def export(module, example, file, input_names, output_names, axes=(BATCH, BATCH), dynamo=True, **options):
    """torch.onnx.export, of one input or of several, with these axes of the inputs and of the outputs left open."""
    examples = example if isinstance(example, tuple) else (example,)
    input_names = [input_names] if isinstance(input_names, str) else input_names
    file.parent.mkdir(parents=True, exist_ok=True)
    of_input, of_outputs = axes
    if dynamo:
        arguments = inspect.signature(module.forward).parameters
        options['dynamic_shapes'] = dict.fromkeys(arguments, of_input) if of_input else None
    else:
        options['dynamic_axes'] = {**dict.fromkeys(input_names, of_input), **dict.fromkeys(output_names, of_outputs)}
    options = {'external_data': False, 'input_names': input_names, 'output_names': output_names, **options}
    torch.onnx.export(module.eval(), examples, file, dynamo=dynamo, verbose=False, **options)
    forget_paths(file)


def forget_paths(file):
    """Takes out the exporter's notes on each node, which hold this machine's paths."""
    model = onnx.load(file, load_external_data=False)
    for node in model.graph.node:
        del node.metadata_props[:]
        node.ClearField('doc_string')
    onnx.save(model, file)
