import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** What about a machine decides which devices can work on it, as far as files tell. */
export interface Machine {
  /** Node's name of the operating system and of the processor's architecture. */
  readonly os: string;
  readonly architecture: string;
  /** The C library is musl, as on Alpine; native packages are built for glibc. */
  readonly musl: boolean;
  /** Families of Linux distributions, the closest first, such as ['ubuntu', 'debian']. */
  readonly distributions: readonly string[];
  /** There is a graphics card by NVIDIA. */
  readonly nvidia: boolean;
  /** Version of NVIDIA's kernel driver, such as '580.95.05'. */
  readonly nvidiaDriver?: string;
}

/** By whom a PCI device is, and what kinds of it compute: VGA and 3D controllers. */
const nvidiaVendor = '0x10de';
const displayClass = /^0x03/;

/**
 * Looks at this machine.
 *
 * @param place where its files are and what Node says of it; for tests
 */
export function lookAtMachine({
  root = '/',
  os = process.platform as string,
  architecture = process.arch as string,
} = {}): Machine {
  const read = (path: string) => textOf(join(root, path));
  const nvidiaDriver = /\b(\d+\.\d+(\.\d+)?)\b/.exec(read('proc/driver/nvidia/version'))?.[1];
  return {
    os,
    architecture,
    musl: os === 'linux' && namesIn(join(root, 'lib')).some((name) => name.startsWith('ld-musl-')),
    distributions: distributionsOf(read('etc/os-release')),
    nvidia: nvidiaDriver !== undefined || hasNvidiaCard(join(root, 'sys/bus/pci/devices')),
    nvidiaDriver,
  };
}

/** `ID=ubuntu`, `ID_LIKE="debian"`. */
function distributionsOf(release: string): string[] {
  return ['ID', 'ID_LIKE'].flatMap((key) => {
    const value = new RegExp(`^${key}=["']?([^"'\\n]*)`, 'm').exec(release)?.[1] ?? '';
    return value.split(/\s+/).filter(Boolean);
  });
}

function hasNvidiaCard(folder: string): boolean {
  return namesIn(folder).some(
    (name) =>
      textOf(join(folder, name, 'vendor')).trim() === nvidiaVendor &&
      displayClass.test(textOf(join(folder, name, 'class'))),
  );
}

function namesIn(folder: string): string[] {
  return existsSync(folder) ? readdirSync(folder) : [];
}

/** Empty for what cannot be read. */
function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
