/**
 * What `previewPublish` says an agent would do is what an agent does: the same change, put before the
 * real reducers in the model world, and looked at afterwards.
 */
import { describe, expect, it } from 'vitest';
import { reportHost } from '../../../reducers/hostReport.ts';
import { assessRow } from '../../../src/domain/fleet/fleetRow.ts';
import type { AppTexts } from '../../../src/domain/fleet/publication.ts';
import { previewPublish } from '../../../src/domain/fleet/publishPreview.ts';
import { wantedApp } from '../../../src/domain/fleet/wantedApp.ts';
import { type AppName, revisionZero } from '../../../src/domain/types.ts';
import { createWorld, type World, worldSettings } from '../../support/world/world.ts';

const a = 'a' as AppName;
const here = '10.0.0.1';
const defaults = worldSettings.programDefaults;

const ok = 'command=/bin/ok 1\nstartsecs=0\n';
const other = 'command=/bin/ok 2\nstartsecs=0\n';
const sameAsOk = '; words\nstartsecs = 0\nstdout_logfile=/dev/stdout\ncommand:/bin/ok 1\n';
const off = `${ok}autostart=false\n`;
const fatal = 'command=/bin/fatal\nstartsecs=0\n';
const two = `${ok}numprocs=2\nprocess_name=%(program_name)s_%(process_num)d\n`;

const of = (content: string, ips = here, rollout?: string): AppTexts => ({ ips, content, rollout });

interface Case {
  readonly name: string;
  readonly before: AppTexts | undefined;
  readonly after: AppTexts | undefined;
  readonly action: string;
  readonly why: string;
  /** Between the two. */
  readonly meanwhile?: (world: World) => Promise<void>;
}

const stopped = async (world: World): Promise<void> => {
  world.operator('stop', 'a');
  await world.settle();
};

const stoppedInPart = async (world: World): Promise<void> => {
  world.operator('stop', 'a:a_0');
  await world.settle();
};

const rolling = '{"maxUnavailable":1,"drain":"1s"}';

const cases: readonly Case[] = [
  { name: 'new here', before: undefined, after: of(ok), action: 'Start', why: 'NewHere' },
  { name: 'placed here', before: of(ok, 'x'), after: of(ok), action: 'Start', why: 'NewHere' },
  {
    name: 'other content',
    before: of(ok),
    after: of(other),
    action: 'Restart',
    why: 'ContentChanged',
  },
  {
    name: 'the same file',
    before: of(ok),
    after: of(sameAsOk),
    action: 'Nothing',
    why: 'SameContent',
  },
  { name: 'the same texts', before: of(ok), after: of(ok), action: 'Nothing', why: 'SameContent' },
  {
    name: 'placed otherwise',
    before: of(ok),
    after: of(ok, '*'),
    action: 'Nothing',
    why: 'SameContent',
  },
  {
    name: 'a new rollout',
    before: of(ok),
    after: of(ok, here, rolling),
    action: 'Nothing',
    why: 'SameContent',
  },
  {
    name: 'in turn',
    before: of(ok),
    after: of(other, here, rolling),
    action: 'Restart',
    why: 'ContentChanged',
  },
  {
    name: 'placed elsewhere',
    before: of(ok),
    after: of(ok, 'x'),
    action: 'Stop',
    why: 'PlacedElsewhere',
  },
  { name: 'unpublished', before: of(ok), after: undefined, action: 'Stop', why: 'Unpublished' },
  { name: 'autostart=false', before: of(ok), after: of(off), action: 'Stop', why: 'AutostartOff' },
  {
    name: 'autostart=false anew',
    before: undefined,
    after: of(off),
    action: 'Nothing',
    why: 'AutostartOff',
  },
  { name: 'autostart again', before: of(off), after: of(ok), action: 'Start', why: 'RunsNothing' },
  {
    name: 'after a failure',
    before: of(fatal),
    after: of(ok),
    action: 'Start',
    why: 'RunsNothing',
  },
  {
    ...{ name: 'stopped by an operator', before: of(ok), after: of(other) },
    ...{ action: 'Nothing', why: 'OperatorStop', meanwhile: stopped },
  },
  {
    ...{ name: 'stopped in part', before: of(two), after: of(`${two}priority=3\n`) },
    ...{ action: 'Restart', why: 'ContentChanged', meanwhile: stoppedInPart },
  },
  {
    ...{ name: 'rolled back, and other content', before: of(ok), after: of(other) },
    ...{ action: 'Restart', why: 'HasOlder' },
    meanwhile: async (world) => {
      put(world, of(fatal));
      await world.settle();
    },
  },
  {
    ...{ name: 'rolled back, and the version before', before: of(ok), after: of(ok) },
    ...{ action: 'Nothing', why: 'HasItAlready' },
    meanwhile: async (world) => {
      put(world, of(fatal));
      await world.settle();
    },
  },
];

