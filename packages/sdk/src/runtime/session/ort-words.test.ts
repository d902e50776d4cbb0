import { expect, it } from 'vitest';
import { refused, withoutPlace } from './ort-words.js';

// As ONNX Runtime 1.2x words them, natively and as WebAssembly.
it.each([
  [
    '/onnxruntime_src/onnxruntime/core/graph/model.cc:202 onnxruntime::Model::Model(onnx::ModelProto&&, const ' +
      'onnxruntime::ModelOptions&) Unsupported model IR version: 99, max supported IR version: 13\n',
    'Unsupported model IR version: 99, max supported IR version: 13',
  ],
  [
    'ERROR_MESSAGE: /_work/1/s/onnxruntime/core/graph/model.cc:203 onnxruntime::Model::Model(ModelProto &&, const ' +
      'PathString &) Unsupported model IR version: 99',
    'ERROR_MESSAGE: Unsupported model IR version: 99',
  ],
  [
    "running Reshape node. Name:'' Status Message: /src/cpu/tensor/reshape_helper.h:84 " +
      'ReshapeHelper::ReshapeHelper(const TensorShape&, bool) size != 0 && (input_shape_size % size) == 0 was false. ' +
      'The input tensor cannot be reshaped',
    "running Reshape node. Name:'' Status Message: The input tensor cannot be reshaped",
  ],
  ['No Op registered for Foo', 'No Op registered for Foo'],
])('leaves out where in its source ONNX Runtime was: case %#', (text, words) => {
  expect(withoutPlace(text)).toBe(words);
});

it.each([
  [
    'Error No Op registered for StatelessRandomNormalV2 with domain_version of 15',
    ' of 15. Export it without that operator; where it only draws a sample, leave that output out.',
  ],
  [
    'Unsupported model IR version: 99, max supported IR version: 13',
    ': 13. Export it for an older opset, or update ONNX Runtime.',
  ],
  [
    'Current official support for domain ai.onnx is till opset 26. It only guarantees released onnx opset versions.',
    'onnx opset versions. Export it for an older opset, or update ONNX Runtime.',
  ],
  ['Something else', 'refused the model: Something else'],
])('says what to do about %j', (text, end) => {
  expect(refused(text).endsWith(end)).toBe(true);
});
