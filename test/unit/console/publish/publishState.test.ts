/** The publish form: nothing typed is lost, nothing is sent that was not seen. */
import { describe, expect, it } from 'vitest';
import {
  changedKeys,
  draftOf,
  hasTyped,
  initialPublish,
  isOutdated,
  isStillThere,
  obstacleOf,
  type PublishEvent,
  type PublishState,
  reducePublish,
  requestOf,
  textsTyped,
} from '../../../../src/console/page/publish/publishState.ts';
import type { AppDocument } from '../../../../src/domain/console/api.ts';
import type { AppName } from '../../../../src/domain/types.ts';
import { rev } from '../../../support/etcdValues.ts';

const web = 'web' as AppName;
const cat = 'command=/bin/cat\n';
const dog = 'command=/bin/dog\n';

function document(at: number, content = cat, more: Partial<AppDocument> = {}): AppDocument {
  return {
    ...{ app: 'web', revision: rev(at), isRedacted: false, isSigned: false, problems: [] },
    mark: { ips: rev(at), content: rev(at), signature: null, rollout: null },
    texts: { ips: '*', content, rollout: undefined },
    ...more,
  };
}

const absent: AppDocument = {
  ...document(5),
  mark: { ips: null, content: null, signature: null, rollout: null },
  texts: { ips: undefined, content: undefined },
};

const read = (of: AppDocument): PublishEvent => ({ type: 'Read', document: of, draft: undefined });
const typed = (text: string): PublishEvent => ({ type: 'Typed', field: 'content', text });

function after(...events: readonly PublishEvent[]): PublishState {
  return events.reduce(reducePublish, initialPublish);
}

describe('what is about to be taken away', () => {
  it('is no longer what was shown once somebody has changed or removed it', () => {
    const { mark } = document(5);
    const state = after(read(document(5)));
    expect(isStillThere(state, mark)).toBe(true);
    // Nothing is typed: the form follows, and what was asked for does not.
    for (const now of [document(7), absent]) {
      expect(isStillThere(reducePublish(state, { type: 'ReadAgain', document: now }), mark)).toBe(
        false,
      );
    }
  });
});

describe('what is typed', () => {
  it('is kept when the app is read again behind it, and known to be of an older one', () => {
    const state = after(read(document(5)), typed(dog), {
      type: 'ReadAgain',
      document: document(7, 'command=/bin/cow\n'),
    });
    expect(state.content).toBe(dog);
    expect(isOutdated(state)).toBe(true);
    expect(obstacleOf(web, state)).toBe('Outdated');
  });

  it('is replaced by what stands in etcd while there is none', () => {
    const state = after(read(document(5)), { type: 'ReadAgain', document: document(7, dog) });
    expect([state.content, isOutdated(state)]).toEqual([dog, false]);
  });

  it('comes back as a draft, with what it was based on', () => {
    const draft = draftOf(after(read(document(5)), typed(dog)), 99);
    const state = after({ type: 'Read', document: document(7), draft });
    expect([state.content, state.restoredAtMs, isOutdated(state)]).toEqual([dog, 99, true]);
    const same = after({ type: 'Read', document: document(5), draft });
    expect(isOutdated(same)).toBe(false);
  });

  it('is no draft any more where it stands in etcd, or may not be seen', () => {
    const draft = draftOf(after(read(document(5)), typed(cat)), 99);
    expect(after({ type: 'Read', document: document(5), draft }).restoredAtMs).toBeUndefined();
    const other = draftOf(after(read(document(5)), typed(dog)), 99);
    const hidden = document(5, cat, { isRedacted: true });
    expect(after({ type: 'Read', document: hidden, draft: other }).content).toBe(cat);
  });

  it('goes when it is discarded', () => {
    const state = after(read(document(5)), typed(dog), { type: 'Reverted' });
    expect([state.content, hasTyped(state)]).toEqual([cat, false]);
  });
});

