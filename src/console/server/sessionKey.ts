/** What sessions are sealed with: 32 bytes beside the file of users, made when they are absent. */
import { randomBytes } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { err, ok, type Result } from '../../domain/result.ts';
import { codeOf, readPrivateText, writePrivately } from './usersFile.ts';

const bytes = 32;

/** The same for every console that has the same file. The error is a sentence without the key. */
export function openSessionKey(usersPath: string): Result<Buffer, string> {
  const path = `${usersPath}.key`;
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    const made = `${randomBytes(bytes).toString('hex')}\n`;
    const before = readPrivateText(path);
    if (before.ok && before.value === undefined) writePrivately(path, made, true);
  } catch (error) {
    return err(`cannot make the session key ${path}: ${codeOf(error)}`);
  }
  const text = readPrivateText(path);
  if (!text.ok) return text;
  const hex = /^([0-9a-f]{64})\r?\n?$/.exec(text.value ?? '')?.[1];
  if (hex === undefined) return err(`${path} holds no key: remove it, and all log in anew`);
  return ok(Buffer.from(hex, 'hex'));
}
