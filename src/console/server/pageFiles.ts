/**
 * The files of the page, held in memory as the build left them: each under its own name and nothing
 * else, so that no path leads anywhere. Every other address that a browser goes to is the page itself.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { extname } from 'node:path';
import type { IncomingMessage } from 'node:http';
import { err, ok, type Result } from '../../domain/result.ts';
import type { Answer } from '../../http/respond.ts';

export interface PageFiles {
  /** Undefined: there is nothing of the kind. */
  readonly answer: (request: IncomingMessage, path: string) => Answer | undefined;
}

interface PageFile {
  readonly contentType: string;
  readonly plain: Buffer;
  readonly gz: Buffer | undefined;
  readonly br: Buffer | undefined;
  /** Its name changes with what is in it. */
  readonly isHashed: boolean;
}

const contentTypes: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.wav': 'audio/wav',
  '.webmanifest': 'application/manifest+json',
};

/** No other host, nothing inline, nothing evaluated; markup from texts is an error. */
const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "font-src 'self'",
  "media-src 'self'",
  "manifest-src 'self'",
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
].join('; ');

/** The error is a sentence: the page was not built. */
export function readPageFiles(dir: string): Result<PageFiles, string> {
  const files = new Map<string, PageFile>();
  try {
    const names = new Set(readdirSync(dir));
    for (const name of names) {
      const contentType = contentTypes[extname(name)];
      if (contentType === undefined) continue;
      const packed = (ending: string): Buffer | undefined =>
        names.has(name + ending) ? readFileSync(join(dir, name + ending)) : undefined;
      const plain = readFileSync(join(dir, name));
      const isHashed = /-[A-Z0-9]{8}\.\w+$/.test(name);
      files.set(name, { contentType, plain, gz: packed('.gz'), br: packed('.br'), isHashed });
    }
  } catch {
    return err(`the page is not in ${dir}`);
  }
  const index = files.get('index.html');
  if (index === undefined) return err(`the page is not in ${dir}`);
  return ok({
    answer: (request, path) => {
      const file = files.get(path.slice(1));
      if (file !== undefined) return fileAnswer(request, file);
      const isVisit = (request.headers.accept ?? '').includes('text/html');
      return isVisit && !/^\/(api|oidc)(\/|$)/.test(path) ? fileAnswer(request, index) : undefined;
    },
  });
}

function fileAnswer(request: IncomingMessage, file: PageFile): Answer {
  const { contentType, plain, isHashed } = file;
  const accepted = (request.headers['accept-encoding'] ?? '').split(/\s*,\s*/);
  const encoding = (['br', 'gz'] as const).find(
    (each) => file[each] !== undefined && accepted.includes(each === 'gz' ? 'gzip' : each),
  );
  const body = encoding === undefined ? plain : (file[encoding] ?? plain);
  return {
    status: 200,
    body,
    contentType,
    headers: {
      'cache-control': isHashed ? 'public, max-age=31536000, immutable' : 'no-cache',
      'content-security-policy': contentSecurityPolicy,
      vary: 'accept-encoding',
      ...(encoding === undefined ? {} : { 'content-encoding': encoding === 'gz' ? 'gzip' : 'br' }),
    },
  };
}
