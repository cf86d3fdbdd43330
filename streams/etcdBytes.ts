/** etcd's keys and values, which may be any bytes, as text that an event can carry. */
import { keyStart } from '../src/domain/keys.ts';
import { type LeafValue } from '../src/domain/event.ts';

/** 64 KiB of content are 87 KiB of base64, and more with line breaks; nothing above can be valid. */
export const valueSizeMax = 128 * 1024;

// A byte order mark stays in the text: to refuse it is for those who read the content.
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

export function decodeLeafValue(bytes: Uint8Array): LeafValue {
  if (bytes.length > valueSizeMax) return { type: 'TooLarge', sizeBytes: bytes.length };
  const text = decodeText(bytes);
  if (text !== undefined) return { type: 'Text', text };
  return { type: 'Binary', base64: Buffer.from(bytes).toString('base64') };
}

/** Undefined for a key that is not UTF-8: replacing what is wrong could make two keys one. */
export function decodeKey(bytes: Uint8Array): string | undefined {
  return decodeText(bytes);
}

/** Every key below the prefix, its slash included: from `key` up to `rangeEnd`. */
export function prefixRange(prefix: string): { key: Uint8Array; rangeEnd: Uint8Array } {
  const key = Buffer.from(keyStart(prefix));
  const rangeEnd = Buffer.from(key);
  rangeEnd[rangeEnd.length - 1] = '0'.charCodeAt(0);
  return { key, rangeEnd };
}

function decodeText(bytes: Uint8Array): string | undefined {
  try {
    return utf8.decode(bytes);
  } catch {
    return undefined;
  }
}
