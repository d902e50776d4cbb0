import type { OnnxModel } from '../../onnx/model.js';
import { writeOnnx } from '../../onnx/writer.js';
import { exportTarget } from '../../targets/export.js';
import { inPrecision } from '../../targets/float16.js';
import { lower, type Target } from '../../targets/lower.js';
import type { Program, State } from '../engine.js';
import type { OrtProgram } from './ort-programs.js';

/** A program whose graph is that model. */
export const ofModel = (model: OnnxModel, { updates }: Program, state: State): OrtProgram => ({
  bytes: writeOnnx(model),
  feeds: model.inputs.filter(({ name }) => !(name in state)),
  reads: model.inputs.map(({ name }) => name).filter((name) => name in state),
  updates: [...updates],
});

/** Lowers a program for ONNX Runtime; its batch size, where it is fixed, becomes part of the file. */
export const toOrtProgram = (program: Program, state: State, target: Target = exportTarget): OrtProgram =>
  ofModel(lower(program.graph, inPrecision(target, program), { batch: program.batch }), program, state);
