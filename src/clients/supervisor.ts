/**
 * supervisord by XML-RPC: what runs, what its files would change, stops and starts without
 * waiting, groups in and out.
 *
 * Every call is bounded in time and answers with a value or a typed error; none throws. Calls
 * that change something are sent once; a lost reply leaves open whether they were carried out.
 */
import type { CallError } from '../domain/event.ts';
import { type CantReread, parseCantReread } from '../domain/cantReread.ts';
import { err, ok, type Result } from '../domain/result.ts';
import type { ProcessStatus } from '../domain/types.ts';
import { createInstanceWatch } from './instance.ts';
import { type Call, createMulticall } from './multicall.ts';
import { decodeProcesses } from './processInfo.ts';
import { scanProcesses } from './processScanner.ts';
import { differOnlyInTime } from './sameReply.ts';
import { createXmlRpc, type XmlRpc } from './xmlRpc.ts';

export interface SupervisorOptions {
  /** `unix:///path` or `http://host:port`. */
  readonly url: string;
  readonly username?: string | undefined;
  readonly password?: string | undefined;
  /** Default 5 s. */
  readonly callTimeoutMs?: number | undefined;
}

export interface InstanceInfo {
  /** Differs whenever supervisord may have started anew. */
  readonly instance: string;
  readonly version: string;
  readonly pid: number;
  readonly identification: string;
}

/** Group names; each list sorted, no duplicates. */
export interface RereadDiff {
  readonly added: readonly string[];
  readonly changed: readonly string[];
  readonly removed: readonly string[];
}

export type RereadError = CallError | (Readonly<{ type: 'CantReread' }> & CantReread);

export interface ItemFailure {
  /** The process or group that the call was about. */
  readonly name: string;
  readonly error: CallError;
}

export interface Supervisor {
  /** Sorted by id. The very same list again while nothing but the time has changed. */
  getAllProcessInfo(): Promise<Result<readonly ProcessStatus[], CallError>>;
  getInstance(): Promise<Result<InstanceInfo, CallError>>;
  /** Without a call: changes when `getInstance` may answer differently. */
  fingerprint(): string;
  /** Lets supervisord reread its files; changes no process. */
  reloadConfig(): Promise<Result<RereadDiff, RereadError>>;
  /** Does not wait. The texts say what failed; one that does not run is no failure. */
  stopProcesses(ids: readonly string[]): Promise<Result<readonly string[], CallError>>;
  /** Does not wait. The texts say what failed; one that runs already is no failure. */
  startProcesses(ids: readonly string[]): Promise<Result<readonly string[], CallError>>;
  /** Takes stopped groups out of what is active. */
  removeGroups(names: readonly string[]): Promise<Result<readonly ItemFailure[], CallError>>;
  /** Makes groups active as the last reread found them, and starts them. */
  addGroups(names: readonly string[]): Promise<Result<readonly ItemFailure[], CallError>>;
  close(): void;
}

