import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import {
  createSessions,
  idleMaxMs,
  sessionMaxMs,
} from '../../../../src/console/server/sessions.ts';

function setUp() {
  const world = { nowMs: 1_000_000_000_000, records: new Map([['anna', 'one']]) };
  const revoked = new Set<string>();
  const deps = {
    nowMs: () => world.nowMs,
    recordOf: ({ user }: { readonly user: string }) => world.records.get(user),
    isRevoked: (id: string) => revoked.has(id),
  };
  const key = randomBytes(32);
  return {
    world,
    revoked,
    sessions: createSessions({ key, ...deps }),
    same: createSessions({ key, ...deps }),
    other: createSessions({ key: randomBytes(32), ...deps }),
  };
}

describe('createSessions', () => {
  it('opens what it, or another console with the same key, has sealed', () => {
    const { sessions, same, other } = setUp();
    const session = sessions.begin('anna');
    const sealed = sessions.seal(session) ?? '';
    expect(sessions.open(sealed)).toEqual(session);
    expect(same.open(sealed)).toEqual(session);
    expect(same.csrfOf(session)).toBe(sessions.csrfOf(session));
    expect(other.open(sealed)).toBeUndefined();
  });

  it('gives every session an id and a token of its own', () => {
    const { sessions } = setUp();
    const many = Array.from({ length: 50 }, () => sessions.begin('anna'));
    expect(new Set(many.map(({ id }) => id)).size).toBe(50);
    expect(new Set(many.map(sessions.csrfOf)).size).toBe(50);
  });

  it('ends it an hour after the last request, and twelve after the log-in', () => {
    const { world, sessions } = setUp();
    let session = sessions.begin('anna');
    const startedMs = world.nowMs;
    const sealed = (): string => sessions.seal(session) ?? '';
    world.nowMs += idleMaxMs - 1;
    expect(sessions.open(sealed())).toBeDefined();
    world.nowMs += 1;
    expect(sessions.open(sealed())).toBeUndefined();
    world.nowMs = startedMs;
    session = sessions.begin('anna');
    while (world.nowMs < startedMs + sessionMaxMs - idleMaxMs / 2) {
      world.nowMs += idleMaxMs / 2;
      session = sessions.renewed(session) ?? session;
      if (world.nowMs < startedMs + sessionMaxMs) expect(sessions.open(sealed())).toBeDefined();
    }
    world.nowMs = startedMs + sessionMaxMs;
    expect(sessions.open(sealed())).toBeUndefined();
  });

  it('renews it no more often than once a minute, without another id', () => {
    const { world, sessions } = setUp();
    const session = sessions.begin('anna');
    expect(sessions.renewed(session)).toBeUndefined();
    world.nowMs += 60_000;
    expect(sessions.renewed(session)).toEqual({ ...session, issuedMs: world.nowMs });
  });

  it('takes none from the future, or one that was issued before it began', () => {
    const { world, sessions } = setUp();
    const session = sessions.begin('anna');
    const sealed = sessions.seal({ ...session, issuedMs: world.nowMs + 120_000 }) ?? '';
    expect(sessions.open(sealed)).toBeUndefined();
    const odd = sessions.seal({ ...session, startedMs: session.issuedMs + 1 }) ?? '';
    expect(sessions.open(odd)).toBeUndefined();
  });

  it('ends it when anything about its user changes, when he goes, and when it is revoked', () => {
    const { world, revoked, sessions } = setUp();
    const session = sessions.begin('anna');
    const sealed = sessions.seal(session) ?? '';
    world.records.set('anna', 'two');
    expect(sessions.open(sealed)).toBeUndefined();
    world.records.set('anna', 'one');
    expect(sessions.open(sealed)).toEqual(session);
    world.records.delete('anna');
    expect(sessions.open(sealed)).toBeUndefined();
    expect(sessions.seal(session)).toBeUndefined();
    world.records.set('anna', 'one');
    revoked.add(session.id);
    expect(sessions.open(sealed)).toBeUndefined();
    expect(sessions.isGood(session)).toBe(false);
  });

  it('takes no seal of one purpose for another', () => {
    const { sessions } = setUp();
    const text = sessions.sealText('way out', '{"user":"anna"}');
    expect(sessions.openText('way out', text)).toBe('{"user":"anna"}');
    expect(sessions.openText('another', text)).toBeUndefined();
    expect(sessions.open(text)).toBeUndefined();
    const sealed = sessions.seal(sessions.begin('anna')) ?? '';
    expect(sessions.openText('session', sealed)).toBeUndefined();
    expect(sessions.csrfBefore('x')).not.toBe(
      sessions.csrfOf({ ...sessions.begin('anna'), id: 'x' }),
    );
  });

  it('opens nothing of what is changed anywhere', () => {
    const { sessions } = setUp();
    const sealed = sessions.seal(sessions.begin('anna')) ?? '';
    for (let at = 0; at < sealed.length; at += 1) {
      const other = sealed[at] === 'A' ? 'B' : 'A';
      const changed = sealed.slice(0, at) + other + sealed.slice(at + 1);
      // The last digit of base64 has bits that stand for nothing; the text is compared, not the bytes.
      expect(sessions.open(changed)).toBeUndefined();
    }
  });
});
