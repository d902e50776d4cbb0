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

export interface Sound {
  /** Samples per second. */
  readonly rate: number;
  /** Between −1 and 1, all channels mixed to one. */
  readonly samples: Float32Array;
}

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
    const wav = unpacked(new wavefile.WaveFile(bytes), wavefile.WaveFile);
    const { numChannels, sampleRate } = wav.fmt as Format;
    wav.toBitDepth('32f');
    const all = wav.getSamples(true, Float32Array) as unknown as Float32Array;
    return { rate: sampleRate, samples: mix(all, numChannels) };
  } catch (cause) {
    const reason = String((cause as Error)?.message ?? cause);
    throw new TrainerError('bad-file', `${path}: not a readable WAV file (${reason}).`, { cause });
  }
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
function mix(samples: Float32Array, channels: number): Float32Array {
  const mixed = new Float32Array(Math.floor(samples.length / channels));
  for (let i = 0; i < mixed.length; i++) {
    let sum = 0;
    for (let c = 0; c < channels; c++) sum += samples[i * channels + c];
    mixed[i] = Math.min(1, Math.max(-1, sum / channels));
  }
  return mixed;
}
