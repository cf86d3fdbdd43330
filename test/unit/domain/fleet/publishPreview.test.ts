/** What hosts would do about a change, before it is published. */
import { describe, expect, it } from 'vitest';
import type { FleetRow } from '../../../../src/domain/fleet/fleetRow.ts';
import type { AppTexts } from '../../../../src/domain/fleet/publication.ts';
import {
  countActions,
  type PreviewHost,
  previewPublish,
} from '../../../../src/domain/fleet/publishPreview.ts';
import type { AppName, ProcessState } from '../../../../src/domain/types.ts';
import { rev } from '../../../support/etcdValues.ts';

const web = 'web' as AppName;
const hosts: readonly PreviewHost[] = [
  { host: 'h1', isAlive: true, addresses: ['10.0.0.1'], hostNames: ['h1.example.com'] },
  { host: 'h2', isAlive: true, addresses: ['10.0.0.2'], hostNames: ['h2.example.com'] },
  { host: 'h3', isAlive: false, addresses: ['10.0.0.3'], hostNames: ['h3.example.com'] },
];

function texts(ips: string, content = 'command=/bin/cat\n', rollout?: string): AppTexts {
  return { ips, content, rollout };
}

type Said = Partial<Omit<FleetRow, 'processes'>> & { readonly states?: readonly ProcessState[] };

function row(host: string, { states = ['RUNNING'], ...rest }: Said = {}): FleetRow {
  return {
    ...{ app: 'web', host, condition: 'converged', code: undefined, reason: undefined },
    ...{ desiredRevision: rev(5), appliedRevision: rev(5), sinceMs: undefined },
    ...{ doubt: undefined, lastWordMs: undefined },
    processes: states.map((state, at) => ({ id: `web:${String(at)}`, state, pid: 1, startSec: 1 })),
    ...rest,
  };
}

function preview(
  before: AppTexts | undefined,
  after: AppTexts | undefined,
  rows: readonly FleetRow[] = [],
  hints?: Parameters<typeof previewPublish>[3],
) {
  return previewPublish(web, { before, after }, { hosts, rows }, hints);
}

function lines(...given: Parameters<typeof preview>): readonly string[] {
  return preview(...given).rows.map(({ host, action, why, then, isInTurn }) =>
    [host, action, why, ...(then ? [`then ${then}`] : []), ...(isInTurn ? ['in turn'] : [])].join(
      ' ',
    ),
  );
}

