/**
 * The keys that a host trusts, from its own disk: `*.pub` files in a directory that nobody but root
 * (or whoever the agent runs as) can write to, nor exchange on the way there. Read once; a change is taken up by a restart.
 *
 * Whatever is wrong with one file is wrong with all of it: a key that was meant to count and does
 * not is no less a fault than one that should not and does.
 */
import type { KeyObject } from 'node:crypto';
import { constants, type Stats } from 'node:fs';
import { lstat, open, readdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { trustedPath } from '../../effects/host/trustedPath.ts';
import { err, ok, type Result } from '../domain/result.ts';
import { keyFileSizeMax, parseKeyFile } from '../domain/trust/keyFile.ts';
import type { KeyId } from '../domain/trust/statement.ts';
import type { Threshold, TrustedKey, TrustSettings } from '../domain/trust/trustSettings.ts';
import { publicKeyOf, signersOf } from './ed25519.ts';

export interface TrustConfig {
  readonly mode: 'off' | 'warn' | 'enforce';
  readonly dir: string;
  readonly thresholds: readonly Threshold[];
}

export interface Trust {
  /** As it shapes decisions. */
  readonly settings: TrustSettings;
  /** Ids of its keys that have signed such a document; sorted. */
  readonly signersOf: (document: string) => readonly KeyId[];
}

/** Undefined when signatures are not looked at. Never fails: what cannot be read is a fault in there. */
export async function loadTrust({
  mode,
  dir,
  thresholds,
}: TrustConfig): Promise<Trust | undefined> {
  if (mode === 'off') return undefined;
  const read = await readTrustDir(dir);
  const trusted = read.ok ? read.value : [];
  const keys = trusted.map(({ id, name, apps }): TrustedKey => ({ id, name, apps }));
  const keysById = new Map(trusted.map(({ id, key }) => [id, key]));
  const fault = read.ok ? {} : { fault: read.error };
  return {
    settings: { mode, keys, thresholds, ...fault },
    signersOf: (document) => signersOf(document, keysById),
  };
}

interface ReadKey extends TrustedKey {
  readonly key: KeyObject;
}

/** The error is a sentence without its full stop. */
export async function readTrustDir(path: string): Promise<Result<readonly ReadKey[], string>> {
  try {
    const trusted = await trustedDir(path);
    if (!trusted.ok) return trusted;
    const dir = trusted.value;
    const names = (await readdir(dir)).filter((name) => /^[^.].*\.pub$/.test(name)).sort();
    if (names.length === 0) return err(`there is no key in ${dir}`);
    const keys: ReadKey[] = [];
    for (const name of names) {
      const key = await readKey(join(dir, name));
      if (!key.ok) return key;
      const twin = keys.find(({ id }) => id === key.value.id);
      if (twin !== undefined) return err(`${join(dir, name)} holds the key of ${twin.name} again`);
      keys.push(key.value);
    }
    return ok(keys);
  } catch (error) {
    return err(`${path} cannot be read: ${codeOf(error)}`);
  }
}

async function readKey(path: string): Promise<Result<ReadKey, string>> {
  let text: string;
  // Not a link to a file of somebody else's, nor a pipe that never ends.
  const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
  const file = await open(path, flags).catch((error: unknown) => codeOf(error));
  if (typeof file === 'string') return err(`${path} cannot be read: ${file}`);
  try {
    const stats = await file.stat();
    const unsafe = stats.isFile() ? whyOpen(path, stats) : `${path} is not a file`;
    if (unsafe !== undefined) return err(unsafe);
    if (stats.size > keyFileSizeMax) return err(`${path} is too large for a key`);
    text = await file.readFile('utf8');
  } finally {
    await file.close();
  }
  const parsed = parseKeyFile(text);
  if (!parsed.ok) return err(`${path}: ${parsed.error}`);
  const { name, apps } = parsed.value;
  return ok({ ...publicKeyOf(parsed.value.key), name, apps });
}

/** Without links, so that what is opened is what was looked at. The error is a sentence. */
async function trustedDir(dir: string): Promise<Result<string, string>> {
  if (!(await lstat(dir)).isDirectory()) return err(`${dir} is not a directory`);
  const trusted = await trustedPath(resolve(dir), { mayBeOurs: true });
  if (trusted.ok) return trusted;
  return err(`${trusted.error.path} ${trusted.error.why}`);
}

function whyOpen(path: string, { uid, mode }: Pick<Stats, 'uid' | 'mode'>): string | undefined {
  if (uid !== 0 && uid !== process.geteuid?.())
    return `${path} belongs to neither root nor the agent`;
  return (mode & 0o022) === 0 ? undefined : `${path} can be written by others than its owner`;
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : String(error);
}
