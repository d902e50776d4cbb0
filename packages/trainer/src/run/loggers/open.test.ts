import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { tinyRecipe } from '../../testing/tiny-training.js';
import { RunFolder } from '../folder.js';
import type { EpochRecord } from '../types.js';
import { type EpochLook, epochScalars } from './logger.js';
import { openLoggers, parseLog } from './open.js';

const record: EpochRecord = {
  epoch: 1,
  step: 6,
  train: { loss: 2, bound: null },
  test: { loss: 3, bound: -3, samples: 20, standardError: 0.5 },
  seconds: 1,
  samplesPerSecond: 100,
  waited: 0.25,
  klPerDimension: [1.5, 0],
  activeUnits: 1,
};

const picture = { width: 2, height: 1, channels: 1 as const, data: new Uint8Array(2) };
const look: EpochLook = {
  weights: { w: { data: Float32Array.of(1, 2, 3), shape: [3] } },
  codes: { mean: Float32Array.of(0, 1), logvar: Float32Array.of(0, 0), latent: 2, samples: 1 },
  pictures: { reconstructions: picture, samples: picture },
};

let folder: RunFolder;
beforeEach(async () => {
  folder = new RunFolder(await mkdtemp(join(tmpdir(), 'vae-log-')));
});
afterEach(() => rm(folder.path, { recursive: true }));

const options = (onNote?: (text: string) => void) => ({ folder, recipe: tinyRecipe(), startStep: 0, onNote });

describe('parseLog', () => {
  it('splits at the first colon', () => {
    expect(parseLog('tensorboard')).toEqual({ name: 'tensorboard', argument: undefined });
    expect(parseLog('mlflow:http://a:1/b')).toEqual({ name: 'mlflow', argument: 'http://a:1/b' });
  });

  it('names what there is', () => {
    expect(() => parseLog('tensorbord')).toThrow(
      'log "tensorbord" is not known; did you mean "tensorboard"? Choose of: tensorboard, mlflow.',
    );
    expect(() => parseLog('toString')).toThrow('is not known. Choose of');
  });
});

it('names the numbers of an epoch by part', () => {
  expect(Object.fromEntries(epochScalars(record))).toEqual({
    'train/loss': 2,
    'test/loss': 3,
    'test/bound': -3,
    'test/standardError': 0.5,
    'latent/activeUnits': 1,
    'latent/kl/z0': 1.5,
    'latent/kl/z1': 0,
    'speed/samplesPerSecond': 100,
    'speed/waited': 0.25,
  });
});

it('makes one TensorBoard file per start, in the order of their names, and no folder for none', async () => {
  await (await openLoggers([], options())).close();
  expect(await readdir(folder.path)).toEqual([]);
  for (let start = 0; start < 2; start++) await (await openLoggers(['tensorboard'], options())).close();
  const names = (await readdir(folder.tensorboard())).sort();
  expect(names.map((name) => name.replace(/\d+$/, 'TIME'))).toEqual([
    'events.out.tfevents.0001.TIME',
    'events.out.tfevents.0002.TIME',
  ]);
  expect(folder.holdsRun()).toBe(true);
  await (await folder.setAside()).drop();
  expect(await readdir(folder.path)).toEqual([]);
});

/** What an MLflow server is asked, and answers by its REST API's description. */
async function mlflowServer() {
  const asked: { path: string; body: Record<string, unknown> }[] = [];
  const state = { broken: false };
  const server = createServer(async (request, response) => {
    const url = new URL(request.url!, 'http://localhost');
    let text = '';
    for await (const chunk of request) text += chunk;
    const path = url.pathname.replace('/api/2.0/mlflow/', '');
    asked.push({ path, body: text ? JSON.parse(text) : Object.fromEntries(url.searchParams) });
    const answers: Record<string, [number, object]> = {
      'experiments/get-by-name': [404, { error_code: 'RESOURCE_DOES_NOT_EXIST', message: 'none' }],
      'experiments/create': [200, { experiment_id: '7' }],
      'runs/create': [200, { run: { info: { run_id: 'abc' } } }],
    };
    const [status, answer] = state.broken ? [500, { message: 'full' }] : (answers[path] ?? [200, {}]);
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(answer));
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const close = () =>
    new Promise<void>((closed) => {
      server.close(() => closed());
      server.closeAllConnections();
    });
  return { url, asked, state, close };
}

describe('MLflow', () => {
  it('gets parameters, numbers and the end of a run through its REST API', async () => {
    const server = await mlflowServer();
    try {
      const log = await openLoggers([`mlflow:${server.url}/digits`], options());
      await log.step({ kind: 'step', step: 5, epoch: 1, loss: 1.5, bound: null });
      await log.epoch(record, look);
      await log.close();
      expect(server.asked.map(({ path }) => path)).toEqual([
        'experiments/get-by-name',
        'experiments/create',
        'runs/create',
        'runs/log-batch',
        'runs/log-batch',
        'runs/log-batch',
        'runs/update',
      ]);
      const [found, made, run, given, step, epoch, end] = server.asked.map(({ body }) => body);
      expect([found, made]).toEqual([{ experiment_name: 'digits' }, { name: 'digits' }]);
      expect(run).toMatchObject({ experiment_id: '7', run_name: 'tiny' });
      expect(given.params).toContainEqual({ key: 'batch', value: '8' });
      expect(step).toMatchObject({ run_id: 'abc', metrics: [{ key: 'step/loss', value: 1.5, step: 5 }] });
      expect((epoch.metrics as { key: string }[]).map(({ key }) => key)).toContain('test/loss');
      expect(end).toMatchObject({ run_id: 'abc', status: 'FINISHED' });
    } finally {
      await server.close();
    }
  });

  it('that goes away ends no run: a note, and nothing more is sent', async () => {
    const server = await mlflowServer();
    try {
      const notes: string[] = [];
      const log = await openLoggers(
        [`mlflow:${server.url}/digits`],
        options((text) => notes.push(text)),
      );
      server.state.broken = true;
      const before = server.asked.length;
      for (const step of [1, 2]) await log.step({ kind: 'step', step, epoch: 1, loss: 1 });
      await log.close();
      expect(server.asked.length - before).toBe(1);
      expect(notes).toEqual([
        'MLflow takes nothing any more (runs/log-batch: 500 full); from here on, numbers go to metrics.jsonl alone.',
      ]);
    } finally {
      await server.close();
    }
  });

  it('that was never there is said before training', async () => {
    const server = await mlflowServer();
    await server.close();
    await expect(openLoggers([`mlflow:${server.url}`], options())).rejects.toMatchObject({
      code: 'bad-option',
      message: expect.stringContaining('no MLflow server answers there'),
    });
    await expect(openLoggers(['mlflow'], options())).rejects.toThrow(
      'log "mlflow": names no server. Give mlflow:http://HOST:PORT/EXPERIMENT.',
    );
  });
});
