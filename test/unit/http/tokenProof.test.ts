/** Proof of a token: good for one request at one address, once, and no way to the token. */
import { describe, expect, it } from 'vitest';
import { createProofCheck, parseIpAddress, proveToken } from '../../../src/http/tokenProof.ts';

const token = 'a'.repeat(40);
const startMs = 1_764_000_000_000;
const asked = { method: 'GET', address: '10.0.0.1:9102', path: '/logs?app=web' };
const nonceOf = (number: number): string => number.toString(16).padStart(32, '0');
const prove = (nonce = 1, nowMs = startMs): string =>
  proveToken(token, asked, { nowMs, nonce: nonceOf(nonce) });

function createCheck(given = token) {
  const clock = { nowMs: startMs };
  const check = createProofCheck(given, () => clock.nowMs);
  const refusal = (header: string, other: Partial<typeof asked> = {}, own = asked.address) =>
    check.refusal(header, { ...asked, ...other }, [own]);
  return { clock, refusal };
}

describe('proof of a token', () => {
  it('is good for what was asked, and has nothing of the token in it', () => {
    expect(createCheck().refusal(prove())).toBeUndefined();
    expect(prove()).not.toContain(token);
  });

  it('is good once, for as long as it would be good at all', () => {
    const { clock, refusal } = createCheck();
    expect(refusal(prove(1, startMs + 290_000))).toBeUndefined();
    clock.nowMs += 580_000;
    expect(refusal(prove(1, startMs + 290_000))).toContain('used before');
    expect(refusal(prove(2, clock.nowMs))).toBeUndefined();
    clock.nowMs += 700_000;
    expect(refusal(prove(1, startMs + 290_000))).toContain('clocks');
  });

  it('is good for nothing else', () => {
    const { refusal } = createCheck();
    for (const other of [
      { path: '/logs?app=other' },
      { path: '/state' },
      { method: 'HEAD' },
      { address: '10.0.0.2:9102' },
    ]) {
      expect(refusal(prove(), other)).toBe('the token is another one');
    }
    expect(createCheck('b'.repeat(40)).refusal(prove())).toBe('the token is another one');
    expect(refusal(prove().replace(/time=\d/, 'time=2'))).toBe('the token is another one');
    for (const junk of ['', 'Supervene-HMAC ', `${prove()}0`, `Bearer ${token}`]) {
      expect(refusal(junk)).toBe('this is no proof of the token');
    }
  });

  it('given to one host is refused by another that it is handed on to', () => {
    const { refusal } = createCheck();
    expect(refusal(prove(), {}, '10.0.0.2:9102')).toBe(
      'the proof is for 10.0.0.1:9102, and this is 10.0.0.2:9102',
    );
    expect(refusal(prove(), {}, '10.0.0.1:9103')).toContain('and this is');
  });

  it('is for an address however that is written', () => {
    const check = createProofCheck(token, () => startMs);
    const address = '[fd00:0:0::1]:9102';
    const header = proveToken(token, { ...asked, address }, { nowMs: startMs, nonce: nonceOf(7) });
    expect(check.refusal(header, { ...asked, address }, ['[fd00::1]:9102'])).toBeUndefined();
    expect(createCheck().refusal(prove(), {}, '[::ffff:10.0.0.1]:9102')).toBeUndefined();
  });

  it('is bounded in what is remembered', () => {
    const { clock, refusal } = createCheck();
    for (let at = 0; at < 20_000; at += 1) expect(refusal(prove(at))).toBeUndefined();
    expect(refusal(prove(20_000))).toContain('too many');
    clock.nowMs += 600_000;
    expect(refusal(prove(20_001, clock.nowMs))).toBeUndefined();
  });
});

describe('parseIpAddress', () => {
  it('takes an address and a port and nothing else', () => {
    expect(parseIpAddress('10.0.0.1:9102')).toEqual({ host: '10.0.0.1', port: 9102 });
    expect(parseIpAddress('[fd00::1]:80')).toEqual({ host: 'fd00::1', port: 80 });
    for (const text of [
      '127.0.0.1:29555/steal?x=@',
      '127.0.0.1:29555#',
      'user@10.0.0.1:80',
      '10.0.0.1',
      '10.0.0.1:0',
      '10.0.0.1:65536',
      '10.0.0.256:80',
      '0x7f.1:80',
      'fd00::1:80',
      '[10.0.0.1]:80',
      '[fd00::1%eth0]:80',
      'web1:9102',
      ' 10.0.0.1:80',
      '10.0.0.1:80\n',
      '',
    ]) {
      expect(parseIpAddress(text), text).toBeUndefined();
    }
  });
});
