/** Which version a signed change gets, and from whom that is believed. */
import { describe, expect, it } from 'vitest';
import { readSigningWish, signChange } from '../../../src/commands/signing.ts';
import { signStatement } from '../../../src/clients/ed25519.ts';
import type { DesiredEntry } from '../../../src/domain/event.ts';
import type { AppName, Revision } from '../../../src/domain/types.ts';
import { createTempDir } from '../../support/tempDir.ts';
import { signedBy, statementOf, testKey, writeTrustDir } from '../../support/trust.ts';

const app = 'web' as AppName;
const texts = { ips: '*', content: 'command=/bin/a\n' };
const [own, stranger] = [testKey(1), testKey(9)];
const nowMs = 1_795_372_324_646;
const [minuteMs, hourMs] = [60_000, 3_600_000];
const key = {
  id: own.id,
  publicKey: own.base64,
  verifier: own.publicKey,
  sign: (statement: Parameters<typeof signStatement>[0]) =>
    signStatement(statement, own.id, own.privateKey),
};
const signing = { keys: [key], expiresMs: undefined, isUnsigned: false, above: undefined };

interface Given {
  readonly above?: string;
  readonly trustDir?: string;
}

async function changeAfter(signature: string | undefined, given: Given = {}) {
  const leaf = (text: string) =>
    ({ modRevision: '1' as Revision, value: { type: 'Text', text } }) as const;
  const entry: DesiredEntry = {
    app,
    ...(signature === undefined ? {} : { signature: leaf(signature) }),
  };
  const { above, trustDir = '/nonexistent' } = given;
  const signed = await signChange({ ...signing, above }, texts, { app, entry, trustDir, nowMs });
  return signed.ok ? signed.value : undefined;
}

const versionAfter = async (signature: string | undefined, given: Given = {}) =>
  (await changeAfter(signature, given))?.statement?.version;

const said = (version: number, by = stranger, name = 'web'): string =>
  signedBy(statementOf(name, version, texts), by);
/** Under the name of a key that did not sign it. */
const forged = (version: number): string => said(version).replaceAll(stranger.id, own.id);

describe('the version of a signed change', () => {
  it.each([
    ['is that of the clock, for what is new', undefined, nowMs],
    ['is that of the clock, after something older', said(5), nowMs],
    ['follows one that is a little ahead, whoever says so', said(nowMs + 1_000), nowMs + 1_001],
    ['follows its own, however far ahead', said(nowMs * 2, own), nowMs * 2 + 1],
    ['passes over one of nobody, minutes ahead', said(nowMs + 10 * minuteMs), nowMs],
    ['passes over one of nobody, hours ahead', said(nowMs + 23 * hourMs), nowMs],
    ['passes over one in its own name that it did not sign', forged(nowMs + 23 * hourMs), nowMs],
    ['passes over the last there is, of nobody', said(Number.MAX_SAFE_INTEGER), nowMs],
    ['passes over what is none', '{"version":"9007199254740991"}', nowMs],
    ['passes over that of another app', said(nowMs * 2, own, 'api'), nowMs],
  ])('%s', async (_, signature, expected) => {
    expect(await versionAfter(signature)).toBe(String(expected));
  });

  it('says which one it passed over, and what to do should a host have accepted it', async () => {
    const version = nowMs + 23 * hourMs;
    const { warning } = (await changeAfter(said(version))) ?? {};
    expect(warning?.message).toContain(`version ${String(version)}`);
    expect(warning?.remedy).toContain('--above');
    expect((await changeAfter(said(nowMs + 1_000)))?.warning).toBeUndefined();
    expect((await changeAfter(said(nowMs * 2, own)))?.warning).toBeUndefined();
  });

  it('follows one of a key of trust.dir that may sign this app, and of no other', async () => {
    const temp = await createTempDir('trust');
    const ahead = said(nowMs + 23 * hourMs);
    try {
      writeTrustDir(temp.path, [{ ...stranger, apps: 'web' }]);
      const trustDir = temp.path;
      expect(await versionAfter(ahead, { trustDir })).toBe(String(nowMs + 23 * hourMs + 1));
      writeTrustDir(temp.path, [{ ...stranger, apps: 'api' }]);
      expect(await versionAfter(ahead, { trustDir })).toBe(String(nowMs));
    } finally {
      await temp.remove();
    }
  });

  it('is refused after the last there is, of its own', async () => {
    expect(await versionAfter(said(Number.MAX_SAFE_INTEGER, own))).toBeUndefined();
  });

  it('is above the one that is named', async () => {
    const above = String(nowMs + 23 * hourMs);
    expect(await versionAfter(undefined, { above })).toBe(String(nowMs + 23 * hourMs + 1));
    expect(await versionAfter(undefined, { above: '5' })).toBe(String(nowMs));
    expect(await versionAfter(said(nowMs * 2, own), { above })).toBe(String(nowMs * 2 + 1));
    expect((await changeAfter(said(nowMs * 2), { above }))?.warning).toBeUndefined();
  });
});

describe('--above', () => {
  const read = (above: string, sign?: string) =>
    readSigningWish({
      has: (name) => name === 'above',
      text: (name) => ({ above, sign })[name],
    });

  it.each(['', '0', '-1', '1.5', '1e3', 'web', '9007199254740991', '99999999999999999999'])(
    'is no %j',
    (above) => {
      expect(read(above)).toMatchObject({
        error: { message: expect.stringContaining('is not a version') as unknown },
      });
    },
  );

  it('is for what is signed', () => {
    expect(read('5')).toMatchObject({
      error: { message: expect.stringContaining('what is signed') as unknown },
    });
  });
});
