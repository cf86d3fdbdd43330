/** UTF-8 without node: encoding into given memory, and strict decoding (RFC 3629). */

/** Returns the bytes written; `out` needs 3 bytes for each UTF-16 unit. Lone surrogates: U+FFFD. */
export function encodeUtf8Into(text: string, out: Uint8Array): number {
  let at = 0;
  for (let index = 0; index < text.length; index += 1) {
    let point = text.charCodeAt(index);
    if (point < 0x80) {
      out[at++] = point;
      continue;
    }
    if (point < 0x800) {
      out[at++] = 0xc0 | (point >> 6);
      out[at++] = 0x80 | (point & 0x3f);
      continue;
    }
    if (isSurrogate(point)) {
      point = text.codePointAt(index) ?? 0xfffd;
      if (point > 0xffff) index += 1;
      else point = 0xfffd;
    }
    if (point > 0xffff) {
      out[at++] = 0xf0 | (point >> 18);
      out[at++] = 0x80 | ((point >> 12) & 0x3f);
    } else {
      out[at++] = 0xe0 | (point >> 12);
    }
    out[at++] = 0x80 | ((point >> 6) & 0x3f);
    out[at++] = 0x80 | (point & 0x3f);
  }
  return at;
}

/** Size in UTF-8, in bytes. */
export function utf8SizeBytes(text: string): number {
  let sizeBytes = text.length;
  for (let index = 0; index < text.length; index += 1) {
    const unit = text.charCodeAt(index);
    if (unit < 0x80) continue;
    // A pair of surrogates is two units and four bytes: one more for each.
    sizeBytes += unit < 0x800 || isPaired(text, index, unit) ? 1 : 2;
  }
  return sizeBytes;
}

function isPaired(text: string, index: number, unit: number): boolean {
  if (!isSurrogate(unit)) return false;
  const isHigh = unit < 0xdc00;
  const other = text.charCodeAt(isHigh ? index + 1 : index - 1);
  return isHigh ? other >= 0xdc00 && other <= 0xdfff : other >= 0xd800 && other <= 0xdbff;
}

function isSurrogate(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdfff;
}

/** The text, or the offset of the first byte that does not begin a well-formed character. */
export function decodeUtf8(
  bytes: Uint8Array,
): { readonly text: string } | { readonly badAt: number } {
  let text = '';
  let units: number[] = [];
  let at = 0;
  while (at < bytes.length) {
    const first = bytes[at] ?? 0;
    if (first < 0x80) {
      units.push(first);
      at += 1;
    } else {
      const point = multiByte(bytes, at, first);
      if (point === undefined) return { badAt: at };
      if (point > 0xffff) {
        units.push(0xd800 + ((point - 0x10000) >> 10), 0xdc00 + (point & 0x3ff));
      } else {
        units.push(point);
      }
      at += point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
    }
    // Spread in pieces: the number of arguments of a call is limited.
    if (units.length >= 4096) {
      text += String.fromCharCode(...units);
      units = [];
    }
  }
  return { text: text + String.fromCharCode(...units) };
}

/** Undefined for overlong forms, surrogates, values above U+10FFFF and missing bytes. */
function multiByte(bytes: Uint8Array, at: number, first: number): number | undefined {
  const length = first < 0xc2 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : first < 0xf5 ? 4 : 0;
  if (length === 0) return undefined;
  let point = first & (0xff >> (length + 1));
  for (let index = 1; index < length; index += 1) {
    const next = bytes[at + index] ?? 0;
    if ((next & 0xc0) !== 0x80) return undefined;
    point = (point << 6) | (next & 0x3f);
  }
  if (length === 3 && (point < 0x800 || isSurrogate(point))) return undefined;
  if (length === 4 && (point < 0x10000 || point > 0x10ffff)) return undefined;
  return point;
}
