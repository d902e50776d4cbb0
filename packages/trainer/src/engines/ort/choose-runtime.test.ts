import { describe, expect, it } from 'vitest';
import { chooseRuntime, describeChoice } from './choose-runtime.js';

const cuda = (reason: string, chosen = false) => ({ device: 'cuda', chosen, reason }) as const;

describe('the device', () => {
  it('is noted in one line, with why it is not CUDA', () => {
    expect(
      describeChoice('cpu', [cuda('libcuda.so.1 is missing. It comes with a driver: install that')]),
    ).toBe('device: cpu (CUDA: libcuda.so.1 is missing)');
    expect(describeChoice('cuda', [cuda('it is the first that works', true)])).toBe('device: cuda');
    expect(describeChoice('cpu', [])).toBe('device: cpu');
  });

  it('that is asked for by name is taken without a note', async () => {
    const { runtime, note } = await chooseRuntime('cpu');
    expect([runtime.device, note]).toEqual(['cpu', undefined]);
  });

  it('that is chosen is noted', async () => {
    const { runtime, note } = await chooseRuntime();
    expect(note).toMatch(new RegExp(`^device: ${runtime.device}( \\(CUDA: .+\\))?$`));
  });

  it('that is not there is an error that says what to do', async () => {
    // ONNX Runtime has DirectML and Core ML on one system each, so that one of them is absent everywhere.
    const device = process.platform === 'win32' ? 'coreml' : 'dml';
    await expect(chooseRuntime(device as 'cuda')).rejects.toMatchObject({
      name: 'TrainerError',
      code: 'engine-failed',
      message: expect.stringMatching(new RegExp(`^device '${device}' is not there: .+, this is `)),
    });
  });
});
