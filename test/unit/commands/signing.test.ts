/** Which version a signed change gets, and from whom that is believed. */
import { describe, expect, it } from 'vitest';
import { signChange } from '../../../src/commands/signing.ts';
import { signStatement } from '../../../src/clients/ed25519.ts';
import type { DesiredEntry } from '../../../src/domain/event.ts';
import type { AppName, Revision } from '../../../src/domain/types.ts';
import { signedBy, statementOf, testKey } from '../../support/trust.ts';

const app = 'web' as AppName;
const texts = { ips: '*', content: 'command=/bin/a\n' };
const [own, stranger] = [testKey(1), testKey(9)];
const nowMs = 1_795_372_324_646;
const dayMs = 86_400_000;
const key = {
  id: own.id,
  publicKey: own.base64,
  verifier: own.publicKey,
  sign: (statement: Parameters<typeof signStatement>[0]) =>
    signStatement(statement, own.id, own.privateKey),
};
const signing = { keys: [key], expiresMs: undefined, isUnsigned: false };

async function versionAfter(signature: string | undefined): Promise<string | undefined> {
  const leaf = (text: string) =>
    ({ modRevision: '1' as Revision, value: { type: 'Text', text } }) as const;
  const entry: DesiredEntry = {
    app,
    ...(signature === undefined ? {} : { signature: leaf(signature) }),
  };
  const place = { app, entry, trustDir: '/nonexistent', nowMs };
  const signed = await signChange(signing, texts, place);
  return signed.ok ? signed.value.statement?.version : undefined;
}

const said = (version: number, by = stranger, name = 'web'): string =>
  signedBy(statementOf(name, version, texts), by);

describe('the version of a signed change', () => {
  it.each([
    ['is that of the clock, for what is new', undefined, nowMs],
    ['is that of the clock, after something older', said(5), nowMs],
    ['follows one that is a little ahead, whoever says so', said(nowMs + 1_000), nowMs + 1_001],
    ['follows its own, however far ahead', said(nowMs * 2, own), nowMs * 2 + 1],
    ['passes over what is none', '{"version":"9007199254740991"}', nowMs],
    ['passes over that of another app', said(nowMs * 2, own, 'api'), nowMs],
  ])('%s', async (_, signature, expected) => {
    expect(await versionAfter(signature)).toBe(String(expected));
  });

  it.each([
    ['one far ahead that nobody known has signed', said(nowMs + dayMs + 1)],
    ['the last there is, of nobody', said(Number.MAX_SAFE_INTEGER)],
    ['the last there is, of its own', said(Number.MAX_SAFE_INTEGER, own)],
  ])('is refused after %s', async (_, signature) => {
    expect(await versionAfter(signature)).toBeUndefined();
  });
});
