/**
 * SHA-256 (FIPS 180-4) of the UTF-8 of a string, without node: reducers hash file texts.
 *
 * The scratch memory is shared between calls and never holds anything from one to the next.
 */
import type { Sha256 } from './types.ts';
import { encodeUtf8Into } from './utf8.ts';

// The first 32 bits of the fractional parts of the cube roots of the first 64 primes.
const constants = Int32Array.from([
  0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
  0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
  0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
  0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
  0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
  0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
  0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
  0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
]);

// The same of the square roots of the first 8 primes.
const initialHash = Int32Array.from([
  0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
]);

const blockBytes = 64;
const schedule = new Int32Array(64);
const hash = new Int32Array(8);
let buffer = new Uint8Array(4096);

/** A lone surrogate counts as U+FFFD, as in every encoder of the web platform. */
export function sha256(text: string): Sha256 {
  // 3 bytes at most for a UTF-16 unit; one padding byte, the length, and a block to fill up.
  const enough = text.length * 3 + 9 + blockBytes;
  if (buffer.length < enough) buffer = new Uint8Array(enough);
  const sizeBytes = encodeUtf8Into(text, buffer);
  const paddedBytes = pad(sizeBytes);
  hash.set(initialHash);
  for (let offset = 0; offset < paddedBytes; offset += blockBytes) addBlock(offset);
  return hexadecimal() as Sha256;
}

/** Appends a one bit, zeros, and the length in bits; returns the new size. */
function pad(sizeBytes: number): number {
  const paddedBytes = Math.ceil((sizeBytes + 9) / blockBytes) * blockBytes;
  buffer.fill(0, sizeBytes, paddedBytes);
  buffer[sizeBytes] = 0x80;
  // Texts here are far below 2^29 bytes, so that the upper half of the length stays zero.
  const bits = sizeBytes * 8;
  for (let index = 0; index < 4; index += 1) {
    buffer[paddedBytes - 1 - index] = (bits >>> (8 * index)) & 0xff;
  }
  return paddedBytes;
}

// `?? 0` satisfies the compiler about indices that the loops keep in range; it costs nothing.
function addBlock(offset: number): void {
  fillSchedule(offset);
  let a = hash[0] ?? 0;
  let b = hash[1] ?? 0;
  let c = hash[2] ?? 0;
  let d = hash[3] ?? 0;
  let e = hash[4] ?? 0;
  let f = hash[5] ?? 0;
  let g = hash[6] ?? 0;
  let h = hash[7] ?? 0;
  for (let round = 0; round < 64; round += 1) {
    const s1 = ((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^ ((e >>> 25) | (e << 7));
    const choice = (e & f) ^ (~e & g);
    const t1 = (h + s1 + choice + (constants[round] ?? 0) + (schedule[round] ?? 0)) | 0;
    const s0 = ((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10));
    const majority = (a & b) ^ (a & c) ^ (b & c);
    h = g;
    g = f;
    f = e;
    e = (d + t1) | 0;
    d = c;
    c = b;
    b = a;
    a = (t1 + s0 + majority) | 0;
  }
  hash[0] = ((hash[0] ?? 0) + a) | 0;
  hash[1] = ((hash[1] ?? 0) + b) | 0;
  hash[2] = ((hash[2] ?? 0) + c) | 0;
  hash[3] = ((hash[3] ?? 0) + d) | 0;
  hash[4] = ((hash[4] ?? 0) + e) | 0;
  hash[5] = ((hash[5] ?? 0) + f) | 0;
  hash[6] = ((hash[6] ?? 0) + g) | 0;
  hash[7] = ((hash[7] ?? 0) + h) | 0;
}

function fillSchedule(offset: number): void {
  for (let index = 0; index < 16; index += 1) {
    const at = offset + index * 4;
    schedule[index] =
      ((buffer[at] ?? 0) << 24) |
      ((buffer[at + 1] ?? 0) << 16) |
      ((buffer[at + 2] ?? 0) << 8) |
      (buffer[at + 3] ?? 0);
  }
  for (let index = 16; index < 64; index += 1) {
    const x = schedule[index - 15] ?? 0;
    const y = schedule[index - 2] ?? 0;
    const s0 = ((x >>> 7) | (x << 25)) ^ ((x >>> 18) | (x << 14)) ^ (x >>> 3);
    const s1 = ((y >>> 17) | (y << 15)) ^ ((y >>> 19) | (y << 13)) ^ (y >>> 10);
    schedule[index] = ((schedule[index - 16] ?? 0) + s0 + (schedule[index - 7] ?? 0) + s1) | 0;
  }
}

// `toString(16)` of large numbers is slow, and every new content needs two hashes.
const pairs: readonly string[] = Array.from({ length: 256 }, (_, byte) =>
  byte.toString(16).padStart(2, '0'),
);

function hexadecimal(): string {
  let text = '';
  for (const word of hash) {
    for (let shift = 24; shift >= 0; shift -= 8) text += pairs[(word >>> shift) & 0xff] ?? '';
  }
  return text;
}
