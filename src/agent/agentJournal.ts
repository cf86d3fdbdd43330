/**
 * The journal as the agent uses it: under the host's lock, with the state that it ends in.
 *
 * A checkpoint of another shape, or damage in the middle, gives a fresh state: the agent then
 * looks at everything anew and guesses nothing from half a story. Only what was accepted as signed is
 * taken from it: half of that is better than an older version that comes back.
 */
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { SchedulerLike } from 'rxjs';
import { reduceAll } from '../../reducers/reduce.ts';
import { initialState, type State } from '../../reducers/state.ts';
import { decodeState, encodeState } from '../../reducers/stateCodec.ts';
import { type FileDeps, nodeFileDeps } from '../clients/fileSystem.ts';
import type { DecisionSettings } from '../domain/event.ts';
import { err, ok, type Result } from '../domain/result.ts';
import { createJournalWriter } from '../journal/journalWriter.ts';
import { acquireLock } from '../journal/lock.ts';
import { type OpenedJournal, openJournal } from '../journal/openJournal.ts';
import type { Log } from '../log/log.ts';
import type { LoopDeps } from '../loop.ts';
import { type Settings, toDecisionSettings } from '../settings/settings.ts';

export interface AgentJournal {
  /** What the last life knew; `seq` continues its numbers. */
  readonly initialState: State;
  readonly append: LoopDeps['journal']['append'];
  readonly commitIntent: LoopDeps['journal']['commitIntent'];
  /** Where a segment takes its checkpoint from, once there is a loop. */
  readonly setCheckpoint: (current: () => State) => void;
  /** All segments together. */
  readonly sizeBytes: () => number;
  /** Why it cannot be written at present; undefined when it can. */
  readonly fault: () => string | undefined;
  /** Takes the lock of the conf directory that stands there now. */
  readonly followConfDir: () => Promise<Result<void, string>>;
  /** Writes what is left and gives up the lock. */
  close(): Promise<void>;
}

/** The error is a sentence that names the holder of the lock, or what is wrong with the journal. */
export async function openAgentJournal(
  settings: Settings,
  deps: Pick<StartJournalDeps, 'scheduler' | 'log' | 'version' | 'trust'>,
): Promise<Result<AgentJournal, string>> {
  const { dir } = settings.journal;
  const lock = await acquireLock({
    journalDir: dir,
    confDir: settings.files.dir,
    host: settings.host.id,
  });
  if (!lock.ok) return err(lock.error);
  const files = nodeFileDeps;
  const started = await startJournal(settings, { files, ...deps });
  if (!started.ok) {
    await lock.value.release();
    return started;
  }
  return ok({
    ...started.value,
    sizeBytes: () => sizeOf(dir),
    followConfDir: lock.value.followConfDir,
    close: async () => {
      await started.value.close();
      await lock.value.release();
    },
  });
}

export interface StartJournalDeps {
  readonly files: FileDeps;
  readonly scheduler: SchedulerLike;
  readonly log: Log;
  readonly version: string;
  /** Default: 16 MiB. */
  readonly segmentBytes?: number;
  readonly trust?: DecisionSettings['trust'] | undefined;
}

/** Reads what there is and begins a segment of this life. The lock must be held. */
export async function startJournal(
  settings: Settings,
  { files, scheduler, log, version, segmentBytes, trust }: StartJournalDeps,
): Promise<Result<Omit<AgentJournal, 'sizeBytes' | 'followConfDir'>, string>> {
  const { dir, keepBytes } = settings.journal;
  const opened = await openJournal(dir, files.fileSystem);
  if (!opened.ok) return err(opened.error.detail);
  tellOpened(opened.value, log);
  const initial = stateOf(opened.value, log);
  let current = (): State => initial;
  const writer = createJournalWriter(
    {
      nowMs: () => scheduler.now(),
      scheduler,
      files,
      getCheckpoint: () => ({ seq: current().seq, state: encodeState(current()) }),
      getSettings: () => toDecisionSettings(settings, trust),
      onFault: (fault) => {
        if (fault === undefined) log.info({ dir }, 'the journal is writable again');
        else log.error({ dir, error: fault.type }, `no effects: ${fault.detail}`);
      },
    },
    {
      ...{ dir, version, host: settings.host.id, keepBytes },
      ...(segmentBytes === undefined ? {} : { segmentBytes }),
    },
  );
  await writer.start();
  return ok({
    initialState: initial,
    append: writer.append,
    commitIntent: writer.commitIntent,
    setCheckpoint: (from) => {
      current = from;
    },
    fault: () => writer.fault()?.detail,
    close: async () => {
      await writer.close();
    },
  });
}

function tellOpened({ tornTail, damage }: OpenedJournal, log: Log): void {
  if (tornTail !== undefined) {
    log.warn({ ...tornTail }, 'the journal ended in the middle of a line, which was cut off');
  }
  if (damage !== undefined) {
    log.error({ ...damage }, 'the journal is damaged: beginning anew from a fresh look');
  }
}

/** The state after the newest segment; fresh, but with numbers that go on, where it cannot be had. */
export function stateOf(opened: OpenedJournal, log: Log): State {
  const fresh: State = {
    ...initialState,
    seq: opened.nextSeq - 1,
    atMs: opened.lastAtMs,
  };
  if (opened.header === undefined) return fresh;
  const { checkpoint } = opened.header;
  const state = decodeState(checkpoint);
  if (state === undefined) {
    log.warn({}, 'the journal is of another version of supervene: beginning from a fresh look');
    return fresh;
  }
  const last = reduceAll(state, opened.records);
  return opened.damage === undefined ? last : { ...fresh, floors: last.floors };
}

function sizeOf(dir: string): number {
  try {
    return readdirSync(dir)
      .filter((name) => name.endsWith('.jsonl'))
      .reduce((sum, name) => sum + statSync(join(dir, name)).size, 0);
  } catch {
    return 0;
  }
}
