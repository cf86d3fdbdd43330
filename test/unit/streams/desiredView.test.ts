import { describe, expect, it } from 'vitest';
import { createDesiredView } from '../../../streams/desiredView.ts';
import { del, kv, put } from '../../support/etcdValues.ts';

const concernsHost = (_app: string, ips: string | undefined): boolean =>
  ips?.split(',').includes('h1') ?? false;

const view = () => createDesiredView({ prefix: '/p', concernsHost });

const text = (value: string) => ({ type: 'Text', text: value }) as const;
const elsewhere = { type: 'Elsewhere' } as const;

describe('a listing', () => {
  it('keeps the content of apps that are placed here and drops that of others', () => {
    const v = view();
    v.addPage([kv('/p/a/content', 'A', 2), kv('/p/a/ips', 'h1', 3), kv('/p/b/content', 'B', 4)]);
    v.addPage([kv('/p/b/ips', 'h2', 5)]);
    expect(v.finish()).toEqual({ apps: ['a'], wanted: [] });
    expect(v.picture('a')).toEqual({
      app: 'a',
      ips: { modRevision: '3', value: text('h1') },
      content: { modRevision: '2', value: text('A') },
    });
    expect([v.elsewhere(), v.keys.count(), v.ignoredKeys()]).toEqual([1, 4, 0]);
  });

  it('puts together an app whose keys are on two pages, with other keys between them', () => {
    const v = view();
    v.addPage([kv('/p/a/content', 'A', 2)]);
    v.addPage([kv('/p/a/extra', 'x', 9), kv('/p/a/ips', 'h1', 3)]);
    expect(v.finish()).toEqual({ apps: ['a'], wanted: [] });
    expect(v.picture('a').content?.value).toEqual(text('A'));
    expect(v.ignoredKeys()).toBe(1);
  });

  it('shows half pairs, sorted by name among the others', () => {
    const v = view();
    v.addPage([
      kv('/p/a-b/ips', 'h2', 2),
      kv('/p/a/content', 'A', 3),
      kv('/p/b/content', 'B', 3),
      kv('/p/b/ips', 'h1', 3),
    ]);
    expect(v.finish().apps).toEqual(['a', 'a-b', 'b']);
    expect(v.picture('a')).toEqual({ app: 'a', content: { modRevision: '3', value: elsewhere } });
    expect(v.picture('a-b')).toEqual({ app: 'a-b', ips: { modRevision: '2', value: text('h2') } });
  });

  it('shows what cannot be read: it may concern this host', () => {
    const v = view();
    v.addPage([
      kv('/p/a/content', 'A', 2),
      kv('/p/a/ips', new Uint8Array([0xff]), 2),
      kv('/p/b/content', 'x'.repeat(128 * 1024 + 1), 2),
      kv('/p/b/ips', 'h1', 2),
      kv('/p/c/content', new Uint8Array([0xc3, 0x28]), 2),
      kv('/p/c/ips', 'h1', 2),
    ]);
    expect(v.finish()).toEqual({ apps: ['a', 'b', 'c'], wanted: [] });
    expect(v.picture('a').ips?.value).toEqual({ type: 'Binary', base64: '/w==' });
    expect(v.picture('a').content?.value).toEqual(elsewhere);
    expect(v.picture('b').content?.value).toEqual({ type: 'TooLarge', sizeBytes: 131_073 });
    expect(v.picture('c').content?.value).toEqual({ type: 'Binary', base64: 'wyg=' });
  });

  it('counts keys that are no text, and names from hell are names', () => {
    const v = view();
    v.addPage([
      { ...kv('', 'x', 2), key: Buffer.from([0x2f, 0x70, 0x2f, 0xff]) },
      kv('/p/__proto__/content', 'A', 2),
      kv('/p/__proto__/ips', 'h1', 2),
    ]);
    expect(v.finish().apps).toEqual(['__proto__']);
    expect(v.picture('__proto__').content?.value).toEqual(text('A'));
    expect(v.ignoredKeys()).toBe(1);
  });

  it('keeps a byte order mark, which others refuse', () => {
    const v = view();
    v.addPage([kv('/p/a/content', '\ufeffx=1', 2), kv('/p/a/ips', 'h1', 2)]);
    v.finish();
    expect(v.picture('a').content?.value).toEqual(text('\ufeffx=1'));
  });
});

