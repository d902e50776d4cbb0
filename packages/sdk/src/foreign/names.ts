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

/** Meanings that one word among others gives away; a code or data may be in the name of anything. */
const telling: ReadonlySet<Meaning> = new Set<Meaning>([
  'mean',
  'logvar',
  'std',
  'logstd',
  'variance',
  'moments',
  'logits',
]);

/** Words of the longest name of those, as in 'log_sigma_squared'. */
const longestRun = 3;

/**
 * What a name says, whatever its case and separators. TensorFlow's names are paths ('model/z_mean/BiasAdd:0'), of
 * which any part may say it.
 *
 * @example meaningOf('encoder/z_log_var/BiasAdd:0') // 'logvar'
 */
export function meaningOf(name: string): Meaning | undefined {
  const parts = name
    .replace(/([a-z])([A-Z])/g, '$1_$2')
    .toLowerCase()
    .replace(/:\d+$/, '')
    .split('/');
  // Keras counts names that come twice: z_mean_1.
  const names = parts.map((part) => part.replace(/_\d+$/, ''));
  return names.map(wholeMeaning).find((meaning) => meaning !== undefined) ?? amongWords(names);
}

function wholeMeaning(name: string): Meaning | undefined {
  const word = name.replace(/[^a-z0-9]/g, '');
  const candidates = [
    word,
    word.replace(before, ''),
    word.replace(after, ''),
    word.replace(before, '').replace(after, ''),
  ];
  const known = candidates.find((candidate) => meanings.has(candidate));
  return known === undefined ? undefined : meanings.get(known);
}

/**
 * What some of the words say, as in 'q_z_log_var' or 'mu_head'; nothing where two disagree, and of a deviation, which
 * another word may make something else, as in 'std_squared'.
 */
function amongWords(names: readonly string[]): Meaning | undefined {
  const [only, ...more] = new Set(names.flatMap((name) => longestKnown(name.split(/[^a-z0-9]+/))));
  return more.length > 0 || only === 'std' ? undefined : only;
}

/** What the longest runs of words say that are known. */
function longestKnown(words: readonly string[]): readonly Meaning[] {
  for (let length = longestRun; length > 0; length--) {
    const runs = words.slice(length - 1).map((_, from) => words.slice(from, from + length).join(''));
    const said = runs.flatMap((run) => meanings.get(run) ?? []).filter((meaning) => telling.has(meaning));
    if (said.length > 0) return said;
  }
  return [];
}
