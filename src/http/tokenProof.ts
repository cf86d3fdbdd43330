/**
 * Proof that somebody has the token, which does not give it away: a command asks at an address that
 * merely stands in etcd, where anybody may listen.
 *
 * `Authorization: Supervene-HMAC time=<ms>, nonce=<hex>, mac=<hex>`, where `mac` is an HMAC-SHA256
 * with the token over the method, the address, the path with its query, the time and the nonce. It
 * is good for this one request, at this one address, for some minutes and once. It hides nothing,
 * and says nothing of the answer.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';
import { isIP } from 'node:net';

export interface Asked {
  readonly method: string;
  /** As the `Host` header has it. */
  readonly address: string;
  /** With its query. */
  readonly path: string;
}

export interface ProofSeed {
  readonly nowMs: number;
  /** 32 hex digits that were never used before. */
  readonly nonce: string;
}

/** The value of the `Authorization` header. */
export function proveToken(token: string, asked: Asked, { nowMs, nonce }: ProofSeed): string {
  const mac = macOf(token, asked, String(nowMs), nonce).toString('hex');
  return `Supervene-HMAC time=${nowMs}, nonce=${nonce}, mac=${mac}`;
}

export interface ProofCheck {
  /** Undefined when it is good; otherwise a sentence that says why not. */
  readonly refusal: (header: string, asked: Asked, own: readonly string[]) => string | undefined;
}

const windowMs = 300_000;
/** Of proofs that were good, so that only who has the token fills it. */
const noncesMax = 20_000;

export function createProofCheck(token: string, nowMs: () => number): ProofCheck {
  /** Until when each is remembered, the oldest first. */
  const used = new Map<string, number>();
  return {
    refusal: (header, asked, own) => {
      const [, time = '', nonce = '', mac = ''] = form.exec(header) ?? [];
      if (mac === '') return 'this is no proof of the token';
      const right = macOf(token, asked, time, nonce);
      if (!timingSafeEqual(right, Buffer.from(mac, 'hex'))) return 'the token is another one';
      const here = own.map(canonical);
      const there = canonical(asked.address);
      if (there === undefined || !here.includes(there)) {
        return `the proof is for ${asked.address}, and this is ${own[0] ?? 'elsewhere'}`;
      }
      const now = nowMs();
      const offMs = Math.abs(now - Number(time));
      if (offMs > windowMs) {
        return `the clocks of the two hosts differ by ${Math.round(offMs / 1_000)} s`;
      }
      for (const [old, untilMs] of used) {
        if (untilMs > now) break;
        used.delete(old);
      }
      if (used.has(nonce)) return 'this proof was used before';
      if (used.size >= noncesMax) return 'too many requests within ten minutes: try again later';
      used.set(nonce, now + 2 * windowMs);
      return undefined;
    },
  };
}

const form = /^Supervene-HMAC time=(\d{1,15}), nonce=([0-9a-f]{32}), mac=([0-9a-f]{64})$/;

function macOf(token: string, { method, address, path }: Asked, time: string, nonce: string) {
  const text = ['Supervene-HMAC', method, address, path, time, nonce].join('\n');
  return createHmac('sha256', token).update(text).digest();
}

export interface IpAddress {
  readonly host: string;
  readonly port: number;
}

/** `10.0.0.1:9102` or `[fd00::1]:9102` and nothing else: no name, no path, no user. */
export function parseIpAddress(text: string): IpAddress | undefined {
  const match = /^(?:\[([0-9A-Fa-f:.]{2,45})\]|([0-9.]{7,15})):(\d{1,5})$/.exec(text);
  const [, v6, v4, digits = ''] = match ?? [];
  const host = v6 ?? v4;
  const port = Number(digits);
  if (host === undefined || isIP(host) !== (v6 === undefined ? 4 : 6)) return undefined;
  return port > 0 && port <= 65_535 ? { host, port } : undefined;
}

/** One text for each address: IPv6 has several, and an IPv4 one may come as IPv6. */
function canonical(text: string): string | undefined {
  const plain = text.replace(/^\[::ffff:([0-9.]+)\]:/i, '$1:');
  const address = parseIpAddress(plain);
  if (address === undefined) return undefined;
  const { host, port } = address;
  const shown = host.includes(':') ? new URL(`http://[${host}]`).hostname : host;
  return `${shown}:${port}`;
}
