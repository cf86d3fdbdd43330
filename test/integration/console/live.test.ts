/** The fleet as a page of the console gets it: all of it once, then what changes, through outages. */
import type { IncomingMessage } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { generateFleet, type GeneratedFleet } from '../../../bench/console/generateFleet.ts';
import type { FleetSnapshot, LiveChange, LiveEvent } from '../../../src/domain/console/live.ts';
import {
  type ConsoleClient,
  type ConsoleHost,
  everywhere,
  startConsoleHost,
} from '../../support/consoleHost.ts';
import { type Etcd, startEtcd } from '../../support/etcd.ts';
import { waitFor } from '../../support/waitFor.ts';

let etcd: Etcd;
let fleet: GeneratedFleet;
let host: ConsoleHost;
let admin: ConsoleClient;
const streams = new Set<IncomingMessage>();

beforeAll(async () => {
  etcd = await startEtcd();
  fleet = await generateFleet(etcd, { hosts: 3, apps: 2 });
  host = await startConsoleHost({
    etcdEndpoint: etcd.endpoint,
    users: {
      admin: [{ role: 'admin', ...everywhere }],
      half: [{ role: 'viewer', apps: ['app-000'], hosts: ['host-0000', 'host-0001'] }],
    },
  });
  admin = await host.logIn();
}, 120_000);

afterAll(async () => {
  for (const stream of streams) stream.destroy();
  await host.stop();
  await etcd.stop();
});

interface Heard {
  readonly events: readonly LiveEvent[];
  readonly changes: () => readonly LiveChange[];
  readonly isOver: () => boolean;
  readonly close: () => void;
}

async function follow(client: ConsoleClient, instance: string, after: number): Promise<Heard> {
  const stream = await client.open('live', { query: { instance, after: String(after) } });
  streams.add(stream);
  const events: LiveEvent[] = [];
  let [rest, isOver] = ['', false];
  stream.setEncoding('utf8');
  stream.on('data', (text: string) => {
    const parts = (rest + text).split('\n\n');
    rest = parts.pop() ?? '';
    for (const part of parts) events.push(JSON.parse(part.replace(/^data: /, '')) as LiveEvent);
  });
  stream.on('error', () => undefined);
  stream.on('close', () => (isOver = true));
  return {
    events,
    changes: () => events.filter((event) => event.type === 'Change'),
    isOver: () => isOver,
    close: () => {
      streams.delete(stream);
      stream.destroy();
    },
  };
}

const list = (client: ConsoleClient): Promise<FleetSnapshot> => client.call('fleet');

/** A list may be of a moment ago: with what has changed since, which its page is told at once. */
async function newest(client: ConsoleClient): Promise<Pick<FleetSnapshot, 'instance' | 'version'>> {
  const { instance, version } = await list(client);
  const heard = await follow(client, instance, version);
  await waitFor('the page', () => heard.events.some(({ type }) => type === 'Link'));
  heard.close();
  return { instance, version: heard.changes().at(-1)?.version ?? version };
}

function rowKeys(changes: readonly LiveChange[]): readonly string[] {
  return [...new Set(changes.flatMap(({ rows = {} }) => Object.keys(rows)))].sort();
}

