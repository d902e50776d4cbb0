/** What an output's name says that it holds. */
export type Meaning =
  | 'mean'
  | 'logvar'
  | 'std'
  | 'logstd'
  | 'variance'
  | 'moments'
  | 'code'
  | 'logits'
  | 'data';

const words: Readonly<Record<Meaning, readonly string[]>> = {
  mean: ['mu', 'mean', 'means', 'loc', 'average'],
  logvar: [
    'logvar',
    'logvars',
    'logvariance',
    'lnvar',
    'lnvariance',
    'logsigma2',
    'logsigmasq',
    'logsigmasquared',
    'logcovariance',
  ],
  std: ['std', 'sigma', 'scale', 'stddev', 'stdev', 'standarddeviation'],
  logstd: ['logstd', 'logsigma', 'logstddev', 'logscale', 'lnstd', 'lnsigma'],
  variance: ['var', 'vars', 'variance', 'sigma2', 'sigmasq', 'sigmasquared'],
  moments: ['latentparameters', 'parameters', 'params', 'moments', 'meanlogvar', 'mulogvar'],
  code: [
    'z',
    'latent',
    'latents',
    'latentsample',
    'sample',
    'sampling',
    'code',
    'codes',
    'embedding',
    'encoded',
  ],
  logits: ['logits', 'logit'],
  data: [
    'x',
    'xhat',
    'xrecon',
    'recon',
    'reconx',
    'reconstruction',
    'reconstructed',
    'decoded',
    'probs',
    'image',
  ],
};

const meanings = new Map(
  Object.entries(words).flatMap(([meaning, list]) => list.map((word) => [word, meaning as Meaning] as const)),
);

/** Parts of names that say where a value belongs, not what it is: `z_mean`, `fc_mu`, `mean_vector`. */
const before = /^(z|latent|posterior|encoder|decoder|enc|dec|fc|q|x)(?=.)/;
const after = /(?<=.)(vector|layer|output|out|z|x)$/;

/**
 * What a name says, whatever its case and separators. TensorFlow's names are paths ('model/z_mean/BiasAdd:0'), of
 * which any part may say it.
 *
 * @example meaningOf('encoder/z_log_var/BiasAdd:0') // 'logvar'
 */
export function meaningOf(name: string): Meaning | undefined {
  const parts = name.toLowerCase().replace(/:\d+$/, '').split('/');
  return parts.map(partMeaning).find((meaning) => meaning !== undefined);
}

function partMeaning(part: string): Meaning | undefined {
  // Keras counts names that come twice: z_mean_1.
  const word = part.replace(/_\d+$/, '').replace(/[^a-z0-9]/g, '');
  const candidates = [
    word,
    word.replace(before, ''),
    word.replace(after, ''),
    word.replace(before, '').replace(after, ''),
  ];
  const known = candidates.find((candidate) => meanings.has(candidate));
  return known === undefined ? undefined : meanings.get(known);
}
