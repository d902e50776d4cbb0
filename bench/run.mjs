// npm run bench: every benchmark of this folder in turn. Benchmarks are not tests; a machine that is shared makes
// absolute times worth little, so look at ratios within one run.
import { machine } from './machine.mjs';
import { benchTrainStep } from './train-step.mjs';

console.log(machine());
await benchTrainStep();
