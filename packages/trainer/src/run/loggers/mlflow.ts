import { TrainerError } from '../../errors.js';
import type { LogRecord } from '../folder.js';
import type { EpochRecord } from '../types.js';
import { epochScalars, type Logger, type LoggerKind, numbersOf } from './logger.js';

/** What a server takes in one request, and in one parameter. */
const MAX_METRICS = 1000;
const MAX_VALUE = 500;
const TIMEOUT_MS = 10_000;
const DEFAULT_EXPERIMENT = 'vae';

type Json = Readonly<Record<string, unknown>>;

/** `http://host:port/experiment` in its parts; the last part of the path names the experiment. */
function parseTarget(argument: string | undefined): { server: string; experiment: string } {
  const url = URL.canParse(argument ?? '') ? new URL(argument!) : undefined;
  if (url?.protocol !== 'http:' && url?.protocol !== 'https:')
    throw new TrainerError(
      'bad-option',
      `log "mlflow${argument ? `:${argument}` : ''}": names no server. Give mlflow:http://HOST:PORT/EXPERIMENT.`,
    );
  const parts = url.pathname.split('/').filter(Boolean);
  const experiment = decodeURIComponent(parts.pop() ?? DEFAULT_EXPERIMENT);
  return { server: [url.origin, ...parts].join('/'), experiment };
}

/** The part of MLflow's REST API, version 2.0, that logging needs. */
class Api {
  constructor(private readonly server: string) {}

  async call(method: 'GET' | 'POST', path: string, body: Json): Promise<Json & { error_code?: string }> {
    const url = new URL(`${this.server}/api/2.0/mlflow/${path}`);
    if (method === 'GET') url.search = new URLSearchParams(body as Record<string, string>).toString();
    const response = await fetch(url, {
      method,
      ...(method === 'POST' && {
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      }),
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    const answer = (await response.json()) as Json & { error_code?: string; message?: string };
    if (!response.ok && answer.error_code !== 'RESOURCE_DOES_NOT_EXIST')
      throw new Error(`${path}: ${response.status} ${answer.message ?? ''}`);
    return answer;
  }

  async experimentId(name: string): Promise<string> {
    const found = await this.call('GET', 'experiments/get-by-name', { experiment_name: name });
    if (found.experiment) return (found.experiment as { experiment_id: string }).experiment_id;
    return (await this.call('POST', 'experiments/create', { name })).experiment_id as string;
  }

  async createRun(experiment: string, name: string): Promise<string> {
    const experimentId = await this.experimentId(experiment);
    const body = { experiment_id: experimentId, run_name: name, start_time: Date.now() };
    const { run } = await this.call('POST', 'runs/create', body);
    return (run as { info: { run_id: string } }).info.run_id;
  }
}

/** A recipe's keys as parameters; MLflow knows text only. */
const parameters = (recipe: object) =>
  Object.entries(recipe).map(([key, value]) => {
    const text = typeof value === 'string' ? value : JSON.stringify(value);
    return { key, value: text.slice(0, MAX_VALUE) };
  });

class MlflowRun implements Logger {
  private lost = false;

  constructor(
    private readonly api: Api,
    private readonly runId: string,
    private readonly onNote?: (text: string) => void,
  ) {}

  /** A server that goes away is no reason to end a training run: its numbers are in metrics.jsonl too. */
  private async send(path: string, body: Json): Promise<void> {
    if (this.lost) return;
    try {
      await this.api.call('POST', path, { run_id: this.runId, ...body });
    } catch (error) {
      this.lost = true;
      this.onNote?.(
        `MLflow takes nothing any more (${(error as Error).message}); from here on, numbers go to metrics.jsonl alone.`,
      );
    }
  }

  private async log(step: number, scalars: readonly [name: string, value: number][]): Promise<void> {
    const timestamp = Date.now();
    const metrics = scalars
      .filter(([, value]) => Number.isFinite(value))
      .map(([key, value]) => ({ key, value, timestamp, step }));
    for (let i = 0; i < metrics.length; i += MAX_METRICS)
      await this.send('runs/log-batch', { metrics: metrics.slice(i, i + MAX_METRICS) });
  }

  parameters(recipe: object): Promise<void> {
    return this.send('runs/log-batch', { params: parameters(recipe) });
  }

  async step({ step, epoch: _, ...fields }: LogRecord): Promise<void> {
    await this.log(
      step,
      numbersOf(fields).map(([name, value]) => [`step/${name}`, value]),
    );
  }

  async epoch(record: EpochRecord): Promise<void> {
    await this.log(record.step, epochScalars(record));
  }

  async close(): Promise<void> {
    await this.send('runs/update', { status: 'FINISHED', end_time: Date.now() });
  }
}

/**
 * Parameters and numbers of a run on an MLflow server, through its REST API; a run that goes on becomes a new one
 * there, at the step where it goes on.
 *
 * @see https://mlflow.org/docs/latest/rest-api.html
 */
export const mlflow: LoggerKind = {
  summary: 'an MLflow server: mlflow:http://HOST:PORT/EXPERIMENT',
  async open(argument, { recipe, onNote }) {
    const { server, experiment } = parseTarget(argument);
    const api = new Api(server);
    try {
      const run = new MlflowRun(api, await api.createRun(experiment, recipe.name), onNote);
      await run.parameters(recipe);
      return run;
    } catch (cause) {
      throw new TrainerError(
        'bad-option',
        `log "mlflow:${argument}": no MLflow server answers there (${(cause as Error).message}). Start one, or leave it out.`,
        { cause },
      );
    }
  },
};
