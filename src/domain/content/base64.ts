/**
 * Base64 of RFC 4648 with its padding, line breaks allowed anywhere and nothing else besides: what
 * the replaced system's decoder took.
 */
const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

const sextets = new Int8Array(128).fill(-1);
for (let index = 0; index < alphabet.length; index += 1) {
  sextets[alphabet.charCodeAt(index)] = index;
}

/** `at` is the offset in the text that broke the rules; undefined for its end. */
export interface Base64Fault {
  readonly at: number | undefined;
  readonly reason: string;
}

export function decodeBase64(
  text: string,
): { readonly bytes: Uint8Array } | { readonly fault: Base64Fault } {
  const bytes = new Uint8Array(Math.floor((text.length * 3) / 4) + 3);
  let sizeBytes = 0;
  let bits = 0;
  let inGroup = 0;
  let padding = 0;
  for (let at = 0; at < text.length; at += 1) {
    const unit = text.charCodeAt(at);
    if (unit === 10 || unit === 13) continue;
    if (unit === 61 && inGroup + padding >= 2 && inGroup + padding < 4) {
      padding += 1;
      continue;
    }
    const sextet = unit < 128 ? (sextets[unit] ?? -1) : -1;
    if (sextet < 0) return { fault: { at, reason: 'has no place in base64' } };
    if (padding > 0) return { fault: { at, reason: 'stands after the padding' } };
    bits = ((bits << 6) | sextet) & 0xffffff;
    inGroup += 1;
    if (inGroup < 4) continue;
    bytes[sizeBytes++] = bits >> 16;
    bytes[sizeBytes++] = (bits >> 8) & 0xff;
    bytes[sizeBytes++] = bits & 0xff;
    inGroup = 0;
  }
  if (inGroup + padding !== 0 && inGroup + padding !== 4) {
    return { fault: { at: undefined, reason: 'the padding is missing or the end was cut off' } };
  }
  if (inGroup >= 2) bytes[sizeBytes++] = (bits >> (inGroup === 2 ? 4 : 10)) & 0xff;
  if (inGroup === 3) bytes[sizeBytes++] = (bits >> 2) & 0xff;
  return { bytes: bytes.subarray(0, sizeBytes) };
}
