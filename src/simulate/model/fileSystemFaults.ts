/** What goes wrong with the calls of processes on one host; may be changed while they run. */

export type FileCallType =
  | 'open'
  | 'read'
  | 'write'
  | 'stat'
  | 'lstat'
  | 'fstat'
  | 'chown'
  | 'chmod'
  | 'sync'
  | 'datasync'
  | 'close'
  | 'readdir'
  | 'readFile'
  | 'rename'
  | 'unlink'
  | 'mkdir'
  | 'truncate';

export interface FileCall {
  readonly type: FileCallType;
  /** For a call on a descriptor: what it was opened as. */
  readonly path: string;
  /** Of a rename. */
  readonly to?: string;
  /** Whether a success may change what is on disk, durability included. */
  readonly isMutating: boolean;
}

export interface FileFault {
  readonly types: readonly FileCallType[];
  /** Undefined: any; else the path itself and everything below it. */
  readonly path?: string;
  readonly errno: string;
  /** So many calls succeed first; 0 unless told. */
  readonly after?: number;
  /** So many fail then; 1 unless told. */
  readonly times?: number;
}

export interface FileFaults {
  /** Returns what takes it back. */
  readonly fail: (fault: FileFault) => () => void;
  /** `short`: writes put down half of what they are given. */
  writes: 'whole' | 'short';
  /** `deaf`: changes are not told, as after an overflow; `refused`: no watch is to be had. */
  watches: 'told' | 'deaf' | 'refused';
  readonly clear: () => void;
  /** Counts the call. Undefined: it does what it should. */
  readonly errnoOf: (call: FileCall) => string | undefined;
}

interface Armed {
  readonly fault: FileFault;
  passed: number;
  failed: number;
}

export function createFileFaults(): FileFaults {
  let armed: Armed[] = [];
  const faults: FileFaults = {
    writes: 'whole',
    watches: 'told',
    fail: (fault) => {
      const it = { fault, passed: 0, failed: 0 };
      armed.push(it);
      return () => {
        armed = armed.filter((one) => one !== it);
      };
    },
    clear: () => {
      armed = [];
      faults.writes = 'whole';
      faults.watches = 'told';
    },
    errnoOf: (call) => (armed.length === 0 ? undefined : strike(armed, call)),
  };
  return faults;
}

function strike(armed: readonly Armed[], call: FileCall): string | undefined {
  let errno: string | undefined;
  for (const it of armed) {
    const { types, path, after = 0, times = 1 } = it.fault;
    if (!types.includes(call.type)) continue;
    if (path !== undefined && call.path !== path && !call.path.startsWith(`${path}/`)) continue;
    if (it.passed < after) it.passed++;
    else if (it.failed < times) {
      it.failed++;
      errno ??= it.fault.errno;
    }
  }
  return errno;
}
