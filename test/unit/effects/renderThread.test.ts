/** Which text is made when, and what comes of threads that take too long, die or do not begin. */
import { describe, expect, it } from 'vitest';
import {
  createRenderThread,
  type Thread,
  type ThreadEvents,
} from '../../../effects/templates/renderThread.ts';
import type { RenderJob } from '../../../effects/templates/renderTalk.ts';
import { ok } from '../../../src/domain/result.ts';
import type { TemplateSource } from '../../../src/domain/template/templateData.ts';
import { createHandScheduler } from '../../support/handScheduler.ts';

const source: TemplateSource = {
  host: { id: 'proxy', address: undefined, urlAddress: undefined, addresses: [] },
  ...{ appNames: [], hosts: [], appNamed: () => undefined },
};

/** Threads that do nothing by themselves. */
function createScene() {
  const scheduler = createHandScheduler();
  const threads: { jobs: RenderJob[]; events: ThreadEvents; isEnded: boolean }[] = [];
  let fault: Error | undefined;
  const beginThread = (events: ThreadEvents): Thread => {
    if (fault !== undefined) throw fault;
    const thread = { jobs: [] as RenderJob[], events, isEnded: false };
    threads.push(thread);
    return {
      post: (job) => void thread.jobs.push(job),
      answer: () => undefined,
      end: () => {
        thread.isEnded = true;
        return Promise.resolve();
      },
    };
  };
  const thread = createRenderThread({ scheduler, beginThread }, { renderMs: 2_000 });
  const said: string[] = [];
  return {
    ...{ scheduler, threads, thread, said },
    failToBegin: (message: string | undefined) => {
      fault = message === undefined ? undefined : new Error(message);
    },
    make: (name: string): void => {
      void thread.makeText({ name, text: name }, source).then((result) => {
        said.push(`${name}: ${result.ok ? result.value : result.error.detail}`);
      });
    },
    ready: (index: number) => threads[index]?.events.onWord({ type: 'Ready' }),
    made: async (index: number, text: string) => {
      threads[index]?.events.onWord({ type: 'Made', result: ok(text) });
      await scheduler.advance(0);
    },
    names: (index: number) => threads[index]?.jobs.map(({ name }) => name),
  };
}

describe('createRenderThread', () => {
  it('begins a thread for the first text, makes one at a time, and ends it when it was idle', async () => {
    const { scheduler, threads, make, ready, made, names, said } = createScene();
    await scheduler.advance(60_000);
    expect(threads).toHaveLength(0);
    make('a');
    make('b');
    expect(names(0)).toEqual([]);
    ready(0);
    expect(names(0)).toEqual(['a']);
    await made(0, '1');
    expect(names(0)).toEqual(['a', 'b']);
    await made(0, '2');
    expect(said).toEqual(['a: 1', 'b: 2']);
    await scheduler.advance(4_999);
    expect(threads[0]?.isEnded).toBe(false);
    await scheduler.advance(1);
    expect(threads[0]?.isEnded).toBe(true);
    make('a');
    expect(threads).toHaveLength(2);
  });

  it('ends a thread that takes too long, counted from when its own text was begun', async () => {
    const { scheduler, threads, make, ready, made, names, said } = createScene();
    make('a');
    make('b');
    make('c');
    ready(0);
    await scheduler.advance(2_000);
    await made(0, '1');
    await scheduler.advance(2_499);
    expect(said).toEqual(['a: 1']);
    await scheduler.advance(1);
    expect(said).toEqual(['a: 1', 'b: it takes longer than 2000 ms, and was ended']);
    expect(threads.map(({ isEnded }) => isEnded)).toEqual([true, false]);
    await made(0, 'late');
    ready(1);
    expect(names(1)).toEqual(['c']);
    await made(1, '3');
    expect(said.slice(2)).toEqual(['c: 3']);
  });

  it('makes those that took too much last time after all others', async () => {
    const { scheduler, make, ready, made, names } = createScene();
    make('endless');
    ready(0);
    await scheduler.advance(2_500);
    make('a');
    make('endless');
    make('b');
    ready(1);
    await made(1, '');
    await made(1, '');
    expect(names(1)).toEqual(['a', 'b', 'endless']);
  });

  it('fails one text when a thread dies, does not get ready, or cannot be begun', async () => {
    const { scheduler, threads, make, ready, said, failToBegin } = createScene();
    make('a');
    make('b');
    make('c');
    ready(0);
    threads[0]?.events.onGone({ type: 'TooMuch', detail: 'memory' });
    threads[0]?.events.onGone({ type: 'BrokenDown', detail: 'and again' });
    await scheduler.advance(10_000);
    expect(said).toEqual(['a: memory', 'b: the thread that renders did not begin within 10000 ms']);
    threads[2]?.events.onGone({ type: 'BrokenDown', detail: 'no file' });
    failToBegin('no threads');
    make('d');
    make('e');
    await scheduler.advance(0);
    const none = 'no thread can be begun to render it: no threads';
    expect(said.slice(2)).toEqual(['c: no file', `d: ${none}`, `e: ${none}`]);
    failToBegin(undefined);
    make('f');
    expect(threads).toHaveLength(4);
  });

  it('ends with nothing left running or waiting', async () => {
    const { threads, thread, make, ready, said } = createScene();
    make('a');
    make('b');
    ready(0);
    await thread.close();
    make('c');
    await thread.close();
    expect(said).toEqual(['a', 'b', 'c'].map((name) => `${name}: the agent ends`));
    expect(threads.map(({ isEnded }) => isEnded)).toEqual([true]);
  });
});
