import { halfNames } from './halves.js';
import { outputRows, type Precision } from './precision.js';

const short = (value: number): string => (value === 0 ? '0' : value.toPrecision(2));

/** The part of a model card that tells what rounding the model's numbers cost. */
export function precisionCard(precision: Precision): string {
  const { dtype, runtime } = precision;
  const stored =
    dtype === 'int8'
      ? 'Large weights are stored as int8 with a scale per channel and computed with as float32'
      : 'Weights are float16, and so are the sums on devices that have float16';
  const lines = [
    '## Precision',
    '',
    `${stored}. Inputs and outputs are float32. Measured against the float32 model with ${runtime}, on 128 latents from the prior, 64 samples decoded from them and 64 of uniform noise:`,
    '',
    '| output | largest error | mean error | largest expected |',
    '| --- | --- | --- | --- |',
    ...outputRows(precision).map(
      ([half, output, { largest, mean, range }]) =>
        `| ${half} \`${output}\` | ${short(largest)} | ${short(mean)} | ${short(range)} |`,
    ),
    '',
    '| file | bytes | of float32 | time of float32 |',
    '| --- | --- | --- | --- |',
    ...halfNames.map((half) => {
      const { bytes, float32Bytes, timeRatio } = precision[half];
      return `| ${half} | ${bytes} | ${(bytes / float32Bytes).toFixed(2)} | ${timeRatio.toFixed(2)} |`;
    }),
    '',
    'Times are medians of alternating runs at batch 32 on one thread, on the machine that exported.',
    '',
  ];
  return lines.join('\n');
}
