/** The page explains every code that hosts and rules have, in each of its languages. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { explainCode, splitCode } from '../../../../src/console/page/core/codes.ts';
import { languages } from '../../../../src/console/page/core/language.ts';
import { findProjectRoot } from '../../../support/findProjectRoot.ts';

const root = findProjectRoot();
const read = (path: string): string => readFileSync(join(root, path), 'utf8');
const production = ['src', 'streams', 'reducers', 'effects'].flatMap((folder) =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && !name.startsWith('console/'))
    .map((name) => read(join(folder, name))),
);

function heldCodes(): readonly string[] {
  const [, body = ''] = /export type HeldCode =([^;]*);/.exec(read('src/domain/plan.ts')) ?? [];
  return [...body.matchAll(/'([^']+)'/g)].map(([, name = '']) => name);
}

/** What stands between quotes, and looks like the code of a fault. */
function faultCodes(): readonly string[] {
  const found = production.flatMap(
    (text) => text.match(/(?<=['"`])[EW]_[A-Z0-9_]+(?=['"`])/g) ?? [],
  );
  return [...new Set(found)];
}

function policyStems(): readonly string[] {
  const texts = readdirSync(join(root, 'src/domain/policy/rules'))
    .map((name) => read(join('src/domain/policy/rules', name)))
    .join('\n');
  return [...texts.matchAll(/stem: '([A-Z_]+)'/g)].map(([, stem = '']) => stem);
}

const ofReports = ['Applying', 'NotRunning', 'HostLost', 'AgentEnded', 'NeverSeen', 'NotSeen'];

describe('explainCode', () => {
  it.each([
    ['reason to hold', heldCodes, 20],
    ['fault and warning in the code', faultCodes, 60],
    ['rule of the policy', () => policyStems().map((stem) => `E_POLICY_${stem}`), 15],
    ['warning of the policy', () => policyStems().map((stem) => `W_POLICY_${stem}`), 15],
    ['code of reports', () => ofReports, 5],
  ])('explains every %s in each language', (_, codes, atLeast) => {
    expect(codes().length).toBeGreaterThan(atLeast);
    const missing = codes().flatMap((code) =>
      languages
        .filter((language) => {
          const { means = '', remedy = '' } = explainCode(code, language) ?? {};
          return means === '' || remedy === '';
        })
        .map((language) => `${code} (${language})`),
    );
    expect(missing).toEqual([]);
  });

  it('says the two languages apart', () => {
    for (const code of [...heldCodes(), ...faultCodes()]) {
      expect(explainCode(code, 'zh')?.means).toMatch(/\p{Script=Han}/u);
      expect(explainCode(code, 'en')?.means).not.toMatch(/\p{Script=Han}/u);
    }
  });

  it('knows nothing of what is no code, also where objects have such a member', () => {
    expect(explainCode('constructor', 'en')).toBeUndefined();
    expect(explainCode('W_CONSTRUCTOR', 'en')).toBeUndefined();
  });
});

describe('splitCode', () => {
  it('takes the code from a problem of a host', () => {
    expect(splitCode('EtcdStale: etcd is away: 3 s')).toEqual({
      code: 'EtcdStale',
      reason: 'etcd is away: 3 s',
    });
  });

  it('leaves a text without a code as it is', () => {
    expect(splitCode('a: b')).toEqual({ reason: 'a: b' });
  });
});
