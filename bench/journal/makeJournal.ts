/**
 * A long journal of a host that lives an ordinary life, written as the agent writes it: programs end
 * and are started again by supervisord, contents change and are carried out, others change elsewhere,
 * time passes. Through the real reducers, so that it verifies; no chance in it: always the same.
 */
import { closeSync, openSync, writeSync } from 'node:fs';
import { planOf } from '../../reducers/planOf.ts';
import { reduce } from '../../reducers/reduce.ts';
import type { State } from '../../reducers/state.ts';
import { encodeState } from '../../reducers/stateCodec.ts';
import { assertNever } from '../../src/domain/assertNever.ts';
import type { Event, Recorded } from '../../src/domain/event.ts';
import type { PlanStep } from '../../src/domain/plan.ts';
import type { AppName, ProcessStatus, Revision, Sha256 } from '../../src/domain/types.ts';
import { encodeRecorded } from '../../src/journal/line.ts';
import { encodeHeader, segmentPath } from '../../src/journal/segment.ts';
import { benchApp, convergedState, desiredEntry, runningProcess } from '../convergedState.ts';

export interface MadeJournal {
  readonly events: number;
  readonly plans: number;
  readonly segments: number;
  readonly bytes: number;
}

const segmentBytes = 16 * 1024 * 1024;

export function makeJournal(dir: string, events: number, apps: number): MadeJournal {
  const writer = createWriter(dir);
  const life = createLife(convergedState(apps), apps, writer.append);
  writer.begin(life.state());
  for (let turn = 0; life.count() < events; turn += 1) {
    life.live(turn);
    if (writer.isFull()) writer.begin(life.state());
  }
  const { segments, bytes } = writer.close();
  return { events: life.count(), plans: life.plans(), segments, bytes };
}

function createLife(initial: State, apps: number, append: (recorded: Recorded) => void) {
  let state = initial;
  let count = 0;
  let plans = 0;
  let revision = 1_000;
  let pid = 10_000;

  const take = (event: Event, laterMs = 1): void => {
    const recorded = { seq: state.seq + 1, atMs: state.atMs + laterMs, event };
    // What the reducer sees is what a journal gives back.
    append(recorded);
    state = reduce(state, recorded);
    count += 1;
  };
  const see = (...changed: readonly ProcessStatus[]): void => {
    take({ type: 'ProcessesChanged', changed, gone: [] }, 40);
  };
  const nowSec = (): number => Math.floor(state.atMs / 1000);

  const carryOut = (): void => {
    for (let round = 0; round < 20; round += 1) {
      const plan = planOf(state);
      if (plan.steps.length === 0) {
        if (plan.wakeAtMs === undefined || plan.wakeAtMs - state.atMs > 5_000) return;
        take({ type: 'Ticked' }, plan.wakeAtMs - state.atMs);
        continue;
      }
      plans += 1;
      take({ type: 'PlanStarted', plan });
      for (const step of plan.steps) for (const event of outcomes(step)) take(event, 15);
      take({ type: 'PlanFinished', planId: plan.id });
      for (const step of plan.steps) follow(step);
    }
  };
  /** What supervisord then does. */
  const follow = (step: PlanStep): void => {
    if (step.type === 'StopProcesses') {
      see({ ...runningProcess(step.app, pid, nowSec()), state: 'STOPPING' });
      see({ ...runningProcess(step.app, 0, 0), state: 'STOPPED', stopSec: nowSec() });
    }
    if (step.type === 'UpdateGroups') {
      for (const { app } of step.groups) start(app);
    }
  };
  const start = (app: string): void => {
    pid += 1;
    const process = runningProcess(app, pid, nowSec());
    see({ ...process, state: 'STARTING' });
    take({ type: 'Ticked' }, 500);
    see(process);
  };

  return {
    state: () => state,
    count: () => count,
    plans: () => plans,
    live: (turn: number): void => {
      const app = benchApp((turn * 7_919) % apps);
      revision += 1;
      const at = { revision: String(revision) as Revision };
      if (turn % 8 === 0) {
        const entries = [desiredEntry(app, at.revision, `turn-${at.revision}`)];
        take({ type: 'DesiredChanged', ...at, entries }, 2_000);
        carryOut();
      } else if (turn % 3 === 0) {
        take({ type: 'DesiredChanged', ...at, entries: [] }, 700);
      } else {
        const ended = {
          ...runningProcess(app, 0, nowSec()),
          state: 'EXITED',
          exitStatus: 1,
        } as const;
        take({ type: 'ProcessesChanged', changed: [ended], gone: [] }, 8_000);
        start(app);
        take({ type: 'Ticked' }, 4_000);
        carryOut();
      }
    },
  };
}

function outcomes(step: PlanStep): readonly Event[] {
  switch (step.type) {
    case 'WriteFile': {
      const { app, revision, sha256 } = step;
      return [{ type: 'FileWritten', app, revision, sha256 }, filesChanged(app, revision, sha256)];
    }
    case 'Reread':
      return [rereadAfterWrites()];
    case 'StopProcesses':
      return [{ type: 'StopsRequested', app: step.app, failures: [] }];
    case 'UpdateGroups':
      for (const { app } of step.groups) written.delete(app);
      return [{ type: 'GroupsUpdated', groups: step.groups, error: undefined }];
    case 'ProbeHost':
    case 'RemoveFile':
    case 'StartProcesses':
      throw new Error(`${step.type} is not expected here`);
    default:
      return assertNever(step);
  }
}

const written = new Set<string>();

function rereadAfterWrites(): Event {
  return { type: 'RereadDone', added: [], changed: [...written].sort(), removed: [] };
}

function filesChanged(app: AppName, revision: Revision, sha256: Sha256): Event {
  written.add(app);
  const path = `/conf/${app}.supervene.conf`;
  const file = { type: 'Ours', path, app, revision, sha256, isOwnerAndModeRight: true } as const;
  return { type: 'ConfFilesChanged', changed: [{ ...file, markedSha256: sha256 }], gone: [] };
}

function createWriter(dir: string) {
  let file: number | undefined;
  let lines: string[] = [];
  let characters = 0;
  let segmentCharacters = 0;
  let segments = 0;
  let bytes = 0;
  const flush = (): void => {
    if (file !== undefined) bytes += writeSync(file, lines.join(''));
    lines = [];
    characters = 0;
  };
  const write = (line: string): void => {
    lines.push(line);
    characters += line.length;
    segmentCharacters += line.length;
    if (characters > 1_000_000) flush();
  };
  const close = () => {
    flush();
    if (file !== undefined) closeSync(file);
    return { segments, bytes };
  };
  return {
    append: (recorded: Recorded): void => {
      write(encodeRecorded(recorded));
    },
    isFull: (): boolean => segmentCharacters >= segmentBytes,
    begin: (state: State): void => {
      close();
      const firstSeq = state.seq + 1;
      file = openSync(segmentPath(dir, firstSeq), 'w', 0o600);
      segments += 1;
      segmentCharacters = 0;
      const { settings, atMs } = state;
      if (settings === undefined) throw new Error('a state without settings');
      const base = {
        format: 'supervene-journal',
        version: 1,
        supervene: '0',
        host: 'bench',
      } as const;
      write(encodeHeader({ ...base, firstSeq, atMs, settings, checkpoint: encodeState(state) }));
    },
    close,
  };
}
