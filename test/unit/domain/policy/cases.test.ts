/**
 * Every rule of the policy by example: what strict refuses and compat lets through with a warning,
 * and what both let through in silence. The examples are data, in `cases/`.
 */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseAppName } from '../../../../src/domain/appName.ts';
import { decodeContent } from '../../../../src/domain/content/decodeContent.ts';
import { parseProgram } from '../../../../src/domain/content/parseProgram.ts';
import { judgeProgram, policyRules } from '../../../../src/domain/policy/checkPolicy.ts';
import { defaultPolicy, type Policy } from '../../../../src/domain/policy/policy.ts';
import type { AppName } from '../../../../src/domain/types.ts';

interface Case {
  readonly name: string;
  readonly app?: string;
  readonly content: string;
}
interface RefusedCase extends Case {
  /** All that strict says, in order. */
  readonly codes: readonly string[];
}
interface AcceptedCase extends Case {
  /** The rules that it comes close to. */
  readonly shows: readonly string[];
}

function readCases<T extends Case>(file: string): readonly T[] {
  return JSON.parse(readFileSync(new URL(`cases/${file}`, import.meta.url), 'utf8')) as T[];
}
const refused = readCases<RefusedCase>('refused.json');
const accepted = readCases<AcceptedCase>('accepted.json');

const strict: Policy = {
  ...defaultPolicy,
  mode: 'strict',
  users: ['www-data', '1000'],
  rootApps: ['root?pp'],
  shellApps: ['shell*'],
  environment: ['REGION'],
};
const compat: Policy = { ...strict, mode: 'compat' };
/** Those of the replaced template. */
const defaults = [
  ['stdout_logfile', '/dev/stdout'],
  ['stderr_logfile', '/dev/stderr'],
] as const;

/** The codes of everything that speaks against it; whether it is refused. */
function judge({ app = 'web', content }: Case, policy: Policy) {
  const name = parseAppName(app);
  if (!name.ok) return { isRefused: true, codes: [name.error.code] };
  const text = decodeContent({ type: 'Text', text: Buffer.from(content).toString('base64') });
  if (!text.ok) return { isRefused: true, codes: [text.error.code] };
  const unknownOptions = policy.mode === 'strict' ? 'refuse' : 'warn';
  const parsed = parseProgram(name.value, text.value, { unknownOptions });
  if (!parsed.ok) return { isRefused: true, codes: parsed.error.map(({ code }) => code) };
  const judged = judgeProgram(name.value, parsed.value, defaults, policy);
  if (!judged.ok) return { isRefused: true, codes: judged.error.map(({ code }) => code) };
  return { isRefused: false, codes: judged.value.warnings.map(({ code }) => code) };
}

const isOfPolicy = (code: string): boolean => code.startsWith('E_POLICY_');

describe('a strict policy refuses', () => {
  it.each(refused.map((each) => [each.name, each] as const))('%s', (_, each) => {
    const verdict = judge(each, strict);
    expect({ ...verdict, codes: verdict.codes.toSorted() }).toEqual({
      isRefused: true,
      codes: each.codes.toSorted(),
    });
  });
});

describe('a compat policy warns of', () => {
  const ofPolicy = refused.filter(({ codes }) => codes.every(isOfPolicy));
  it.each(ofPolicy.map((each) => [each.name, each] as const))('%s', (_, each) => {
    const verdict = judge(each, compat);
    const expected = each.codes
      .filter((code) => code !== 'E_POLICY_DUPLICATE')
      .map((code) => code.replace('E_', 'W_'));
    expect({ ...verdict, codes: verdict.codes.toSorted() }).toEqual({
      isRefused: false,
      codes: expected.toSorted(),
    });
  });
});

describe('both refuse', () => {
  const ofGrammar = refused.filter(({ codes }) =>
    codes.some((code) => !isOfPolicy(code) && code !== 'E_UNKNOWN_OPTION'),
  );
  it.each(ofGrammar.map((each) => [each.name, each] as const))('%s', (_, each) => {
    const codes = each.codes.filter((code) => code !== 'E_UNKNOWN_OPTION');
    expect(judge(each, compat)).toEqual({ isRefused: true, codes });
  });
});

describe('a strict policy lets through', () => {
  it.each(accepted.map((each) => [each.name, each] as const))('%s', (_, each) => {
    expect(judge(each, strict)).toEqual({ isRefused: false, codes: [] });
    expect(judge(each, compat)).toEqual({ isRefused: false, codes: [] });
  });
});

describe('policy.defaultUser', () => {
  const userOf = (content: string, policy: Policy): string | undefined => {
    const parsed = parseProgram('web' as AppName, content, { unknownOptions: 'refuse' });
    const judged = parsed.ok && judgeProgram('web' as AppName, parsed.value, defaults, policy);
    return judged !== false && judged.ok ? judged.value.options.get('user') : 'refused';
  };
  const bare = 'command=/opt/web/run\n';

  it('is given to programs without a user, under strict alone', () => {
    expect(userOf(bare, strict)).toBe('refused');
    expect(userOf(bare, { ...strict, defaultUser: 'app' })).toBe('app');
    expect(userOf(`${bare}user=1000\n`, { ...strict, defaultUser: 'app' })).toBe('1000');
    expect(userOf(bare, { ...compat, defaultUser: 'app' })).toBeUndefined();
  });

  it('must be allowed to be root', () => {
    expect(userOf(bare, { ...strict, defaultUser: 'root' })).toBe('refused');
  });
});

describe('the table of cases', () => {
  it('has at least forty attacks, each with a name of its own', () => {
    expect(refused.length).toBeGreaterThanOrEqual(40);
    expect(refused.filter(({ codes }) => codes.every(isOfPolicy)).length).toBeGreaterThan(40);
    expect(new Set(refused.map(({ name }) => name)).size).toBe(refused.length);
  });

  it.each(policyRules.map(({ stem }) => stem))(
    'has a refused and an accepted one of %s',
    (stem) => {
      expect(refused.some(({ codes }) => codes.includes(`E_POLICY_${stem}`))).toBe(true);
      expect(accepted.some(({ shows }) => shows.includes(stem))).toBe(true);
    },
  );

  it('says where, and what to do', () => {
    for (const { app = 'web', content } of refused) {
      const name = parseAppName(app);
      const parsed = name.ok ? parseProgram(name.value, content, { unknownOptions: 'warn' }) : name;
      if (!name.ok || !parsed.ok || !('options' in parsed.value)) continue;
      const judged = judgeProgram(name.value, parsed.value, defaults, strict);
      for (const { message, remedy } of judged.ok ? [] : judged.error) {
        expect(message).toMatch(/^[^.]/);
        expect(remedy).toMatch(/^[A-Z].*\.$/);
      }
    }
  });
});
