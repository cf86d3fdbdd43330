/**
 * Keys of etcd, which may be any bytes, as texts that a person can read and a page can send back:
 * what is no UTF-8 and what cannot be seen as `\xHH`, a backslash as `\\`. One text for each key.
 */
import { decodeUtf8, encodeUtf8Into } from '../utf8.ts';

export function formatKeyText(bytes: Uint8Array): string {
  let text = '';
  let rest = bytes;
  while (rest.length > 0) {
    const decoded = decodeUtf8(rest);
    if ('text' in decoded) return text + escaped(decoded.text);
    const good = decodeUtf8(rest.subarray(0, decoded.badAt));
    text += 'text' in good ? escaped(good.text) : '';
    text += byteText(rest[decoded.badAt] ?? 0);
    rest = rest.subarray(decoded.badAt + 1);
  }
  return text;
}

function escaped(text: string): string {
  return text.replaceAll(/\\|[\p{C}\p{Zl}\p{Zp}]/gu, (char) => {
    if (char === '\\') return '\\\\';
    return [...encode(char)].map(byteText).join('');
  });
}

function byteText(byte: number): string {
  return `\\x${byte.toString(16).padStart(2, '0')}`;
}

function encode(text: string): Uint8Array {
  const out = new Uint8Array(text.length * 3);
  return out.subarray(0, encodeUtf8Into(text, out));
}

/** Undefined for a text that no key has: another spelling of one is none. */
export function parseKeyText(text: string): Uint8Array | undefined {
  const bytes: number[] = [];
  for (const [part] of text.matchAll(/\\(?:x[0-9a-f]{2}|[^]|$)|[^\\]+/gu)) {
    if (!part.startsWith('\\')) bytes.push(...encode(part));
    else if (part === '\\\\') bytes.push(0x5c);
    else if (part.length === 4) bytes.push(parseInt(part.slice(2), 16));
    else return undefined;
  }
  const key = Uint8Array.from(bytes);
  return formatKeyText(key) === text ? key : undefined;
}
