/** The small models of the publish page: rollout fields, placements, diffs, apps to choose from. */
import { describe, expect, it } from 'vitest';
import { chooseApps } from '../../../../src/console/page/publish/chooseModel.ts';
import { diffLines, readable } from '../../../../src/console/page/publish/diffModel.ts';
import { indexOf, matchPlacement } from '../../../../src/console/page/publish/placementModel.ts';
import {
  faultyField,
  noRollout,
  rolloutFieldsOf,
  rolloutKeyOf,
} from '../../../../src/console/page/publish/rolloutFields.ts';
import type { LiveApp, LiveHost } from '../../../../src/domain/console/live.ts';
import { rev } from '../../../support/etcdValues.ts';

describe('rollout fields', () => {
  it.each([
    '{"maxUnavailable":1,"drain":"2s"}',
    '{"maxUnavailable":3,"drain":"500ms","healthcheck":{"url":"http://127.0.0.1:80/"},"healthcheckTimeout":"5s"}',
    '{"healthcheck":{"command":"/project/check --fast"},"healthcheckTimeout":"30s"}',
  ])('of %s give that key again', (text) => {
    expect(rolloutKeyOf(rolloutFieldsOf(text))).toEqual({ ok: true, value: text });
  });

  it('that are empty give no key', () => {
    expect(rolloutKeyOf(noRollout)).toEqual({ ok: true, value: undefined });
  });

  it('keep a key that nobody can read until something is typed', () => {
    const fields = rolloutFieldsOf('{"x":1}');
    expect(fields.unreadable).toBe('{"x":1}');
    expect(rolloutKeyOf(fields).ok).toBe(false);
  });

  it.each([
    [{ maxUnavailable: 'many' }, 'maxUnavailable'],
    [{ drain: 'soon' }, 'drain'],
    [{ check: 'url', url: 'http://example.com/' }, 'url'],
    [{ check: 'command', command: '"' }, 'command'],
    [{ check: 'command', command: 'x', timeout: '1h' }, 'timeout'],
  ] as const)('%j: the fault is that of %s', (change, field) => {
    const key = rolloutKeyOf({ ...noRollout, ...change });
    expect(key.ok ? undefined : faultyField(key.error)).toBe(field);
  });
});

function host(name: string, address: string): LiveHost {
  return {
    ...{ host: name, isAlive: true, version: null, addresses: [address], hostNames: [] },
    ...{ startedAtMs: null, reportedAtMs: null, endedAtMs: null, problems: [] },
    ...{ hasHttp: false, others: [] },
  };
}

describe('matchPlacement', () => {
  const hosts = new Map(
    [host('web2', '10.0.0.2'), host('web1', '10.0.0.1')].map((one) => [one.host, one]),
  );
  const match = (ips: string) => matchPlacement(ips, hosts, indexOf(hosts));

  it('has the hosts that it names, the items nobody answers to, and what makes no sense', () => {
    expect(match('10.0.0.0/24,!WEB1').hosts.map((one) => one.host)).toEqual(['web2']);
    expect(match('*').hosts.map((one) => one.host)).toEqual(['web1', 'web2']);
    expect(match('web1,web7').unanswered).toEqual(['web7']);
    expect(match('web1,%%').problems).toHaveLength(1);
    expect([match('%%').isRefused, match('').isRefused]).toEqual([true, false]);
  });
});

describe('diffLines', () => {
  it('numbers the lines of both sides, and leaves out what is far from a change', () => {
    const before = Array.from({ length: 20 }, (_, at) => `line ${String(at)}\n`).join('');
    const lines = diffLines(before, before.replace('line 10\n', 'other\n'));
    const shown = lines.map(({ sign, text, before: a, after: b }) =>
      [sign, text, a ?? '', b ?? ''].join(' '),
    );
    expect(shown.slice(0, 2)).toEqual(['…   ', '  line 7 8 8']);
    expect(shown).toContain('- line 10 11 ');
    expect(shown).toContain('+ other  11');
    expect(diffLines('a\n', 'a\n')).toEqual([]);
  });

  it('compares placements by item and rollouts by field', () => {
    expect(readable('ips', ' a,  b\n')).toBe('a\nb\n');
    expect(readable('rollout', '{"drain":"2s"}')).toBe('{\n  "drain": "2s"\n}\n');
    expect(readable('rollout', '{')).toBe('{\n');
    expect(readable('content', undefined)).toBe('');
  });
});

describe('chooseApps', () => {
  const live = (app: string, ips: string): [string, LiveApp] => [
    app,
    {
      ...{ app, ips, contentRevision: rev(1), revision: rev(1), maxUnavailable: null },
      ...{ isSigned: false, fault: null },
    },
  ];
  const apps = new Map([live('web-old', 'h2'), live('new-web', 'h1'), live('db', 'web1')]);
  const found = (search: string) =>
    chooseApps({ apps, rows: new Map() }, search).map(({ app }) => app);

  it('finds by name and placement, names that begin so first', () => {
    expect(found('WEB')).toEqual(['web-old', 'db', 'new-web']);
    expect(found('web h1')).toEqual(['new-web']);
    expect(found('')).toEqual(['db', 'new-web', 'web-old']);
  });
});
