import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { lookAtMachine } from './machine.js';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'vae-machine-'));
});
afterEach(() => rmSync(root, { recursive: true }));

function put(path: string, text = ''): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text);
}

const look = () => lookAtMachine({ root, os: 'linux', architecture: 'x64' });

describe('lookAtMachine', () => {
  it('knows nothing of a machine without such files', () => {
    expect(look()).toEqual({
      os: 'linux',
      architecture: 'x64',
      musl: false,
      distributions: [],
      nvidia: false,
      nvidiaDriver: undefined,
    });
  });

  it('reads the distribution and what it is like', () => {
    put('etc/os-release', 'NAME="Ubuntu"\nID=ubuntu\nID_LIKE=debian\n');
    expect(look().distributions).toEqual(['ubuntu', 'debian']);
    put('etc/os-release', 'ID="rocky"\nID_LIKE="rhel centos fedora"\n');
    expect(look().distributions).toEqual(['rocky', 'rhel', 'centos', 'fedora']);
  });

  it('sees musl by its loader', () => {
    put('lib/ld-musl-x86_64.so.1');
    expect(look().musl).toBe(true);
  });

  it('finds a card by its maker and class, and the driver by its version', () => {
    put('sys/bus/pci/devices/0000:00:1f.0/vendor', '0x8086\n');
    put('sys/bus/pci/devices/0000:00:1f.0/class', '0x030000\n');
    put('sys/bus/pci/devices/0000:01:00.1/vendor', '0x10de\n');
    put('sys/bus/pci/devices/0000:01:00.1/class', '0x040300\n');
    expect(look().nvidia).toBe(false);
    put('sys/bus/pci/devices/0000:02:00.0/vendor', '0x10de\n');
    put('sys/bus/pci/devices/0000:02:00.0/class', '0x030200\n');
    expect(look()).toMatchObject({ nvidia: true, nvidiaDriver: undefined });
    put(
      'proc/driver/nvidia/version',
      'NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  580.95.05  Release Build\nGCC version: gcc 12.3.0\n',
    );
    expect(look().nvidiaDriver).toBe('580.95.05');
  });
});
