import { describe, expect, it } from 'vitest';
import { etcdHoles, etcdLeast, judgeEtcdVersion } from '../../../src/domain/etcdVersions.ts';

/** The ids that are named, or nothing. */
const named = (version: string): readonly string[] =>
  etcdHoles.map(({ id }) => id).filter((id) => judgeEtcdVersion(version)?.message.includes(id));

describe('judgeEtcdVersion', () => {
  it('names every hole of the version that Debian 12 ships, and what to do', () => {
    expect(named('3.4.23')).toEqual(etcdHoles.map(({ id }) => id));
    expect(judgeEtcdVersion('3.4.23')).toMatchObject({
      message: expect.stringMatching(/^etcd 3\.4\.23 has known security holes: CVE-2021-28235 \(/),
      remedy: 'update etcd to 3.4.45 or later, or better to a current 3.5 or 3.6',
    });
  });

  it.each([
    ['3.4.25', 5],
    ['3.4.42', 2],
    ['3.4.44', 1],
    ['3.5.7', 6],
    ['3.5.16', 4],
    ['3.5.28', 2],
    ['3.5.32', 1],
    ['3.6.0', 4],
    ['3.6.13', 1],
    ['3.7.0', 1],
    ['3.3.27', 6],
    ['2.3.8', 6],
  ])('knows of %s that %d of them are open', (version, count) => {
    expect(named(version)).toHaveLength(count);
  });

  it.each(['3.4.45', '3.4.46', '3.5.33', '3.6.14', '3.7.1', '3.7.12', '3.8.0', '4.0.0', 'v3.5.40'])(
    'has nothing to say of %s',
    (version) => {
      expect(judgeEtcdVersion(version)).toBeUndefined();
    },
  );

  it('reads a version with an addition by its numbers, compared as numbers', () => {
    expect(judgeEtcdVersion('3.4.9')).toBeDefined();
    expect(judgeEtcdVersion('3.6.7-k3s1')).toBeDefined();
    expect(judgeEtcdVersion('3.6.14-rc.0+git')).toBeUndefined();
  });

  it.each(['', 'latest', '3.4', '3.4.x', 'etcd 3.4.1', '3.4.1.2', '-3.4.1', '3.4.99999999999'])(
    'says nothing of %j, which is no version',
    (text) => {
      expect(judgeEtcdVersion(text)).toBeUndefined();
    },
  );

  it('does not let a line off before all its holes are fixed', () => {
    for (const [line, least] of Object.entries(etcdLeast)) {
      for (const { id, fixedIn } of etcdHoles) {
        expect({ id, fix: (fixedIn[line] ?? 0) <= least }).toEqual({ id, fix: true });
      }
    }
  });
});