describe('a change', () => {
  function listed() {
    const v = view();
    v.addPage([
      kv('/p/far/content', 'F', 2),
      kv('/p/far/ips', 'h2', 2),
      kv('/p/here/content', 'H', 2),
      kv('/p/here/ips', 'h1', 2),
    ]);
    v.finish();
    return v;
  }

  it('of an app placed elsewhere tells of no app', () => {
    const v = listed();
    expect(v.apply([put('/p/far/content', 'F2', 3)]).apps).toEqual([]);
    expect(v.apply([put('/p/far/ips', 'h3', 4)]).apps).toEqual([]);
    expect(v.apply([del('/p/far/ips', 5), del('/p/far/content', 5)]).apps).toEqual([]);
    expect(v.keys.count()).toBe(2);
  });

  it('that empties the prefix at one stroke says so; the last app by itself does not', () => {
    const all = ['far', 'here'].flatMap((app) => [
      del(`/p/${app}/content`, 3),
      del(`/p/${app}/ips`, 3),
    ]);
    expect(listed().apply(all).isEmptied).toBe(true);
    const v = listed();
    expect(v.apply(all.slice(0, 2)).isEmptied).toBeUndefined();
    expect(v.apply(all.slice(2)).isEmptied).toBeUndefined();
  });

  it('of one leaf gives the complete picture', () => {
    const v = listed();
    expect(v.apply([put('/p/here/content', 'H2', 3)])).toEqual({ apps: ['here'], wanted: [] });
    expect(v.picture('here')).toEqual({
      app: 'here',
      ips: { modRevision: '2', value: text('h1') },
      content: { modRevision: '3', value: text('H2') },
    });
  });

  it('that brings an app here wants its content, once', () => {
    const v = listed();
    expect(v.apply([put('/p/far/ips', 'h1,h2', 3)])).toEqual({ apps: ['far'], wanted: ['far'] });
    expect(v.supply('far', 'content', kv('/p/far/content', 'stale', 1))).toBe(false);
    expect(v.supply('far', 'content', kv('/p/far/content', 'F', 2))).toBe(true);
    expect(v.picture('far').content).toEqual({ modRevision: '2', value: text('F') });
    expect(v.apply([put('/p/far/ips', 'h1', 4)])).toEqual({ apps: ['far'], wanted: [] });
  });

  it('of both leaves at one revision needs nothing more', () => {
    const v = listed();
    const delta = v.apply([put('/p/new/content', 'N', 3, true), put('/p/new/ips', 'h1', 3, true)]);
    expect(delta).toEqual({ apps: ['new'], wanted: [] });
    expect(v.picture('new').content?.value).toEqual(text('N'));
    expect(v.keys.count()).toBe(6);
  });

  it('by which an app leaves this host tells so, without its content, and then no more', () => {
    const v = listed();
    expect(v.apply([put('/p/here/ips', 'h2', 3)])).toEqual({ apps: ['here'], wanted: [] });
    expect(v.picture('here')).toEqual({
      app: 'here',
      ips: { modRevision: '3', value: text('h2') },
      content: { modRevision: '2', value: elsewhere },
    });
    expect(v.apply([put('/p/here/content', 'H2', 4)]).apps).toEqual([]);
    expect(v.elsewhere()).toBe(2);
  });

  it('that deletes an app leaves its bare name', () => {
    const v = listed();
    expect(v.apply([del('/p/here/content', 3)]).apps).toEqual(['here']);
    expect(v.picture('here')).toEqual({
      app: 'here',
      ips: { modRevision: '2', value: text('h1') },
    });
    expect(v.apply([del('/p/here/ips', 4)]).apps).toEqual(['here']);
    expect(v.picture('here')).toEqual({ app: 'here' });
    expect(v.apply([del('/p/here/ips', 5)]).apps).toEqual([]);
  });

  it('that leaves half a pair elsewhere is told, and the end of it too', () => {
    const v = listed();
    expect(v.apply([del('/p/far/content', 3)]).apps).toEqual(['far']);
    expect(v.apply([put('/p/far/content', 'F3', 4, true)])).toEqual({ apps: ['far'], wanted: [] });
    expect(v.picture('far').content).toEqual({ modRevision: '4', value: elsewhere });
    expect(v.apply([put('/p/far/content', 'F4', 5)]).apps).toEqual([]);
  });

  it('of ips to what cannot be read keeps the app in view', () => {
    const v = listed();
    expect(v.apply([put('/p/here/ips', new Uint8Array([0xff]), 3)]).apps).toEqual(['here']);
    expect(v.apply([put('/p/here/ips', 'h1', 4)])).toEqual({ apps: ['here'], wanted: ['here'] });
  });

  it('of ignored keys only counts', () => {
    const v = listed();
    expect(v.apply([put('/p/here/note', 'x', 3, true)]).apps).toEqual([]);
    expect(v.apply([put('/p/here/note', 'y', 4)]).apps).toEqual([]);
    expect([v.keys.count(), v.ignoredKeys()]).toEqual([5, 1]);
    expect(v.apply([del('/p/here/note', 5)]).apps).toEqual([]);
    expect([v.keys.count(), v.ignoredKeys()]).toEqual([4, 0]);
  });
});