function put(world: World, texts: AppTexts | undefined): void {
  if (texts === undefined) world.remove('a');
  else {
    const { ips = '', content = '', rollout } = texts;
    world.putRaw('a', { ips, content, ...(rollout === undefined ? {} : { rollout }) });
  }
}

/** What the fleet would show of it now. */
function rowNow(world: World) {
  const { state, plan } = world.loop.current();
  const { report } = reportHost(
    { state, plan },
    {
      ...{ host: 'web1', instance: 'i', version: '1', startedAtMs: 0, nowMs: world.nowMs() },
      ...{ appliedRevision: revisionZero, journalFault: undefined, http: undefined },
    },
    undefined,
  );
  const entry = world.app('a')?.entry;
  const wanted = entry === undefined ? undefined : wantedApp(entry);
  const isPlaced = world.app('a')?.desired.type === 'Wanted';
  const host = { host: 'web1', isAlive: true, report, faults: [] };
  return { report, row: assessRow(host, 'a', wanted, isPlaced) };
}

/** Pids of what runs, by name. */
function running(world: World): ReadonlyMap<string, number> {
  const up = world.supervisor
    .list()
    .filter(({ group, state }) => group === 'a' && state === 'RUNNING');
  return new Map(up.map(({ id, pid }) => [id, pid]));
}

function happened(before: ReadonlyMap<string, number>, after: ReadonlyMap<string, number>): string {
  if (before.size === 0) return after.size === 0 ? 'Nothing' : 'Start';
  if (after.size === 0) return 'Stop';
  return [...after].every(([id, pid]) => before.get(id) === pid) ? 'Nothing' : 'Restart';
}

describe('previewPublish and the agent', () => {
  it.each(cases)('agree on $name: $action', async ({ before, after, action, why, meanwhile }) => {
    const world = createWorld();
    if (before !== undefined) put(world, before);
    await world.settle();
    await meanwhile?.(world);
    const { row, report } = rowNow(world);
    const [was, entry] = [running(world), world.app('a')?.entry];
    const text = (leaf: 'ips' | 'content' | 'rollout'): string | undefined => {
      const value = entry?.[leaf]?.value;
      return value?.type === 'Text' ? value.text : undefined;
    };
    const now = before && {
      ips: before.ips,
      content: text('content') ?? before.content,
      rollout: text('rollout'),
    };
    const { addresses, hostNames } = report;
    const host = { host: 'web1', isAlive: true, addresses, hostNames };
    const applied = row?.appliedRevision;
    const contents = new Map(applied === undefined ? [] : [[applied, before?.content ?? '']]);
    const { rows } = previewPublish(
      a,
      { before: now, after },
      { hosts: [host], rows: row === undefined ? [] : [row] },
      { defaults, contents },
    );
    expect(rows.filter(({ host }) => host === 'web1')).toMatchObject([{ action, why }]);
    put(world, after);
    await world.settle();
    expect(happened(was, running(world))).toBe(action);
  });
});
