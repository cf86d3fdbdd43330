/** Which revision is told to those who drain apps. */
import { describe, expect, it } from 'vitest';
import { createRenderProgress } from '../../../src/agent/templates/renderProgress.ts';
import { rev } from '../../support/etcdValues.ts';

function begin(count = 1) {
  const progress = createRenderProgress(count);
  return {
    ...progress,
    doneWith: (index: number, revision: number, era = progress.era()) =>
      progress.done(index, { era, drainsRevision: rev(revision) }),
  };
}

describe('createRenderProgress', () => {
  it('tells nothing before each template has been tried', () => {
    const { offered, doneWith, failed } = begin(3);
    expect(doneWith(1, 10)).toBeUndefined();
    offered(rev(12));
    expect(doneWith(1, 12)).toBeUndefined();
    expect(doneWith(0, 13)).toBeUndefined();
    expect(failed(2)).toBe('12');
  });

  it('waits for no template that has never worked, and for each that ever has', () => {
    const { offered, doneWith, failed } = begin(2);
    expect(failed(0)).toBeUndefined();
    expect(doneWith(1, 10)).toBe('10');
    offered(rev(12));
    expect(doneWith(1, 12)).toBe('12');
    // It works, and then no more: who drains waits for it.
    doneWith(0, 13);
    offered(rev(14));
    expect(failed(0)).toBeUndefined();
    expect(doneWith(1, 14)).toBeUndefined();
    expect(failed(0)).toBeUndefined();
    expect(doneWith(0, 14)).toBe('14');
  });

  it('says nothing when nobody waits', () => {
    const { offered, doneWith } = begin();
    expect(doneWith(0, 10)).toBe('10');
    expect(doneWith(0, 11)).toBeUndefined();
    offered(rev(12));
    expect(doneWith(0, 11)).toBeUndefined();
  });

  it('holds nothing of an etcd that was restored against the one that is there', () => {
    const { offered, doneWith, doubt, era } = begin(2);
    offered(rev(90));
    doneWith(0, 100);
    doneWith(1, 100);
    const before = era();
    doubt();
    offered(rev(41));
    expect(doneWith(0, 100, before)).toBeUndefined();
    expect(doneWith(0, 42)).toBeUndefined();
    // Both have worked, so both are waited for.
    expect(doneWith(1, 43)).toBe('42');
    offered(rev(50));
    doneWith(0, 50);
    expect(doneWith(1, 51)).toBe('50');
  });
});
