import type { OrtBuild, OrtHost } from '../host.js';
import type { DeviceName } from '../types.js';

type Reason = string | undefined;

/** One kind of processor that models run on. All texts are clauses that follow "device '...' is not there:". */
export interface DeviceRecord {
  readonly name: DeviceName;
  /** Creating and running happen one at a time in the whole thread. */
  readonly serial?: boolean;
  /** It is the processor's cores, so that sessions of one thread each work side by side. */
  readonly cores?: boolean;
  /** ONNX Runtime plans memory by patterns of earlier runs, which not every execution provider stands. */
  readonly memoryPattern?: boolean;
  build(host: OrtHost): OrtBuild;
  /** Why it cannot be here and what to do, seen without loading ONNX Runtime; undefined when a trial is worth it. */
  absent(host: OrtHost): Reason | Promise<Reason>;
  /** Why 'auto' passes by what may well be here; undefined when it does not. */
  avoided?(host: OrtHost, modelBytes: number | undefined): Reason | Promise<Reason>;
  /** What to look at when the trial failed. */
  advice?(host: OrtHost): Reason;
}

/** The devices that a place can have at all, in the order in which 'auto' tries them. */
export type Devices = Readonly<Partial<Record<DeviceName, DeviceRecord>>>;

/** What 'auto' says of devices that few machines have been seen to run. */
export const experimental = 'it is experimental; ask for it by name';

/** A part of one operating system, which the native build runs on. */
export const ofSystem = (name: DeviceName, system: OrtHost['os'], what: string): DeviceRecord => ({
  name,
  build: () => 'native',
  absent: (host) => (host.os === system ? undefined : `${what}, this is ${placeOf(host)}`),
  avoided: () => experimental,
});

/** Where the host is, for texts. */
export function placeOf({ os, architecture }: OrtHost): string {
  return os === 'browser' ? 'a browser' : `${os} ${architecture}`;
}
