import { describe, expect, it } from 'vitest';
import { parseRequest } from '../../../../src/domain/fleet/requestCodec.ts';

const good = {
  id: 'i1',
  order: { type: 'Restart', app: 'web' },
  by: 'alice',
  from: 'laptop',
  atMs: 1_000,
};

const refusal = (given: unknown): string => {
  const bytes = Buffer.from(typeof given === 'string' ? given : JSON.stringify(given));
  const parsed = parseRequest('i1', bytes);
  return parsed.ok ? 'accepted' : parsed.error;
};

const order = (fields: unknown): string => refusal({ ...good, order: fields });

describe('parseRequest', () => {
  it('takes a request, and passes over what a later version may say beside it', () => {
    expect(refusal(good)).toBe('accepted');
    expect(refusal({ ...good, later: { is: 'more' } })).toBe('accepted');
  });

  it('says what is wrong with what is none', () => {
    expect(refusal('restart web')).toBe('the request is no JSON object');
    expect(refusal([good])).toBe('the request is no JSON object');
    expect(refusal(`${' '.repeat(4_096)}{}`)).toBe('the request is larger than 4096 bytes');
    expect(refusal({ ...good, id: 'i2' })).toBe('the request has another id than its key');
    expect(refusal({ ...good, by: '' })).toContain('does not say who asks');
    expect(refusal({ ...good, from: 7 })).toContain('does not say who asks');
    expect(refusal({ ...good, atMs: -1 })).toContain('does not say when');
    expect(refusal({ ...good, atMs: '1' })).toContain('does not say when');
  });

  it('refuses orders that it does not know', () => {
    expect(order(undefined)).toContain('does not say what is to be done');
    expect(order({ type: 'Shutdown' })).toBe('this agent does not know the order "Shutdown"');
    expect(order({ type: 'toString' })).toContain('does not know the order');
  });

  it('refuses names that mean more than one app', () => {
    for (const app of ['all', 'supervisord', 'web:*', '*', '../web', '', 'web/x', 'w\u0000']) {
      expect(order({ type: 'Stop', app })).toContain('cannot be the name of an app');
    }
    expect(order({ type: 'Stop' })).toBe('the request names no app');
  });

  it('refuses processes of another group, and patterns', () => {
    for (const process of ['db:db', 'web', 'web:', 'web:*', 'all', 'web:\u001b[2J', 1, null]) {
      expect(order({ type: 'Start', app: 'web', process })).toContain('is no process of web');
    }
    expect(order({ type: 'Start', app: 'web', process: 'web:web-0' })).toBe('accepted');
  });

  it('makes names of one word of what people are called', () => {
    const bytes = Buffer.from(JSON.stringify({ ...good, by: 'al\nice\u001b[31m', from: ' ' }));
    const parsed = parseRequest('i1', bytes);
    expect(parsed.ok && [parsed.value.by, parsed.value.from]).toEqual(['al_ice_[31m', '_']);
  });
});
