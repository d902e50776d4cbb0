import type { WaveFile } from 'wavefile';
import { TrainerError } from '../../errors.js';
import { readPlainFile } from '../../files/read-plain-file.js';

const MAX_FILE_BYTES = 2 ** 30;

/** Format tags of what is read here (mmreg.h of Windows); an extensible format has its tag in the sub-format. */
const [PCM, FLOAT, A_LAW, MU_LAW, EXTENSIBLE] = [1, 3, 6, 7, 0xfffe];
/** And of what is met in files now and then. */
const NAMES: Readonly<Record<number, string>> = {
  [PCM]: 'PCM',
  [FLOAT]: 'floats',
  [A_LAW]: 'A-law',
  [MU_LAW]: 'µ-law',
  2: 'Microsoft ADPCM',
  17: 'IMA ADPCM',
  49: 'GSM 6.10',
  80: 'MPEG',
  85: 'MP3',
  255: 'AAC',
  353: 'Windows Media Audio',
};
/** Bits of a sample, for each format that is read. */
const BITS: Readonly<Record<number, readonly number[]>> = {
  [PCM]: [8, 16, 24, 32],
  [FLOAT]: [32, 64],
  [A_LAW]: [8],
  [MU_LAW]: [8],
};

interface Format {
  audioFormat: number;
  readonly bitsPerSample: number;
  readonly numChannels: number;
  readonly sampleRate: number;
  readonly subformat: readonly number[];
}

interface Data {
  /** As the header says. */
  readonly chunkSize: number;
  /** The bytes that are there. */
  readonly samples: Uint8Array;
}

export interface Sound {
  /** Samples per second. */
  readonly rate: number;
  /** Between −1 and 1, all channels mixed to one. */
  readonly samples: Float32Array;
  /** How far from 0 samples were before they were cut off at full scale. */
  readonly peak: number;
  /** The file ends before all that its header tells of. */
  readonly isCutShort: boolean;
}

/** Where the header of a stream's data, whose length nobody knew, begins to claim what no file here holds. */
const UNKNOWN_BYTES = 2 ** 31 - 2 ** 16;

/** @throws TrainerError "bad-file" saying what is wrong, or how the samples are coded where that is not read here */
export async function readWav(path: string): Promise<Sound> {
  const { default: wavefile } = await import('wavefile');
  let bytes: Uint8Array;
  try {
    bytes = await readPlainFile(path, { maxBytes: MAX_FILE_BYTES });
  } catch (error) {
    throw new TrainerError('bad-file', (error as Error).message, { cause: error });
  }
  try {
    const packed = new wavefile.WaveFile(bytes);
    const { chunkSize, samples } = packed.data as Data;
    const isCutShort = chunkSize > samples.length && chunkSize < UNKNOWN_BYTES;
    const { numChannels, sampleRate, bitsPerSample } = packed.fmt as Format;
    // An odd number of bytes is followed by one more, which the library takes for a sample.
    const count = Math.floor((Math.min(chunkSize, samples.length) * 8) / (bitsPerSample * numChannels));
    const all = samplesOf(unpacked(packed, wavefile.WaveFile));
    return { rate: sampleRate, ...mix(all.subarray(0, count * numChannels), numChannels), isCutShort };
  } catch (cause) {
    const reason = String((cause as Error)?.message ?? cause);
    throw new TrainerError('bad-file', `${path}: not a readable WAV file (${reason}).`, { cause });
  }
}

/** Whole numbers become shares of 2^(bits − 1), as in libsndfile and torchaudio: the lowest is −1. Those of 8 bits have 128 for 0. */
function samplesOf(wav: WaveFile): Float32Array {
  const { audioFormat, bitsPerSample } = wav.fmt as Format;
  const all = Float32Array.from(wav.getSamples(true, Float64Array) as unknown as Float64Array);
  if (audioFormat === FLOAT) return all;
  const zero = bitsPerSample === 8 ? 128 : 0;
  const full = 2 ** (bitsPerSample - 1);
  return all.map((value) => (value - zero) / full);
}

/** The library takes whatever it does not know for PCM, and an extensible format's floats too. */
function unpacked(wav: WaveFile, Wave: typeof WaveFile): WaveFile {
  const format = wav.fmt as Format;
  const isExtensible = format.audioFormat === EXTENSIBLE;
  const tag = isExtensible ? (format.subformat[0] ?? EXTENSIBLE) : format.audioFormat;
  requireKnown(tag, format.bitsPerSample);
  if (isExtensible && tag !== PCM) {
    format.audioFormat = tag;
    return unpacked(new Wave(wav.toBuffer()), Wave);
  }
  // Its `toBitDepth` unpacks these too, but scales them by the bits that they had before.
  if (tag === A_LAW) wav.fromALaw();
  if (tag === MU_LAW) wav.fromMuLaw();
  return wav;
}

function requireKnown(tag: number, bits: number): void {
  if (BITS[tag]?.includes(bits)) return;
  const what = `${NAMES[tag] ?? 'of another kind'} (format tag 0x${tag.toString(16)}, ${bits} bits)`;
  throw new Error(
    `its samples are ${what}; expected PCM of 8 to 32 bits, floats, A-law or µ-law. Convert it to PCM`,
  );
}

/** The mean of interleaved channels, cut off at full scale. */
function mix(interleaved: Float32Array, channels: number): Pick<Sound, 'samples' | 'peak'> {
  const samples = new Float32Array(Math.floor(interleaved.length / channels));
  let peak = 0;
  for (let i = 0; i < samples.length; i++) {
    let sum = 0;
    for (let c = 0; c < channels; c++) sum += interleaved[i * channels + c];
    const mean = sum / channels;
    if (Math.abs(mean) > peak) peak = Math.abs(mean);
    samples[i] = Math.min(1, Math.max(-1, mean));
  }
  return { samples, peak };
}