describe('the live fleet', () => {
  it('is listed whole, and each change comes after it', async () => {
    const listed = await list(admin);
    expect(listed.link).toMatchObject({ isConnected: true, fault: null });
    expect(listed.hosts.map((one) => one.host)).toEqual(fleet.hosts);
    expect(listed.apps.map((one) => one.app)).toEqual(fleet.apps);
    expect(listed.rows).toHaveLength(6);
    const heard = await follow(admin, listed.instance, listed.version);
    await fleet.change();
    await waitFor('the change', () => rowKeys(heard.changes()).length > 0);
    const [key = ''] = rowKeys(heard.changes());
    expect(rowKeys(heard.changes())).toHaveLength(1);
    const row = heard.changes().at(-1)?.rows?.[key];
    expect(row).toMatchObject({ condition: 'quarantined', code: 'E_NOT_RUNNING' });
    heard.close();
  });

  it('is told as it is now to who does not follow it, and how old that is', async () => {
    const faulty = ({ rows }: FleetSnapshot): number =>
      rows.filter(({ condition }) => condition === 'quarantined').length;
    const before = faulty(await list(admin));
    await fleet.change();
    await waitFor('the change in the list', async () => faulty(await list(admin)) !== before);
    const { headers } = await admin.ask('fleet');
    expect(Number(headers['age'])).toBeLessThan(60);
    const { version } = await admin.call<FleetSnapshot>('fleet', { query: { follows: 'yes' } });
    expect(version).toBeLessThanOrEqual((await list(admin)).version);
  });

  it('comes with what happened meanwhile to a page that was away, and nothing else', async () => {
    const { instance, version } = await newest(admin);
    const away = await follow(admin, instance, version);
    await waitFor('the page', () => away.events.length > 0);
    away.close();
    const other = await follow(admin, instance, version);
    await fleet.change();
    await waitFor('the change', () => other.changes().length > 0);
    const back = await follow(admin, instance, version);
    await waitFor('what happened', () => back.events.some(({ type }) => type === 'Link'));
    expect(back.events.map(({ type }) => type)).toEqual(['Change', 'Link']);
    expect(rowKeys(back.changes())).toEqual(rowKeys(other.changes()));
    const uptodate = await follow(admin, instance, back.changes()[0]?.version ?? 0);
    await waitFor('the page', () => uptodate.events.length > 0);
    expect(uptodate.events.map(({ type }) => type)).toEqual(['Link']);
    for (const one of [other, back, uptodate]) one.close();
  });

  it('is to be asked for anew by a page of another console, or of a version that never was', async () => {
    const { instance, version } = await list(admin);
    for (const [of, after] of [
      ['another', version],
      [instance, version + 1_000],
    ] as const) {
      const heard = await follow(admin, of, after);
      await waitFor('its end', heard.isOver);
      expect(heard.events).toEqual([{ type: 'Again' }]);
    }
  });

  it('shows and tells nobody what is not granted', async () => {
    const half = await host.logIn('half');
    const listed = await list(half);
    const granted = ['app-000/host-0000', 'app-000/host-0001'];
    expect(listed.rows.map((row) => `${row.app}/${String(row.host)}`).sort()).toEqual(granted);
    expect(listed.hosts.map((one) => one.host)).toEqual(['host-0000', 'host-0001']);
    expect(listed.apps.map((one) => one.app)).toEqual(['app-000']);
    const [own, all] = [
      await follow(half, listed.instance, listed.version),
      await follow(admin, listed.instance, listed.version),
    ];
    for (let count = 0; count < 12; count += 1) await fleet.change();
    await waitFor('all changes', () => rowKeys(all.changes()).length === 6);
    await waitFor('own changes', () => rowKeys(own.changes()).length === 2);
    expect(rowKeys(own.changes())).toEqual(granted);
    expect(JSON.stringify(own.events)).not.toMatch(/app-001|host-0002/);
    for (const one of [own, all]) one.close();
  });

  it('says when etcd is away and when it is back, and goes on with what is other then', async () => {
    const before = await newest(admin);
    const heard = await follow(admin, before.instance, before.version);
    const links = (): readonly boolean[] =>
      heard.events.flatMap((event) => (event.type === 'Link' ? [event.link.isConnected] : []));
    await waitFor('the page', () => links().length > 0);
    await etcd.kill();
    await waitFor('the loss', () => links().at(-1) === false);
    const meanwhile = await list(admin);
    expect(meanwhile.rows).toHaveLength(6);
    await etcd.start();
    await waitFor('the return', () => links().at(-1) === true);
    const until = heard.changes().length;
    await fleet.change();
    await waitFor('the change', () => heard.changes().length > until);
    expect(rowKeys(heard.changes().slice(until))).toHaveLength(1);
    expect(heard.events.map(({ type }) => type)).not.toContain('Again');
    expect(heard.isOver()).toBe(false);
    const after = await list(admin);
    expect([after.instance, after.rows.length]).toEqual([before.instance, 6]);
    heard.close();
  });
});
