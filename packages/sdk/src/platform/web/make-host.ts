import { isAppleWebKit } from '../../runtime/devices/apple.js';
import { devicesOfPages } from '../../runtime/devices/of-pages.js';
import type { OrtBuild, OrtHost } from '../../runtime/host.js';
import type { OrtModule } from '../../runtime/types.js';
import { nextTask } from './next-task.js';

const scope = globalThis as {
  crossOriginIsolated?: boolean;
  navigator?: { hardwareConcurrency?: number };
};

const processors = (): number => scope.navigator?.hardwareConcurrency ?? 1;

/**
 * A page or a Web Worker, as a place for ONNX Runtime. Apart from what starts workers: bundlers refuse a worker whose
 * script names itself as another worker.
 */
export function webHost(loadBuild: (build: OrtBuild) => Promise<OrtModule>): OrtHost {
  return {
    os: 'browser',
    architecture: '',
    devices: devicesOfPages,
    loadBuild,
    defaultThreads: () => (isAppleWebKit() ? 1 : Math.min(4, Math.ceil(processors() / 2))),
    // Threads need shared memory, which only cross-origin isolated pages have.
    wasmThreads: () => (scope.crossOriginIsolated ? processors() : 1),
    nextTask,
    warn: (text) => console.warn(text),
  };
}
