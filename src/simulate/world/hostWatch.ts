/** All checks of one host, bound to it. */
import { everIdentity } from '../../../reducers/interpret.ts';
import type { State } from '../../../reducers/state.ts';
import type { Plan } from '../../domain/plan.ts';
import type { Log, LogFields } from '../../log/log.ts';
import type { Settings } from '../../settings/settings.ts';
import {
  createOperatorCheck,
  createQuarantineCheck,
  createTextCheck,
} from '../checks/appChecks.ts';
import type { Check, Complain, ProcessChange } from '../checks/check.ts';
import { createEchoCheck, createOrderCheck, createTail } from '../checks/journalCheck.ts';
import { createPlanCheck } from '../checks/planCheck.ts';
import { createRemovalCheck } from '../checks/removalCheck.ts';
import { createReplayCheck } from '../checks/replayCheck.ts';
import type { Kernel } from '../kernel/kernel.ts';
import type { ModelEtcd } from '../model/etcd.ts';
import type { FileCall } from '../model/fileSystemFaults.ts';
import type { ProcessNews } from '../model/supervisordProcess.ts';
import { canary } from '../script/programs.ts';
import { isForeignName, listNames } from './confReader.ts';
import { confDir, journalDir } from './hostSettings.ts';
import { wasAbsent } from './oracle.ts';
import type { HostWitness, SimulatedHost } from './hostTypes.ts';

export interface HostWatchDeps {
  readonly id: string;
  readonly settings: Settings;
  readonly etcd: ModelEtcd;
  readonly kernel: Kernel;
  readonly complain: Complain;
}

export interface HostWatch extends HostWitness {
  readonly log: Log;
  readonly attach: (host: SimulatedHost) => void;
  /** Recorded so far. */
  readonly events: () => number;
  /** Something from outside concerns these apps of this host; undefined: all. */
  readonly onCause: (apps: readonly string[] | undefined) => void;
  /** From here on the agent may be told what is not so; `isOver`: no more. */
  readonly onSpoilt: (isOver: boolean) => void;
  /** People edit this file, in place. */
  readonly onEdited: (name: string) => void;
  /** Names of files that people edited, until they are written again. */
  readonly edited: ReadonlySet<string>;
  /** The newest events, for reports. */
  readonly tail: ReturnType<typeof createTail>;
  /** A running number over everything that was recorded, for comparing two runs. */
  readonly digest: () => number;
}

export function createHostWatch(deps: HostWatchDeps): HostWatch {
  const { complain } = deps;
  let host: SimulatedHost | undefined;
  let events = 0;
  let digest = 0;
  let durableSeq = 0;
  const tail = createTail(60);
  const { texts, removal, journal, all } = createChecks(deps, () => host);
  const hooks = hooksOf(all);

  return {
    log: createCanaryLog(complain),
    attach: (to) => {
      host = to;
    },
    events: () => events,
    tail,
    digest: () => digest,
    onSpoilt: removal.onSpoilt,
    onEdited: texts.onEdited,
    edited: texts.edited,
    onCause: (apps) => {
      for (const hook of hooks.onCause) hook(apps);
    },
    onLife: (initial: State, wasPowerCut) => {
      if (initial.seq < durableSeq) {
        const [has, had] = [String(initial.seq), String(durableSeq)];
        complain('TornLog', `the journal ends at ${has} where ${had} was on disk`);
      }
      for (const hook of hooks.onLife) hook(initial, wasPowerCut);
    },
    onDurable: (seq) => {
      durableSeq = Math.max(durableSeq, seq);
    },
    onRecorded: (recorded, before, after) => {
      events += 1;
      digest = mix(digest, recorded.seq, recorded.atMs, recorded.event.type);
      tail.push(recorded);
      for (const hook of hooks.onRecorded) hook(recorded, before, after);
    },
    onFileCall: (call) => {
      // To sync changes nothing.
      if (!call.isMutating || call.type === 'sync' || call.type === 'datasync') return;
      const { type, path, to } = call;
      for (const hook of hooks.onFileChange) {
        hook({ call: type, path, ...(to === undefined ? {} : { to }) });
      }
    },
    onFileDone: journal.onFileDone,
    onStartRefused: (why) => {
      const isOthersFault =
        texts.edited.size > 0 || (host !== undefined && listNames(host.disk).some(isForeignName));
      if (!isOthersFault) complain('NoPoison', `supervisord does not start: ${why}`);
    },
    onProcess: (news) => {
      const change = changeOf(news);
      if (change !== undefined) for (const hook of hooks.onProcess) hook(change);
    },
    onGroupCall: (call, groups) => {
      for (const hook of hooks.onGroupCall) hook(call, groups);
    },
  };
}

