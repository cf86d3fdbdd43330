/** Who drains an app is told when the files of this host have taken that in, and of nothing else. */
import { rmSync, writeFileSync } from 'node:fs';
import { afterEach, describe, expect, it } from 'vitest';
import { shared } from '../../support/shared.ts';
import {
  both,
  listOf,
  startTemplateHosts,
  type TemplateWords,
} from '../../support/templateHost.ts';
import { waitFor } from '../../support/waitFor.ts';

const hosts = shared(startTemplateHosts);
afterEach(() => hosts().end());

const list: TemplateWords = { text: listOf('demo'), dest: 'out/list' };

async function begin(templates: readonly TemplateWords[]) {
  const host = await hosts().begin(templates);
  const { etcd } = hosts();
  const fleet = host.agent.environment['SUPERVENE_FLEET_PREFIX'] ?? '';
  const told = async (): Promise<bigint | undefined> => {
    const text = await etcd.get(`${fleet}/renders/proxy`);
    if (text === undefined) return undefined;
    return BigInt((JSON.parse(text) as { readonly revision: string }).revision);
  };
  const drain = (app: string, name: string): Promise<string> =>
    etcd.put(`${fleet}/rollouts/${app}/drain-${name}`, JSON.stringify({ host: name, sinceMs: 1 }));
  const release = (app: string, name: string): Promise<string> =>
    etcd.txn({ [`${fleet}/rollouts/${app}/drain-${name}`]: undefined });
  return { host, fleet, told, drain, release };
}

describe('renders/<host>', () => {
  it('is told once at the start, and for each drain when it is in the file and reloaded', async () => {
    const { host, told, drain, release } = await begin([
      { ...list, reload: 'cat "$1" >> reloads; echo end >> reloads' },
    ]);
    await host.waitForText('out/list', both);
    const first = await waitFor('the first word', told);
    const revision = await drain('demo', 'web1');
    await waitFor('the word', async () => ((await told()) ?? 0n) >= BigInt(revision));
    // Already then: in the file, and its reload is over.
    expect(host.read('out/list')).toBe('10.0.0.2\n');
    expect(host.lines('reloads').slice(-2)).toEqual(['10.0.0.2', 'end']);
    expect(first < BigInt(revision)).toBe(true);
    const last = await told();
    await release('demo', 'web1');
    await host.waitForText('out/list', both);
    expect(await told()).toBe(last);
  });

  it('is not told while a reload is owed or a check refuses, and then at once', async () => {
    const { host, told, drain } = await begin([
      { ...list, reload: '[ ! -e broken ]', check: '[ ! -e refused ]' },
      { text: 'x', dest: 'out/other' },
    ]);
    const first = await waitFor('the first word', told);
    for (const name of ['broken', 'refused']) {
      writeFileSync(host.path(name), '');
      const who = name === 'broken' ? 'web1' : 'web2';
      const revision = await drain('demo', who);
      await waitFor('a fault', async () => (await host.facts())[0]?.fault !== undefined);
      expect(((await told()) ?? 0n) < BigInt(revision)).toBe(true);
      rmSync(host.path(name));
      await waitFor('the word', async () => ((await told()) ?? 0n) >= BigInt(revision));
    }
    expect(((await told()) ?? 0n) > first).toBe(true);
  });

  it('is told although another template has never worked', async () => {
    const { host, told, drain } = await begin([
      list,
      { text: '{{ no.such.thing }}', dest: 'out/broken' },
    ]);
    await host.waitForText('out/list', both);
    await waitFor('a fault', async () => (await host.facts())[1]?.fault !== undefined);
    const revision = await drain('demo', 'web1');
    await waitFor('the word', async () => ((await told()) ?? 0n) >= BigInt(revision));
    expect(host.read('out/list')).toBe('10.0.0.2\n');
  });

  it('goes with the agent, and comes again when its lease was lost', async () => {
    const { host, fleet, told } = await begin([list]);
    await waitFor('the first word', told);
    const key = Buffer.from(`${fleet}/renders/proxy`).toString('base64');
    const answer = await hosts().etcd.call('/v3/kv/range', { key });
    const [kv] = answer['kvs'] as readonly { readonly lease?: string }[];
    expect(kv?.lease).toBeDefined();
    await hosts().etcd.call('/v3/lease/revoke', { ID: kv?.lease });
    await waitFor('the word', told);
    await host.agent.terminate();
    expect(await told()).toBeUndefined();
  });
});
