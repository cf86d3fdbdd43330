/** docs/templates.md: its fields are those of the data, its keys those of the settings, its examples work. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createTemplateEngine } from '../../../effects/templates/templateEngine.ts';
import { parsePlacement } from '../../../src/domain/placement.ts';
import { ok } from '../../../src/domain/result.ts';
import { makeTemplateData } from '../../../src/domain/template/makeTemplateData.ts';
import { findProjectRoot } from '../../support/findProjectRoot.ts';
import { appReport, hostReport } from '../../support/fleetValues.ts';

const text = readFileSync(join(findProjectRoot(), 'docs/templates.md'), 'utf8');

const report = hostReport('web1', '10.0.0.1', 9, [
  {
    ...appReport('demo1', 'converged'),
    processes: [{ id: 'demo1:demo1', state: 'RUNNING', pid: 1, startSec: 1 }],
  },
]);
const word = ok({ report, faults: [] });
const data = makeTemplateData({
  own: { hostId: 'proxy', hostNames: [], addresses: ['10.0.0.9'] },
  apps: [{ app: 'demo1', placement: parsePlacement('*'), revision: undefined }],
  hosts: [{ host: 'web1', live: word, known: word }],
  drains: [],
});

/** Names in the first column of the table after a line that begins so. */
function tableAfter(start: string): readonly string[] {
  const after = text.slice(text.indexOf(`\n${start}`));
  const table = /(?:^\|.*\n)+/m.exec(after)?.[0] ?? '';
  return [...table.matchAll(/^\| `(\w+)`/gm)].map(([, name = '']) => name);
}

describe('docs/templates.md', () => {
  it('tells of every field, in the order of the data', () => {
    const [app] = data.apps;
    expect(tableAfter('An app:')).toEqual(Object.keys(app ?? {}));
    expect(tableAfter('An instance:').toSorted()).toEqual(
      Object.keys(app?.instances[0] ?? {}).toSorted(),
    );
    const [host] = data.hosts;
    const line = text.slice(text.indexOf('A host: '), text.indexOf('**Available**'));
    for (const field of Object.keys(host ?? {})) expect(line).toContain(`\`${field}\``);
  });

  it('has examples that work', () => {
    const examples = [...text.matchAll(/```liquid\n([\s\S]*?)```/g)].map(([, one = '']) => one);
    const made = examples.map((one) => {
      const compiled = createTemplateEngine().compile(one);
      return compiled.ok ? compiled.value(data) : compiled;
    });
    expect(made).toEqual([
      ok('\nupstream demo1 {\n  least_conn;\n  server 10.0.0.1:8088 max_fails=5; # web1\n}\n\n'),
      ok('backend demo1\n  server web1 10.0.0.1:8088 check\n'),
      ok('\ndemo1 10.0.0.1\n'),
    ]);
  });

  it('names what is left out of the engine, and nothing that is there', () => {
    const line = text.slice(
      text.indexOf('All tags and filters'),
      text.indexOf('A template may be'),
    );
    for (const tag of ['include', 'render', 'layout', 'block', 'tablerow', 'increment']) {
      expect(line).toContain(`\`${tag}\``);
      expect(createTemplateEngine().compile(`{% ${tag} x %}`).ok).toBe(false);
    }
  });
});