export function createSupervisor(options: SupervisorOptions): Supervisor {
  const watch = createInstanceWatch(options.url);
  const plain = createXmlRpc({ ...options, onConnectionLost: watch.connectionLost });
  const rpc: XmlRpc = {
    ...plain,
    call: async (method, params, callOptions) => {
      const result = await plain.call(method, params, callOptions);
      if (!result.ok) watch.callFailed(result.error);
      return result;
    },
  };
  const callAll = createMulticall(rpc);
  const sameAsLast = Symbol('same');
  let last: { readonly text: string; readonly processes: readonly ProcessStatus[] } = {
    text: '',
    processes: [],
  };

  /** One call per name; what `isFine` accepts is no failure. */
  const forEach = async (
    method: string,
    names: readonly string[],
    rest: readonly unknown[],
    isFine: (faultCode: number | undefined) => boolean,
  ): Promise<Result<readonly ItemFailure[], CallError>> => {
    const calls = names.map((name): Call => ({ method, params: [name, ...rest] }));
    const results = await callAll(calls);
    if (!results.ok) return results;
    return ok(
      results.value.flatMap((result, index) =>
        result.ok || isFine(result.error.faultCode)
          ? []
          : [{ name: names[index] ?? '', error: result.error }],
      ),
    );
  };
  return {
    getAllProcessInfo: async () => {
      let text = '';
      const reply = await rpc.call('supervisor.getAllProcessInfo', [], {
        isRead: true,
        scan: (whole) => {
          text = whole;
          return differOnlyInTime(last.text, whole) ? sameAsLast : scanProcesses(whole);
        },
      });
      if (!reply.ok) return reply;
      if (reply.value === sameAsLast) return ok(last.processes);
      const listing = decodeProcesses(reply.value);
      if (!listing.ok) return malformed(`getAllProcessInfo: ${listing.error}`);
      watch.listed(listing.value);
      last = { text, processes: listing.value.processes };
      return ok(listing.value.processes);
    },
    getInstance: async () => {
      const before = watch.fingerprint();
      const results = await callAll(instanceCalls, { isRead: true });
      if (!results.ok) return results;
      return describeInstance(results.value, before);
    },
    fingerprint: watch.fingerprint,
    reloadConfig: async () => decodeReread(await rpc.call('supervisor.reloadConfig')),
    stopProcesses: async (ids) =>
      asTexts(await forEach('supervisor.stopProcess', ids, [false], isNotThereToStop)),
    startProcesses: async (ids) =>
      asTexts(await forEach('supervisor.startProcess', ids, [false], isStarted)),
    removeGroups: (names) => forEach('supervisor.removeProcessGroup', names, [], () => false),
    addGroups: (names) => forEach('supervisor.addProcessGroup', names, [], () => false),
    close: rpc.close,
  };
}

const isNotThereToStop = (faultCode: number | undefined): boolean =>
  faultCode === 70 || faultCode === 10;

const isStarted = (faultCode: number | undefined): boolean => faultCode === 60;

function asTexts(
  failures: Result<readonly ItemFailure[], CallError>,
): Result<readonly string[], CallError> {
  if (!failures.ok) return failures;
  return ok(failures.value.map(({ name, error }) => `${name}: ${error.detail}`));
}

const instanceCalls: readonly Call[] = [
  { method: 'supervisor.getPID', params: [] },
  { method: 'supervisor.getSupervisorVersion', params: [] },
  { method: 'supervisor.getIdentification', params: [] },
];

function describeInstance(
  results: readonly Result<unknown, CallError>[],
  fingerprint: string,
): Result<InstanceInfo, CallError> {
  const values: unknown[] = [];
  for (const result of results) {
    if (!result.ok) return result;
    values.push(result.value);
  }
  const [pid, version, identification] = values;
  if (typeof version !== 'string' || !/^\d+$/.test(String(pid))) {
    return malformed('getPID or getSupervisorVersion: not a pid or not a version');
  }
  return ok({
    instance: `${String(pid)}/${fingerprint}`,
    version,
    pid: Number(pid),
    identification: typeof identification === 'string' ? identification : '',
  });
}

function decodeReread(reply: Result<unknown, CallError>): Result<RereadDiff, RereadError> {
  if (!reply.ok) {
    if (reply.error.faultCode !== 92) return reply;
    return err({ type: 'CantReread', ...parseCantReread(reply.error.detail) });
  }
  const [added, changed, removed] = firstOf(reply.value).map(decodeNames);
  if (added === undefined || changed === undefined || removed === undefined) {
    return malformed('reloadConfig: not three lists of names');
  }
  return ok({ added, changed, removed });
}

function firstOf(value: unknown): readonly unknown[] {
  const first: unknown = Array.isArray(value) ? value[0] : undefined;
  return Array.isArray(first) ? first : [];
}

function decodeNames(value: unknown): readonly string[] | undefined {
  if (!Array.isArray(value)) return undefined;
  const names = value as readonly unknown[];
  if (!names.every((name) => typeof name === 'string')) return undefined;
  return [...new Set(names)].sort();
}

function malformed(detail: string): { readonly ok: false; readonly error: CallError } {
  return err({ type: 'Malformed', detail });
}
