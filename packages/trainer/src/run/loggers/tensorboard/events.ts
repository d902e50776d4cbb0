import { encodePng, type Picture } from '@vae/sdk/media';
import { ProtobufWriter } from '../../../protobuf/writer.js';
import type { Histogram } from './histogram.js';

// Field numbers: tensorboard/compat/proto/event.proto and summary.proto of TensorBoard 2.21.
const EVENT = { wallTime: 1, step: 2, fileVersion: 3, summary: 5, sessionLog: 7 } as const;
const SUMMARY = { value: 1 } as const;
const VALUE = { tag: 1, simpleValue: 2, image: 4, histogram: 5 } as const;
const IMAGE = { height: 1, width: 2, colorspace: 3, encoded: 4 } as const;
const HISTOGRAM = { min: 1, max: 2, num: 3, sum: 4, sumSquares: 5, limits: 6, counts: 7 } as const;
const SESSION_LOG = { status: 1 } as const;
const START = 1;
const COLORSPACE = { 1: 1, 3: 3 } as const;

type Value = (writer: ProtobufWriter) => unknown;

const littleEndian = (values: ArrayLike<number>): Uint8Array => {
  const view = new DataView(new ArrayBuffer(8 * values.length));
  for (let i = 0; i < values.length; i++) view.setFloat64(8 * i, values[i], true);
  return new Uint8Array(view.buffer);
};

/** A field of eight bytes (wire type 1); field numbers below 16 have a tag of one byte. */
const double = (field: number, value: number): Uint8Array =>
  Uint8Array.of((field << 3) | 1, ...littleEndian([value]));

/** Fields one after the other are a message. */
const joined = (...parts: readonly Uint8Array[]): Uint8Array => Buffer.concat(parts);

/** An event of a summary file, at a time in seconds since 1970. */
const event = (seconds: number, write: Value): Uint8Array => {
  const writer = new ProtobufWriter();
  write(writer);
  return joined(double(EVENT.wallTime, seconds), writer.bytes());
};

/** The first event of every file. */
export const versionEvent = (seconds: number): Uint8Array =>
  event(seconds, (writer) => writer.string(EVENT.fileVersion, 'brain.Event:2'));

/** Says that a run goes on at this step: what was logged for it and later steps is forgotten. */
export const restartEvent = (seconds: number, step: number): Uint8Array =>
  event(seconds, (writer) =>
    writer
      .int(EVENT.step, step)
      .message(EVENT.sessionLog, (session) => session.int(SESSION_LOG.status, START)),
  );

/** Some values of one step. */
export const summaryEvent = (seconds: number, step: number, values: readonly Value[]): Uint8Array =>
  event(seconds, (writer) =>
    writer.int(EVENT.step, step).message(EVENT.summary, (summary) => {
      for (const value of values) summary.message(SUMMARY.value, value);
    }),
  );

export const scalar =
  (tag: string, value: number): Value =>
  (writer) =>
    writer.string(VALUE.tag, tag).float(VALUE.simpleValue, value);

export const image =
  (tag: string, picture: Picture): Value =>
  (writer) =>
    writer
      .string(VALUE.tag, tag)
      .message(VALUE.image, (inner) =>
        inner
          .int(IMAGE.height, picture.height)
          .int(IMAGE.width, picture.width)
          .int(IMAGE.colorspace, COLORSPACE[picture.channels])
          .raw(IMAGE.encoded, encodePng(picture)),
      );

export function histogram(tag: string, counted: Histogram): Value {
  const { min, max, count, sum, sumSquares, limits, counts } = counted;
  const lists = new ProtobufWriter()
    .raw(HISTOGRAM.limits, littleEndian(limits))
    .raw(HISTOGRAM.counts, littleEndian(counts));
  const message = joined(
    double(HISTOGRAM.min, min),
    double(HISTOGRAM.max, max),
    double(HISTOGRAM.num, count),
    double(HISTOGRAM.sum, sum),
    double(HISTOGRAM.sumSquares, sumSquares),
    lists.bytes(),
  );
  return (writer) => writer.string(VALUE.tag, tag).raw(VALUE.histogram, message);
}