describe('signatures', () => {
  const signersOf = (document: string): readonly string[] => [`key of ${document}`];
  const known = new Set<string>();
  const signedView = () =>
    createDesiredView({
      ...{ prefix: '/p', signersOf },
      // As the agent asks: what it has always concerns it, and half a pair may.
      concernsHost: (app, ips) => known.has(app) || ips === undefined || concernsHost(app, ips),
    });

  it('are keys like any other where nobody looks at them', () => {
    const v = view();
    v.addPage([kv('/p/a/content', 'A', 2), kv('/p/a/ips', 'h1', 3), kv('/p/a/signature', 'S', 4)]);
    v.finish();
    expect(v.picture('a')).not.toHaveProperty('signature');
    expect([v.ignoredKeys(), v.elsewhere(), v.keys.count()]).toEqual([1, 0, 3]);
    expect(v.apply([put('/p/a/signature', 'T', 5)]).apps).toEqual([]);
  });

  it('are told with who signed, of apps that are here', () => {
    const v = signedView();
    v.addPage([kv('/p/a/content', 'A', 2), kv('/p/a/ips', 'h1', 3)]);
    v.addPage([kv('/p/a/signature', 'S', 4), kv('/p/b/content', 'B', 2), kv('/p/b/ips', 'h2', 2)]);
    v.addPage([kv('/p/b/signature', 'T', 2)]);
    expect(v.finish()).toEqual({ apps: ['a'], wanted: [] });
    expect(v.picture('a')).toMatchObject({
      signature: { modRevision: '4', value: text('S') },
      signers: ['key of S'],
    });
    expect([v.ignoredKeys(), v.elsewhere()]).toEqual([0, 1]);
  });

  it('are fetched with the content of an app that comes here', () => {
    const v = signedView();
    v.addPage([kv('/p/b/content', 'B', 2), kv('/p/b/ips', 'h2', 2), kv('/p/b/signature', 'T', 2)]);
    v.finish();
    expect(v.apply([put('/p/b/ips', 'h1', 3)])).toEqual({ apps: ['b'], wanted: ['b'] });
    expect(v.missing('b')).toEqual(['content', 'signature']);
    expect(v.supply('b', 'signature', kv('/p/b/signature', 'stale', 1))).toBe(false);
    expect(v.supply('b', 'signature', kv('/p/b/signature', 'T', 2))).toBe(true);
    expect(v.supply('b', 'content', kv('/p/b/content', 'B', 2))).toBe(true);
    expect(v.missing('b')).toEqual([]);
    expect(v.picture('b').signers).toEqual(['key of T']);
  });

  it('that are all that is left are no app, and told only to those that have it', () => {
    const v = signedView();
    known.add('a');
    v.addPage([kv('/p/a/signature', 'S', 4), kv('/p/b/signature', 'T', 4)]);
    expect(v.finish()).toEqual({ apps: ['a'], wanted: [] });
    expect(v.elsewhere()).toBe(0);
    known.clear();
    expect(v.apply([put('/p/b/signature', 'U', 5)]).apps).toEqual([]);
    expect(v.apply([del('/p/a/signature', 6)]).apps).toEqual(['a']);
    expect(v.apply([del('/p/b/signature', 7)]).apps).toEqual([]);
  });
});

