import type { Wheel } from './wheels.js';

export interface OpenWheel {
  /** An empty folder for files that are in the way, on the disk that the libraries go to. */
  readonly scratch: string;
  /** Called with how much of the wheel has been downloaded. */
  onBytes(bytes: number): void;
}

/** A way to the Python Package Index. */
export interface WheelSource {
  /** For the user: where the files come from. */
  readonly name: string;
  /**
   * The bytes of a wheel. They are the right ones only once the iteration has come to its end without an error.
   *
   * @throws UsageError while iterating
   */
  open(wheel: Wheel, options: OpenWheel): AsyncIterable<Uint8Array>;
}

/** The one build of a wheel that is taken: x64 Linux, and of those that are for one Python the one for 3.12. */
export function isTheBuild(filename: string, { project, version }: Wheel): boolean {
  const [name, itsVersion, python, abi, platform = ''] = filename.replace(/\.whl$/, '').split('-');
  return (
    filename.endsWith('.whl') &&
    name === project.replaceAll('-', '_') &&
    itsVersion === version &&
    ['py3-none', 'cp312-cp312'].includes(`${python}-${abi}`) &&
    /^manylinux\w*_x86_64(\.|$)/.test(platform)
  );
}
