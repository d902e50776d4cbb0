import { VaeError } from '../errors.js';
import type { ModelScan } from '../onnx/scan.js';
import { keyOf } from '../onnx/upstream.js';

/** Domains whose operators every build of ONNX Runtime knows; '' is ai.onnx. */
const knownDomains: ReadonlySet<string> = new Set(['', 'ai.onnx.ml', 'com.microsoft']);

/**
 * Refuses operators that need a library of their own. Functions that the model defines itself are fine.
 *
 * @throws VaeError "unsupported" naming the operator and its domain
 */
export function assertOperators({ nodes, functions }: ModelScan, where: string): void {
  const own = new Set(functions.map(keyOf));
  const used = [...nodes, ...[...nodes, ...functions].flatMap(({ within }) => within)];
  const strange = used.find((operator) => !knownDomains.has(operator.domain) && !own.has(keyOf(operator)));
  if (!strange) return;
  const [op, domain] = [strange.op, strange.domain].map((name) => JSON.stringify(name.slice(0, 100)));
  throw new VaeError(
    'unsupported',
    `${where}: operator ${op} is of the domain ${domain}, which needs a library of its own; known are ai.onnx, ` +
      'ai.onnx.ml and com.microsoft. Export the model without it.',
  );
}