function changeOf({ type, group, cause }: ProcessNews): ProcessChange | undefined {
  if (type !== 'Started' && type !== 'Stopping') return undefined;
  const asked = cause.type === 'Asked' && cause.by === 'operator' ? 'Operator' : 'Agent';
  const by = cause.type === 'Asked' ? asked : 'Supervisord';
  return { type: type === 'Started' ? 'Started' : 'Stopped', group, by };
}

/** Bound to the host as soon as there is one. */
function createChecks(
  { complain, settings, etcd, kernel }: HostWatchDeps,
  getHost: () => SimulatedHost | undefined,
) {
  const texts = createTextCheck({ complain, confDir, texts: () => textsOf(getHost()) });
  const journal = createDurability((path) => readText(getHost(), path)?.length ?? 0);
  const removal = createRemovalCheck({
    complain,
    isAbsent: (app, revision) => {
      const identity = getHost()?.loop()?.current().state.identity;
      if (identity?.current === undefined) return undefined;
      // What a lost address had placed here is not thereby elsewhere.
      const ever = everIdentity(identity, identity.current);
      return wasAbsent(etcd, settings, app, ever, revision);
    },
  });
  const all: readonly Check[] = [
    createOrderCheck(complain),
    createEchoCheck(complain),
    createReplayCheck(complain),
    createPlanCheck({
      ...{ complain, confDir, journalDir, nowMs: kernel.now },
      isIntentDurable: (plan) => journal.holds(plan, (path) => readText(getHost(), path)),
      textAt: (path) => readText(getHost(), path),
    }),
    removal.check,
    texts.check,
    createQuarantineCheck(complain),
    createOperatorCheck(complain),
  ];
  return { texts, removal, journal, all };
}

/** Each hook of those that have it: nothing is asked for nothing. */
function hooksOf(checks: readonly Check[]) {
  const pick = <Name extends keyof Check>(name: Name): NonNullable<Check[Name]>[] =>
    checks.flatMap((check) => check[name] ?? []);
  return {
    onRecorded: pick('onRecorded'),
    onFileChange: pick('onFileChange'),
    onProcess: pick('onProcess'),
    onGroupCall: pick('onGroupCall'),
    onLife: pick('onLife'),
    onCause: pick('onCause'),
  };
}

function textsOf(host: SimulatedHost | undefined): ReadonlyMap<string, string> {
  if (host === undefined) return new Map();
  const texts = new Map<string, string>();
  for (const name of listNames(host.disk)) {
    const text = readText(host, `${confDir}/${name}`);
    if (text !== undefined) texts.set(name, text);
  }
  return texts;
}

function readText(host: SimulatedHost | undefined, path: string): string | undefined {
  try {
    return host?.disk.readText(path);
  } catch {
    return undefined;
  }
}

/** One plan of so many is looked for on the disk. */
const intentEvery = 8;

/** How far each segment of the journal has been synced, in bytes. */
function createDurability(sizeOf: (path: string) => number) {
  const synced = new Map<string, number>();
  /** A segment keeps the name that it was opened by. */
  const renamed = new Map<string, string>();
  return {
    onFileDone: ({ type, path, to }: FileCall): void => {
      if (!path.startsWith(`${journalDir}/`)) return;
      if (type === 'rename' && to !== undefined) renamed.set(path, to);
      if (type !== 'sync' && type !== 'datasync') return;
      const now = renamed.get(path) ?? path;
      synced.set(now, sizeOf(now));
    },
    holds: ({ id }: Plan, read: (path: string) => string | undefined): boolean => {
      // By its own number, so that a shorter history looks at the same plans.
      if (Number(id.slice(id.indexOf('-') + 1)) % intentEvery !== 0) return true;
      // As a line, or as what runs in the checkpoint of a segment that was begun meanwhile.
      const line = `"${id}"`;
      return [...synced].some(([path, bytes]) => {
        const at = read(renamed.get(path) ?? path)?.lastIndexOf(line) ?? -1;
        return at !== -1 && at < bytes;
      });
    },
  };
}

function createCanaryLog(complain: Complain): Log {
  const look = (fields: LogFields, message: string): void => {
    if (message.includes(canary) || JSON.stringify(fields).includes(canary)) {
      complain('Secrecy', `a log line has it: ${message.slice(0, 80)}`);
    }
  };
  return { debug: look, info: look, warn: look, error: look };
}

function mix(digest: number, seq: number, atMs: number, type: string): number {
  let mixed = Math.imul(digest ^ seq, 0x85ebca6b) ^ (atMs % 2 ** 31);
  for (let index = 0; index < type.length; index++) {
    mixed = Math.imul(mixed ^ type.charCodeAt(index), 0xc2b2ae35);
  }
  return mixed >>> 0;
}