describe('rollouts', () => {
  it('are kept of apps that are placed here, and told when they alone change', () => {
    const v = view();
    v.addPage([kv('/p/a/content', 'A', 2), kv('/p/a/ips', 'h1', 3), kv('/p/a/rollout', 'R', 4)]);
    v.addPage([kv('/p/b/content', 'B', 2), kv('/p/b/ips', 'h2', 2), kv('/p/b/rollout', 'S', 2)]);
    expect(v.finish()).toEqual({ apps: ['a'], wanted: [] });
    expect(v.picture('a').rollout).toEqual({ modRevision: '4', value: text('R') });
    expect(v.picture('b').rollout?.value).toEqual(elsewhere);
    expect(v.ignoredKeys()).toBe(0);
    expect(v.apply([put('/p/a/rollout', 'T', 5)])).toEqual({ apps: ['a'], wanted: [] });
    expect(v.picture('a').rollout?.value).toEqual(text('T'));
    expect(v.apply([put('/p/b/rollout', 'U', 6)]).apps).toEqual([]);
    expect(v.apply([del('/p/a/rollout', 7)]).apps).toEqual(['a']);
    expect(v.picture('a')).not.toHaveProperty('rollout');
  });

  it('are fetched when the app comes here', () => {
    const v = view();
    v.addPage([kv('/p/b/content', 'B', 2), kv('/p/b/ips', 'h2', 2), kv('/p/b/rollout', 'S', 2)]);
    v.finish();
    expect(v.apply([put('/p/b/ips', 'h1', 8)])).toEqual({ apps: ['b'], wanted: ['b'] });
    expect(v.missing('b')).toEqual(['content', 'rollout']);
    expect(v.supply('b', 'rollout', kv('/p/b/rollout', 'stale', 1))).toBe(false);
    expect(v.supply('b', 'rollout', kv('/p/b/rollout', 'S', 2))).toBe(true);
    expect(v.picture('b').rollout?.value).toEqual(text('S'));
  });

  it('are nothing alone: an app with no other key is gone', () => {
    const v = view();
    v.addPage([kv('/p/a/content', 'A', 2), kv('/p/a/ips', 'h1', 3), kv('/p/a/rollout', 'R', 4)]);
    v.addPage([kv('/p/z/rollout', 'R', 4)]);
    expect(v.finish()).toEqual({ apps: ['a'], wanted: [] });
    expect(v.elsewhere()).toBe(0);
    const gone = v.apply([del('/p/a/content', 5), del('/p/a/ips', 5)]);
    expect(gone.apps).toEqual(['a']);
    expect(v.apply([put('/p/a/rollout', 'T', 6)]).apps).toEqual([]);
    expect(v.finish().apps).toEqual([]);
    expect(v.apply([put('/p/a/content', 'A', 7), put('/p/a/ips', 'h1', 7)]).apps).toEqual(['a']);
    expect([...v.missing('a'), v.picture('a').rollout?.modRevision]).toContain('6');
  });
});
