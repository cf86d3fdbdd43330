/**
 * Journals of the real agent, kept: this version must decide as recorded. Between them they show every
 * event and every reason to hold, but for those named here.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { planOf } from '../../../reducers/planOf.ts';
import { type Event } from '../../../src/domain/event.ts';
import { type HeldCode } from '../../../src/domain/plan.ts';
import { readJournal } from '../../../src/journal/readJournal.ts';
import { foldJournal } from '../../../src/replay/foldJournal.ts';
import { verifyJournal } from '../../../src/replay/verifyJournal.ts';
import { runCliHere } from '../../support/fakeCommandIo.ts';
import { goldenDir, goldenNames, openJournalAt } from '../../support/golden.ts';
import { createTempDir, type TempDir } from '../../support/tempDir.ts';

const shown = 'shown';

/** Why real parts do not show it; a new event does not compile until it stands here. */
const events: Readonly<Record<Event['type'], string>> = {
  AgentStarted: shown,
  DesiredListed: shown,
  DesiredChanged: shown,
  DesiredLost: shown,
  IdentityObserved: shown,
  ProcessesListed: shown,
  ProcessesChanged: shown,
  SupervisorLost: shown,
  ConfFilesListed: shown,
  ConfFilesChanged: shown,
  ConfDirLost: shown,
  PlanStarted: shown,
  HostProbed: shown,
  FileWritten: shown,
  FileRemoved: shown,
  FileFailed: shown,
  RereadDone: shown,
  RereadRefused: shown,
  RereadFailed: shown,
  StopsRequested: shown,
  StopsFailed: 'supervisord would have to go within the milliseconds between a reread and a stop',
  GroupsUpdated: shown,
  StartsRequested: shown,
  StartsFailed:
    'supervisord would have to go between the poll that calls for a start and the start',
  PlanFinished: shown,
  TurnAwaited: 'turns are kept by a part of their own, which the recorded agent is without',
  TurnTaken: 'as TurnAwaited',
  TurnEnded: 'as TurnAwaited',
  HealthChecked: 'as TurnAwaited',
  RetryRequested: shown,
  RemovalsConfirmed: shown,
  Ticked: shown,
};

const holds: Readonly<Record<HeldCode, string>> = {
  OperatorStop: shown,
  MassRemoval: shown,
  RemovalUnconfirmed: shown,
  EtcdStale: shown,
  IdentityLost: shown,
  Pending: shown,
  Refused: shown,
  Quarantined: shown,
  ForeignFile: shown,
  ForeignConfBroken: shown,
  UnplannedDiff: shown,
  SupervisorUnreachable: shown,
  ConfDirUnusable: shown,
  JournalUnwritable:
    'it is told beside the plan: a journal cannot record that it cannot be written',
  NotYetObserved: shown,
  QuietWindow: shown,
  RestartLimit: shown,
  Retrying: shown,
  Failed: shown,
  Stopping: shown,
  Starting: shown,
  AwaitingTurn: 'turns are kept by a part of their own, which the recorded agent is without',
  RolloutHalted: 'as AwaitingTurn',
};

const expectedOf = (table: Readonly<Record<string, string>>): readonly string[] =>
  Object.keys(table).filter((key) => table[key] === shown);

let temp: TempDir;
beforeAll(async () => {
  temp = await createTempDir('golden');
});
afterAll(() => temp.remove());

describe('a golden journal', () => {
  it.each(goldenNames)('%s gives every plan and checkpoint again, byte for byte', async (name) => {
    const sources = await openJournalAt(join(goldenDir, name));
    const { first, differences, refusal, plans } = await verifyJournal(readJournal(sources));
    expect(first?.diff ?? '').toBe('');
    expect({ differences, refusal }).toEqual({ differences: 0, refusal: undefined });
    expect(plans).toBeGreaterThan(0);
  });

  it.each(goldenNames)('%s verifies when redacted, and gives nothing away', async (name) => {
    const copy = join(temp.path, name);
    const { code, stderr } = await runCliHere([
      ...['replay', join(goldenDir, name), '--redact', copy, '--json'],
    ]);
    expect(stderr.replace(/^warning: .*torn.*\n/, '')).toBe('');
    expect(code).toBe(0);
    const text = readdirSync(copy)
      .map((file) => readFileSync(join(copy, file), 'utf8'))
      .join('');
    // What stands in contents of the scenarios, and in their files.
    for (const secret of [
      'hunter2-canary',
      '/bin/sleep 1000',
      'trap "sleep 1; exit',
      '/var/log/supervene-golden',
    ]) {
      expect(text).not.toContain(secret);
      for (const shift of ['', ' ', '  ']) {
        const encoded = Buffer.from(`${shift}${secret}`).toString('base64');
        // Without the ends, in which its neighbours show.
        expect(text).not.toContain(encoded.slice(4, -4));
      }
    }
  });

  it('is there for every event and every reason to hold', async () => {
    const types = new Set<string>();
    const codes = new Set<string>();
    for (const name of goldenNames) {
      await foldJournal(readJournal(await openJournalAt(join(goldenDir, name))), {
        checkpoints: 'adopt',
        after: ({ event }, _, state) => {
          types.add(event.type);
          for (const { code } of planOf(state).held) codes.add(code);
        },
      });
    }
    expect([...types].sort()).toEqual([...expectedOf(events)].sort());
    expect([...codes].sort()).toEqual([...expectedOf(holds)].sort());
  });
});
