/**
 * supervisord's process structs as `ProcessStatus`.
 *
 * Numbers may come as text (the codec leaves `i8` so), and `statename` is not looked at: other
 * supervisors spell it differently.
 */
import { err, ok, type Result } from '../domain/result.ts';
import type { ProcessState, ProcessStatus } from '../domain/types.ts';

export type RawProcess = Readonly<Record<string, unknown>>;

export interface ProcessListing {
  /** Sorted by id, no duplicates. */
  readonly processes: readonly ProcessStatus[];
  /** supervisord's clock at the time of the call; 0 when there is no process. */
  readonly nowSec: number;
}

/** Everything that is read from a struct. */
export const processFields: ReadonlySet<string> = new Set([
  'group',
  'name',
  'state',
  'pid',
  'start',
  'stop',
  'now',
  'exitstatus',
  'spawnerr',
]);

/** The error says what is wrong with the reply, for a person. */
export function decodeProcesses(value: unknown): Result<ProcessListing, string> {
  if (!Array.isArray(value)) return err('not a list of processes');
  const processesById = new Map<string, ProcessStatus>();
  let nowSec = 0;
  for (const raw of value as readonly unknown[]) {
    const process = decodeProcess(raw);
    if (process === undefined) return err('a process without a name or a state');
    processesById.set(process.id, process);
    nowSec = Math.max(nowSec, integer((raw as RawProcess)['now']));
  }
  const processes = [...processesById.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
  return ok({ processes, nowSec });
}

function decodeProcess(value: unknown): ProcessStatus | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const raw = value as RawProcess;
  const group = raw['group'];
  const name = raw['name'];
  if (typeof group !== 'string' || typeof name !== 'string' || name === '') return undefined;
  if (!/^-?\d+$/.test(String(raw['state']))) return undefined;
  const spawnError = raw['spawnerr'];
  return {
    id: `${group}:${name}`,
    group,
    name,
    state: statesByCode.get(Number(raw['state'])) ?? 'UNKNOWN',
    pid: integer(raw['pid']),
    startSec: integer(raw['start']),
    stopSec: integer(raw['stop']),
    exitStatus: integer(raw['exitstatus']),
    spawnError: typeof spawnError === 'string' ? withoutCommand(spawnError) : '',
  };
}

/** The command is the content's, expanded: a variable in it may be a secret, and this is shown. */
function withoutCommand(spawnError: string): string {
  return spawnError.replace(
    /\b(command(?: at)?|dispatchers for) (['"]).*\2/s,
    '$1 (of the content)',
  );
}

// supervisord manual, *Process States*.
const statesByCode: ReadonlyMap<number, ProcessState> = new Map([
  [0, 'STOPPED'],
  [10, 'STARTING'],
  [20, 'RUNNING'],
  [30, 'BACKOFF'],
  [40, 'STOPPING'],
  [100, 'EXITED'],
  [200, 'FATAL'],
  [1000, 'UNKNOWN'],
]);

/** 0 for what is not a number. The Go supervisord writes "never" as a time before our era: 0. */
function integer(value: unknown): number {
  if (typeof value !== 'number' && typeof value !== 'string') return 0;
  const number = Number(value);
  if (!Number.isSafeInteger(number) || number < -2_147_483_648) return 0;
  return number;
}
