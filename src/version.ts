/** The version in package.json, wherever this file was built to. */
import { readFileSync } from 'node:fs';

export function readVersion(): string {
  for (const place of ['../package.json', '../../package.json']) {
    const version = versionAt(new URL(place, import.meta.url));
    if (version !== undefined) return version;
  }
  return 'unknown';
}

function versionAt(url: URL): string | undefined {
  try {
    const parsed: unknown = JSON.parse(readFileSync(url, 'utf8'));
    if (typeof parsed !== 'object' || parsed === null || !('version' in parsed)) return undefined;
    return typeof parsed.version === 'string' ? parsed.version : undefined;
  } catch {
    return undefined;
  }
}