describe('obstacleOf', () => {
  it.each([
    ['Nothing', [read(document(5))]],
    ['Content', [read(document(5)), typed('comand=x')]],
    ['ReadOnly', [read(document(5, cat, { isRedacted: true })), typed(dog)]],
    ['Signed', [read(document(5, cat, { isSigned: true })), typed(dog)]],
    ['Placement', [read(document(5)), { type: 'Typed', field: 'ips', text: '%%' }]],
    ['Rollout', [read(document(5)), { type: 'RolloutTyped', change: { maxUnavailable: 'x' } }]],
    ['NotRead', []],
    [undefined, [read(document(5)), typed(dog)]],
  ] as const)('is %s', (obstacle, events) => {
    expect(obstacleOf(web, after(...events))).toBe(obstacle);
  });
});

describe('requestOf', () => {
  it('sends only what changes, against what was seen', () => {
    const state = after(read(document(5)), typed(dog), {
      ...{ type: 'Typed', field: 'message', text: ' faster ' },
    });
    expect(requestOf(state)).toEqual({
      ...{ expected: document(5).mark, content: dog, message: 'faster' },
    });
  });

  it('sends a new app whole', () => {
    const state = after(read(absent), typed(dog), { type: 'Typed', field: 'ips', text: '*' });
    expect(requestOf(state)).toMatchObject({ ips: '*', content: dog });
  });

  it('takes the rollout away when its fields are emptied', () => {
    const rolling = document(5, cat, {
      texts: { ips: '*', content: cat, rollout: '{"maxUnavailable":1}' },
    });
    const state = after(read(rolling), {
      ...{ type: 'RolloutTyped', change: { maxUnavailable: '', drain: '' } },
    });
    expect(changedKeys(state)).toEqual(['rollout']);
    expect(requestOf(state).rollout).toBeNull();
  });

  it('leaves a rollout that says the same otherwise as it is', () => {
    const rolling = document(5, cat, {
      texts: { ips: '*', content: cat, rollout: '{ "maxUnavailable": 1 }' },
    });
    expect(changedKeys(after(read(rolling)))).toEqual([]);
    expect(textsTyped(after(read(rolling))).rollout).toBe('{ "maxUnavailable": 1 }');
    const broken = document(5, cat, { texts: { ips: '*', content: cat, rollout: '{' } });
    expect(changedKeys(after(read(broken)))).toEqual([]);
  });
});

describe('a conflict', () => {
  const conflicted = [
    ...[read(document(5)), typed(dog), { type: 'ReviewAsked' }, { type: 'Sent' }],
    { type: 'Conflicted', now: document(7, 'command=/bin/cow\n') },
  ] as const satisfies readonly PublishEvent[];

  it('keeps what is typed, and sends nothing before it is resolved', () => {
    const state = after(...conflicted);
    expect([state.content, state.step]).toEqual([dog, 'Edit']);
    expect(obstacleOf(web, state)).toBe('Outdated');
  });

  it('goes on from what stands there now', () => {
    const texts = { ips: '*', content: dog, rollout: undefined };
    const state = after(...conflicted, { type: 'Resolved', texts });
    expect(obstacleOf(web, state)).toBeUndefined();
    expect(requestOf(state).expected.content).toBe(rev(7));
  });
});

describe('after a publish', () => {
  const published = { revision: rev(8), action: 'publish' } as const;
  const sent = [read(document(5)), typed(dog), { type: 'Sent' }] as const;

  it('what was typed stands in etcd, and typing on is another change', () => {
    const state = after(...sent, { type: 'Answered', published, document: document(8, dog) });
    expect([state.step, hasTyped(state), state.message]).toEqual(['Published', false, '']);
    const more = reducePublish(state, typed(cat));
    expect([more.step, more.published]).toEqual(['Edit', published]);
    expect(requestOf(more).expected.content).toBe(rev(8));
  });

  it('that was refused, everything is as it was', () => {
    const fault = { code: 'Denied', error: 'no' };
    const state = after(...sent, { type: 'Refused', fault });
    expect([state.step, state.content, state.fault]).toEqual(['Review', dog, fault]);
  });
});
