import { create, type Spec } from '../choice.js';
import type { Gaussian } from '../distributions/gaussian.js';
import { TrainerError } from '../errors.js';
import { formatShape, sampleSize } from '../graph/shape.js';
import { constant, type Value } from '../graph/value.js';
import { layers } from '../layers/index.js';
import { type InitializerName, zeros } from '../layers/initializers.js';
import { LayerScope } from '../layers/layer.js';
import { stack } from '../layers/stack.js';
import type { Trace } from '../layers/trace.js';
import type { Likelihood } from '../likelihoods/likelihood.js';
import type { Model } from '../objectives/objective.js';
import { add, concat, flatten, matMul, repeatRows, reshape, slice, sumPerSample } from '../ops/index.js';

/** The networks of a recipe. */
export interface NetworkSpec {
  /** Size D of the latent vector. */
  readonly latent: number;
  /** Whether both halves are given the class of a sample: the encoder beside the sample, the decoder beside its code. */
  readonly conditional?: boolean;
  /** `joint`: one dense layer gives mean and log-variance; `separate`: one layer each. The same function either way. */
  readonly heads: 'joint' | 'separate';
  readonly init: InitializerName;
  readonly encoder: readonly Spec[];
  readonly decoder: readonly Spec[];
}

/**
 * Encoder, decoder and likelihood, written into the graph that `trace` gathers: q(z|x) and p(x|z), or q(z|x, y) and
 * p(x|z, y) where there is a label y [N, K], with a prior that does not depend on it.
 *
 * @see Kingma et al. 2014, arXiv:1406.5298, eq. 2; Sohn et al. 2015, Learning Structured Output Representation using Deep
 *   Conditional Generative Models, section 4
 */
export class Vae implements Model {
  constructor(
    private readonly spec: NetworkSpec,
    private readonly likelihood: Likelihood,
    private readonly latent: 'gaussian' | 'deterministic',
    private readonly trace: Trace,
    private readonly label?: Value,
  ) {}

  private stack(name: string, specs: readonly Spec[], x: Value): Value {
    const scope = new LayerScope(this.trace, name, this.spec.init);
    return stack((spec) => create(layers, spec), specs, x, scope);
  }

  private head(name: string, features: Value, size: number): Value {
    const scope = new LayerScope(this.trace, `encoder.${name}`, this.spec.init);
    const fanIn = features.shape[1] as number;
    return add(matMul(features, scope.weight([fanIn, size], { fanIn, fanOut: size })), scope.bias([size]));
  }

  /**
   * The sample as the encoder's layers take it: x, or x + y·E with a learned row of the sample's size for each class. A code
   * whose encoder cannot tell the class from it has to hold the class itself, and a draw from the prior is of any then.
   * The sum fits every kind of data and of first layer; the rows are 0 at first, and the encoder q(z|x).
   */
  private ofClass(x: Value): Value {
    if (!this.label) return x;
    const scope = new LayerScope(this.trace, 'encoder.label', this.spec.init);
    const size = [this.label.shape[1] as number, sampleSize(x.shape)];
    return add(x, reshape(matMul(this.label, scope.parameter('weight', size, zeros)), x.shape));
  }

  encode(x: Value): Gaussian {
    const features = flatten(this.stack('encoder', this.spec.encoder, this.ofClass(x)));
    const size = this.spec.latent;
    if (this.latent === 'deterministic')
      return { mean: this.head('mean', features, size), logVar: constant(-Infinity) };
    if (this.spec.heads === 'separate')
      return { mean: this.head('mean', features, size), logVar: this.head('logvar', features, size) };
    const both = this.head('mean-logvar', features, 2 * size);
    return {
      mean: slice(both, { axis: 1, start: 0, end: size }),
      logVar: slice(both, { axis: 1, start: size, end: 2 * size }),
    };
  }

  decode(z: Value): Value {
    const given = this.label ? concat([z, repeatRows(this.label, sampleSize([z.shape[0]]))], 1) : z;
    const output = this.stack('decoder', this.spec.decoder, given);
    const [have, want] = [output.shape.slice(1), this.trace.dataShape];
    if (sampleSize(have) !== sampleSize(want))
      throw new TrainerError(
        'bad-recipe',
        `decoder: it ends with ${formatShape(have)} (${sampleSize(have)} numbers), but a sample of the data is ` +
          `${formatShape(want)} (${sampleSize(want)} numbers). Change its last layers or the data's size, or have a recipe ` +
          'written for these data: vae-train init --data SPEC',
      );
    return reshape(output, [z.shape[0], ...want]);
  }

  logLikelihood(x: Value, output: Value): Value {
    return sumPerSample(this.likelihood.logDensity(x, output, this.trace));
  }

  /** E[x|z], of the data's shape. */
  expected(output: Value): Value {
    return this.likelihood.expected(output);
  }
}
