/**
 * A public key as a file: comments, one line with the key, and which apps it may sign.
 *
 *     # of the release machine
 *     ed25519 <base64 of 32 bytes> release
 *     apps = web-*, api
 */
import { err, ok, type Result } from '../result.ts';
import { isWildcard } from '../wildcard.ts';

export interface PublicKeyFile {
  /** Base64 of the 32 bytes of the key. */
  readonly key: string;
  /** For people; nothing is decided by it. */
  readonly name: string;
  /** Names with wildcards; none by default: a key that is for nothing signs nothing. */
  readonly apps: readonly string[];
}

export const keyFileSizeMax = 16 * 1024;

/** The error says what is wrong, with its line. */
export function parseKeyFile(text: string): Result<PublicKeyFile, string> {
  let found: Pick<PublicKeyFile, 'key' | 'name'> | undefined;
  let apps: readonly string[] | undefined;
  for (const [index, raw] of text.split('\n').entries()) {
    const line = raw.trim();
    const place = `line ${String(index + 1)}`;
    if (line === '' || line.startsWith('#')) continue;
    const list = /^apps\s*=(.*)$/.exec(line)?.[1];
    if (list !== undefined) {
      if (apps !== undefined) return err(`${place}: a second line of apps`);
      apps = list.split(/[\s,]+/).filter((item) => item !== '');
      const bad = apps.find((item) => !isWildcard(item));
      if (bad !== undefined) return err(`${place}: ${JSON.stringify(bad)} can match no app`);
      continue;
    }
    // 32 bytes are 42 digits, one with two zero bits, and one for filling up.
    const match = /^ed25519\s+([A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]=)\s+(\S{1,63})$/.exec(line);
    if (match?.[1] === undefined || match[2] === undefined) {
      return err(`${place}: neither \`ed25519 KEY NAME\` nor \`apps = …\``);
    }
    if (found !== undefined) return err(`${place}: a second key`);
    found = { key: match[1], name: match[2] };
  }
  return found === undefined ? err('there is no key in it') : ok({ ...found, apps: apps ?? [] });
}

/** As `keys generate` writes it: for nothing, until somebody says for what. */
export function formatKeyFile({ key, name }: Pick<PublicKeyFile, 'key' | 'name'>): string {
  return (
    '# A public key of supervene. Copy it to trust.d on the hosts, and say which apps it may sign:\n' +
    '# apps = web-*, api\n' +
    `ed25519 ${key} ${name}\n`
  );
}
