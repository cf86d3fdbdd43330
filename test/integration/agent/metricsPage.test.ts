/** docs/metrics.md against the /metrics of a real agent; its alerts name only what is there. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type AgentHost, startAgentHost } from '../../support/agentHost.ts';
import { type Etcd, startEtcd } from '../../support/etcd.ts';
import { findProjectRoot } from '../../support/findProjectRoot.ts';
import { startSupervisord } from '../../support/supervisord.ts';
import { createTempDir, type TempDir } from '../../support/tempDir.ts';
import { waitFor } from '../../support/waitFor.ts';

const root = findProjectRoot();
const page = readFileSync(join(root, 'docs/metrics.md'), 'utf8');

interface Row {
  readonly kind: string;
  readonly labels: readonly string[];
  readonly alerts: readonly string[];
}

const rowsByName: ReadonlyMap<string, Row> = new Map(
  page
    .split('\n')
    .filter((line) => line.startsWith('| `supervene_'))
    .map((line) => {
      const [, name = '', kind = '', labels = '', , alerts = ''] = line.split(/(?<!\\)\|/);
      return [
        quoted(name)[0] ?? '',
        { kind: kind.trim(), labels: quoted(labels), alerts: quoted(alerts) },
      ];
    }),
);

function quoted(text: string): readonly string[] {
  return [...text.matchAll(/`([^`]+)`/g)].map(([, each = '']) => each);
}

/** The rules of the page by the name of the alert, each with its keys. */
const rules = readRules(/```yaml\n(groups:[\s\S]*?)```/.exec(page)?.[1] ?? '');

function readRules(text: string): ReadonlyMap<string, ReadonlyMap<string, string>> {
  const blocks = text.split(/^ {6}- /m).slice(1);
  return new Map(
    blocks.map((block) => {
      const pairs = block
        .trimEnd()
        .split('\n')
        .map((line) => /^ *(\w+): ?(.*)$/.exec(line));
      const keys = new Map(pairs.map((pair) => [pair?.[1] ?? 'no key', pair?.[2] ?? '']));
      return [keys.get('alert') ?? '', keys];
    }),
  );
}

let etcd: Etcd;
let host: AgentHost;
let temp: TempDir;
let metrics: string;
beforeAll(async () => {
  [etcd, temp] = await Promise.all([startEtcd(), createTempDir('metrics')]);
  const config = join(temp.path, 'supervene.toml');
  const paths = { src: join(temp.path, 'hosts.liquid'), dest: join(temp.path, 'hosts') };
  writeFileSync(paths.src, '{{ host.id }}\n');
  writeFileSync(config, `[[template]]\nsrc = "${paths.src}"\ndest = "${paths.dest}"\n`);
  const environment = { SUPERVENE_CONFIG: config };
  host = await startAgentHost({ etcd, supervisord: await startSupervisord(), environment });
  const revision = await host.publish(['a'], 'command=/bin/sleep 1000\nstartsecs=0\n');
  await host.waitUntilApplied(revision);
  await waitFor('the template to be rendered', () => Promise.resolve(existsSync(paths.dest)));
  metrics = await (await fetch(`${host.agent.url}/metrics`)).text();
});
afterAll(async () => {
  await host.stop();
  await etcd.stop();
  await temp.remove();
});

describe('docs/metrics.md', () => {
  it('has every metric of the agent with its kind, and no other', () => {
    const served = [...metrics.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name, kind]) => [
      name,
      kind,
    ]);
    const told = [...rowsByName].map(([name, { kind }]) => [name, kind]);
    expect(told.sort()).toEqual(served.sort());
  });

  it('has the labels of each', () => {
    const samples = [...metrics.matchAll(/^(supervene_\w+)(?:\{(.*)\})? /gm)];
    for (const [, sample = '', text = ''] of samples) {
      const row =
        rowsByName.get(sample) ?? rowsByName.get(sample.replace(/_(?:bucket|sum|count)$/, ''));
      const labels = [...text.matchAll(/(\w+)="/g)].map(([, label = '']) => label);
      expect(row?.labels, sample).toEqual(
        expect.arrayContaining(labels.filter((each) => each !== 'le')),
      );
    }
  });

  it('has a rule for each alert that it names, and one for the agent itself', () => {
    const named = [...rowsByName.values()].flatMap(({ alerts }) => alerts);
    expect(new Set([...named, 'SuperveneAgentDown'])).toEqual(new Set(rules.keys()));
  });

  it('has rules with an expression and a sentence, of metrics and labels that are there', () => {
    const labels = new Set([...rowsByName.values()].flatMap(({ labels: some }) => some));
    const sources = ['src/domain/plan.ts', 'reducers/decision.ts'];
    const values = sources.map((path) => readFileSync(join(root, path), 'utf8')).join('\n');
    for (const [alert, rule] of rules) {
      const expr = rule.get('expr') ?? '';
      expect(
        [...rule.keys()].filter((key) => key !== 'for'),
        alert,
      ).toEqual([...['alert', 'expr', 'annotations', 'summary']]);
      expect(rule.get('for') ?? '1m', alert).toMatch(/^\d+[mhd]$/);
      expect(rule.get('summary'), alert).toMatch(/^'[^']{20,}'$/);
      for (const name of expr.match(/supervene_\w+/g) ?? []) {
        expect(rowsByName.has(name.replace(/_bucket$/, '')), `${alert}: ${name}`).toBe(true);
      }
      for (const [, label = '', value = ''] of expr.matchAll(/(\w+)=~?"([^"]*)"/g)) {
        if (label === 'job') continue;
        expect(labels, alert).toContain(label);
        const known = label === 'result' ? "'ok' 'failed'" : values;
        for (const one of value.split('|')) expect(known, alert).toContain(`'${one}'`);
      }
    }
  });
});
