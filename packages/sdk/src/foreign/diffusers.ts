import { code, type Encoded, sideBySide } from './encoder.js';
import type { ForeignGraph } from './graph.js';

/**
 * The convention of diffusers and optimum: `sample` in, `latent_parameters` (moments) or `latent_sample` (a code or a
 * draw) out; `latent_sample` in, `sample` out. Pixels are in [-1, 1], axes N C H W.
 */
export const pixelRange: readonly [number, number] = [-1, 1];

/** Limits that diffusers puts on a log-variance (DiagonalGaussianDistribution). */
const logvarRange: readonly [number, number] = [-30, 20];

const names = { pixels: 'sample', moments: 'latent_parameters', latents: 'latent_sample' } as const;

/** True for an encoder whose names are those of the convention. */
export function isDiffusersEncoder({ input, outputs }: ForeignGraph): boolean {
  return (
    input.name === names.pixels &&
    outputs.some(({ name }) => name === names.moments || name === names.latents)
  );
}

/** True for a decoder whose names are those of the convention. */
export function isDiffusersDecoder({ input, outputs }: ForeignGraph): boolean {
  return input.name === names.latents && outputs.length === 1 && outputs[0]!.name === names.pixels;
}

/** What an encoder gives whose class makes standard deviations of the moments' second half by a softplus. */
export function withSoftplus(encoded: Encoded): Encoded {
  const read = (port: Encoded['ports'][number]) =>
    port.role === 'logvar' && port.part ? { ...port, map: 'oobleck' as const } : port;
  return { ...encoded, ports: encoded.ports.map(read) };
}

/**
 * What an encoder of the convention gives. A legacy file, whose encoder draws from the posterior, has the same names as
 * one of a deterministic autoencoder; the random operator in the former tells them apart.
 */
export function diffusersEncoded(graph: ForeignGraph): Encoded {
  const { outputs } = graph;
  const moments = outputs.find(({ name }) => name === names.moments);
  if (moments) {
    const { ports, ...rest } = sideBySide(graph, moments, 0);
    return {
      ...rest,
      ports: ports.map((port) => (port.role === 'logvar' ? { ...port, clamp: logvarRange } : port)),
    };
  }
  const latents = outputs.find(({ name }) => name === names.latents)!;
  return code(latents.random ? 'sampled' : 'deterministic', latents);
}
