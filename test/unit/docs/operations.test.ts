/** docs/operations.md: every state, condition, held code, fault and warning has its row, and no other. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { findProjectRoot } from '../../support/findProjectRoot.ts';

const root = findProjectRoot();
const page = readFileSync(join(root, 'docs/operations.md'), 'utf8');
const policy = readFileSync(join(root, 'docs/policy.md'), 'utf8');
const fleet = readFileSync(join(root, 'docs/fleet.md'), 'utf8');

const production = ['src', 'streams', 'reducers', 'effects'].flatMap((folder) =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => readFileSync(join(root, folder, name), 'utf8')),
);

/** The names in the first column of the tables below a heading. */
function rowsBelow(heading: string): readonly string[] {
  const [, rest = ''] = page.split(`\n## ${heading}\n`);
  const [section = ''] = rest.split('\n## ');
  const cells = [...section.matchAll(/^\| (`[^|]*?) +\|/gm)].map(([, cell = '']) => cell);
  return cells.flatMap((cell) => [...cell.matchAll(/`([^`]+)`/g)].map(([, name = '']) => name));
}

/** The members of a union of strings, as the source has it. */
function union(path: string, type: string): readonly string[] {
  const source = readFileSync(join(root, path), 'utf8');
  const [, body = ''] = new RegExp(`export type ${type} =([^;]*);`).exec(source) ?? [];
  return [...body.matchAll(/'([^']+)'/g)].map(([, name = '']) => name);
}

/** What stands between quotes in the code, and begins so. */
function literals(start: string): readonly string[] {
  const found = production.flatMap(
    (text) => text.match(/(?<=['"`])[EW]_[A-Z0-9_]+(?=['"`])/g) ?? [],
  );
  const own = found.filter((code) => code.startsWith(start) && !code.startsWith(`${start}POLICY_`));
  return [...new Set(own)].sort();
}

describe('docs/operations.md', () => {
  it('tells of every condition, and of every state of a process', () => {
    const conditions = union('src/domain/fleet/hostReport.ts', 'AppCondition');
    const states = union('src/domain/types.ts', 'ProcessState');
    expect(conditions.length).toBeGreaterThan(3);
    expect(states.length).toBe(8);
    expect([...rowsBelow('States')].sort()).toEqual([...conditions, 'lost', ...states].sort());
  });

  it('tells of every reason to hold, and of those that only reports have', () => {
    const held = union('src/domain/plan.ts', 'HeldCode');
    expect(held.length).toBeGreaterThan(20);
    expect([...rowsBelow('Held')].sort()).toEqual([...held, 'Applying', 'NotRunning'].sort());
    for (const code of ['HostLost', 'AgentEnded', 'NeverSeen', 'NotSeen']) {
      expect(fleet).toContain(`| \`${code}\``);
    }
  });

  it('tells of every fault and warning once', () => {
    const codes = [...literals('E_'), ...literals('W_')];
    expect(codes.length).toBeGreaterThan(50);
    expect([...rowsBelow('Faults')].sort()).toEqual([...codes].sort());
  });

  it('leaves the codes of the policy to their page', () => {
    const found = production.flatMap(
      (text) => text.match(/(?<=['"`])E_POLICY_[A-Z0-9_]+(?=['"`])/g) ?? [],
    );
    for (const code of found) expect(policy).toContain(code);
  });
});
