/** docs/policy.md: every code of the policy is in it with its sentence, and no other. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { hostPolicyCodes } from '../../../effects/host/policyAnswers.ts';
import { policyRules } from '../../../src/domain/policy/checkPolicy.ts';
import { policySchema } from '../../../src/settings/policySchema.ts';
import { findProjectRoot } from '../../support/findProjectRoot.ts';

const root = findProjectRoot();
const text = readFileSync(join(root, 'docs/policy.md'), 'utf8');
const rows = [...text.matchAll(/^\| `([A-Z_]+)` +\| (.*?) +\|$/gm)].map(
  ([, code = '', says = '']) => [code, says] as const,
);

describe('docs/policy.md', () => {
  it('has exactly the codes there are, with what they demand', () => {
    const rules = policyRules.map(({ stem, demands }) => [stem, demands] as const);
    expect(rows).toEqual([...rules, ...Object.entries(hostPolicyCodes)]);
  });

  it('names no code that does not exist, anywhere', () => {
    const known = [
      ...policyRules.flatMap(({ stem }) => [`E_POLICY_${stem}`, `W_POLICY_${stem}`]),
      ...Object.keys(hostPolicyCodes),
    ];
    const named = text.match(/\b[EW]_POLICY_[A-Z_]+/g) ?? [];
    expect(named.filter((code) => !known.includes(code))).toEqual([]);
  });

  it('names every setting, as does docs/settings.md', () => {
    const settings = readFileSync(join(root, 'docs/settings.md'), 'utf8');
    for (const { key, flag } of Object.values(policySchema)) {
      expect(text).toContain(key.slice('policy.'.length));
      expect(settings).toContain(`| \`${key}\``);
      expect(settings).toContain(`\`${flag} `);
    }
  });
});