describe('previewPublish', () => {
  it('starts a new app where it is placed, and touches no other host', () => {
    const found = preview(undefined, texts('10.0.0.1, h2'));
    expect(found.rows.map(({ host, action, why }) => `${host} ${action} ${why}`)).toEqual([
      'h1 Start NewHere',
      'h2 Start NewHere',
    ]);
    expect(found.untouched).toBe(1);
  });

  it('restarts for other content, and leaves alone what comes to the same file', () => {
    const before = texts('10.0.0.1', 'command=/bin/cat\npriority=5\n');
    const rows = [row('h1')];
    expect(lines(before, texts('10.0.0.1', 'command=/bin/cat\npriority=6\n'), rows)).toEqual([
      'h1 Restart ContentChanged',
    ]);
    const same = '; a comment\npriority : 5\n\ncommand = /bin/cat\nstderr_logfile=/dev/stderr\n';
    expect(lines(before, texts('h1', same), rows)).toEqual(['h1 Nothing SameContent']);
  });

  it('starts and stops where the placement alone changes', () => {
    const found = lines(texts('10.0.0.1'), texts('10.0.0.2'), [row('h1')]);
    expect(found).toEqual(['h1 Stop PlacedElsewhere', 'h2 Start NewHere']);
  });

  it('stops everywhere when it is unpublished', () => {
    expect(lines(texts('h1,h2'), undefined, [row('h1'), row('h2')])).toEqual([
      'h1 Stop Unpublished',
      'h2 Stop Unpublished',
    ]);
  });

  it('cannot tell of a lost host, but what is to be done when it is back', () => {
    expect(lines(texts('h3'), texts('h3', 'command=/bin/dog\n'), [row('h3')])).toEqual([
      'h3 Unknown Lost then Restart',
    ]);
    expect(lines(texts('h3'), texts('h3'), [row('h3')])).toEqual(['h3 Nothing SameContent']);
  });

  it('names the items that no host answers to', () => {
    expect(lines(undefined, texts('h1,nobody'))).toEqual([
      'h1 Start NewHere',
      'nobody Unknown NeverSeen then Start',
    ]);
  });

  it('lets hosts take turns where something of it runs', () => {
    const rolling = texts('h1,h2', 'command=/bin/dog\n', '{"maxUnavailable":1}');
    const rows = [row('h1'), row('h2', { states: ['FATAL'] })];
    expect(lines(texts('h1,h2'), rolling, rows)).toEqual([
      'h1 Restart ContentChanged in turn',
      'h2 Start RunsNothing',
    ]);
    expect(preview(texts('h1'), rolling).maxUnavailable).toBe(1);
  });

  it('starts nothing that an operator stopped', () => {
    const held = row('h1', { condition: 'held', code: 'OperatorStop', states: ['STOPPED'] });
    const other = texts('h1', 'command=/bin/dog\n');
    expect(lines(texts('h1'), other, [held])).toEqual(['h1 Nothing OperatorStop']);
    const half = { ...held, processes: [...held.processes, ...row('h1').processes] };
    expect(lines(texts('h1'), other, [half])).toEqual(['h1 Restart ContentChanged']);
  });

  it('does not know of a lost host whether it was an operator who stopped it', () => {
    const lost = { condition: 'lost', code: 'HostLost', doubt: 'AgentLost' } as const;
    const other = texts('h3', 'command=/bin/dog\n');
    expect(lines(texts('h3'), other, [row('h3', { ...lost, states: ['STOPPED'] })])).toEqual([
      'h3 Unknown MayBeStopped',
    ]);
    expect(lines(texts('h3'), other, [row('h3', lost)])).toEqual(['h3 Unknown Lost then Restart']);
  });

  it('stops what runs when the new content does not start by itself', () => {
    const off = texts('h1,h2', 'command=/bin/cat\nautostart=false\n');
    expect(lines(texts('h1'), off, [row('h1')])).toEqual([
      'h1 Stop AutostartOff',
      'h2 Nothing AutostartOff',
    ]);
  });

  it('says that what a host refuses stays refused, and tries other content there', () => {
    const refused = row('h1', {
      ...{ condition: 'rolled-back', code: 'E_FATAL', reason: 'it fails' },
      appliedRevision: rev(4),
    });
    const bad = texts('h1', 'command=/bin/bad\n');
    expect(lines(bad, bad, [refused])).toEqual(['h1 Nothing StaysRefused']);
    expect(preview(bad, bad, [refused]).rows[0]?.now).toEqual({
      ...{ condition: 'rolled-back', code: 'E_FATAL', reason: 'it fails' },
    });
    const good = texts('h1', 'command=/bin/good\n');
    expect(lines(bad, good, [refused])).toEqual(['h1 Restart HasOlder']);
  });

  it('restarts nothing on a host that has the content of a rollback already', () => {
    const refused = row('h1', { condition: 'rolled-back', appliedRevision: rev(4) });
    const good = 'command=/bin/good\n';
    const contents = new Map([[rev(4), good]]);
    expect(lines(texts('h1', 'command=x'), texts('h1', good), [refused], { contents })).toEqual([
      'h1 Nothing HasItAlready',
    ]);
  });

  it('does not know what becomes of content that agents refuse', () => {
    const found = preview(texts('h1'), texts('h1', 'command=\n'), [row('h1')]);
    expect(found.rows).toMatchObject([{ host: 'h1', action: 'Unknown', why: 'Refused' }]);
    expect(found.refusals[0]?.code).toBe('E_NO_COMMAND');
    expect(lines(texts('h1'), texts('%%'), [row('h1')])).toEqual(['h1 Unknown Refused']);
  });

  it('passes over rows of other apps', () => {
    const other = row('h1', { app: 'other', code: 'OperatorStop', states: ['STOPPED'] });
    expect(lines(texts('h1'), texts('h1', 'command=x'), [other])).toEqual([
      'h1 Restart ContentChanged',
    ]);
  });
});

describe('countActions', () => {
  it('counts each of them', () => {
    const { rows } = preview(texts('h1,h3'), texts('h2,h3', 'command=x'));
    expect(countActions(rows)).toEqual({ Start: 1, Restart: 0, Stop: 1, Nothing: 0, Unknown: 1 });
  });
});
