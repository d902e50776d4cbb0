import type { DeviceName } from '@vae/sdk/runtime';
import { describe, expect, it } from 'vitest';
import { advice } from './advice.js';
import type { Machine } from './machine.js';
import type { Present } from './present.js';

const linux: Machine = {
  os: 'linux',
  architecture: 'x64',
  musl: false,
  distributions: ['debian'],
  nvidia: false,
};
const withCard: Machine = { ...linux, nvidia: true };
const everything: Present = { native: true, driver: true, cuda: true };

const install = 'ONNXRUNTIME_NODE_INSTALL=skip npm i onnxruntime-node@1.30.0 (or vae doctor --fix)';

const cases: [string, DeviceName, Partial<Machine>, Partial<Present>, string | undefined][] = [
  ['without the package', 'cpu', {}, { native: false }, install],
  ['with the package', 'cpu', {}, {}, undefined],
  [
    'on Alpine',
    'cpu',
    { musl: true },
    {},
    'use an image with glibc, such as node:22-slim, or --device wasm;',
  ],
  [
    'on a Mac with an Intel processor',
    'cpu',
    { os: 'darwin' },
    {},
    'use --device wasm; onnxruntime-node has no build',
  ],
  ['without a card', 'cuda', {}, { driver: false }, 'use a machine with an NVIDIA card; a container'],
  [
    'without a driver',
    'cuda',
    withCard,
    { driver: false },
    "install NVIDIA's driver, 580 or newer, until nvidia-smi works",
  ],
  [
    'with an old driver',
    'cuda',
    { nvidiaDriver: '550.54.14' },
    {},
    "install NVIDIA's driver 580 or newer; this one is 550.54.14",
  ],
  ['with a driver only', 'cuda', { nvidiaDriver: '580.1' }, { cuda: false }, 'vae doctor --fix'],
  ['with a driver that no file tells of', 'cuda', {}, { cuda: false }, 'vae doctor --fix'],
  ['with all but the package', 'cuda', {}, { native: false }, install],
  ['with all', 'cuda', {}, {}, 'see whether nvidia-smi lists a card'],
  ['on Windows', 'cuda', { os: 'win32' }, {}, undefined],
  ['on Debian', 'webgpu', {}, {}, 'sudo apt install libvulkan1 mesa-vulkan-drivers'],
  [
    'on Ubuntu',
    'webgpu',
    { distributions: ['ubuntu', 'debian'] },
    {},
    'sudo apt install libvulkan1 mesa-vulkan-drivers',
  ],
  [
    'on Fedora',
    'webgpu',
    { distributions: ['fedora'] },
    {},
    'sudo dnf install vulkan-loader mesa-vulkan-drivers',
  ],
  ['on another distribution', 'webgpu', { distributions: ['nixos'] }, {}, undefined],
  ['on 64-bit Arm', 'webgpu', { architecture: 'arm64' }, {}, undefined],
  ['without the package', 'webgpu', {}, { native: false }, install],
  ['on Linux', 'coreml', {}, { native: false }, undefined],
  ['on Windows without the package', 'dml', { os: 'win32' }, { native: false }, install],
  ['anywhere', 'wasm', {}, {}, 'npm i onnxruntime-web'],
];

describe('advice', () => {
  it.each(cases)('%s: %s', (_, device, machine, present, expected) => {
    const given = advice[device]({ ...linux, ...machine }, { ...everything, ...present });
    if (expected === undefined) expect(given).toBeUndefined();
    else expect(given).toContain(expected);
  });
});
