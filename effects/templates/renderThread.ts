/**
 * Makes texts of templates in a thread of its own, so that one that runs for ever harms only itself: the
 * thread is begun when it is needed, ended when it was idle for a while, when a template takes too long,
 * and by its memory limit. One text is made at a time; those that took too much last time come last.
 */
import type { SchedulerLike, Subscription } from 'rxjs';
import { err, type Result } from '../../src/domain/result.ts';
import type { TemplateSource } from '../../src/domain/template/templateData.ts';
import type { MakeText } from './renderer.ts';
import { type Answer, answerTo, type RenderJob, type ThreadWord } from './renderTalk.ts';
import type { EngineLimits, TemplateFault } from './templateLimits.ts';

/** A thread that was begun. */
export interface Thread {
  readonly post: (job: RenderJob) => void;
  readonly answer: (answer: Answer) => void;
  /** Resolves when nothing of it is left. */
  readonly end: () => Promise<unknown>;
}

export interface ThreadEvents {
  readonly onWord: (word: ThreadWord) => void;
  /** It has ended, by itself or by an error. */
  readonly onGone: (fault: TemplateFault) => void;
}

export interface RenderThreadDeps {
  readonly scheduler: SchedulerLike;
  readonly beginThread: (events: ThreadEvents) => Thread;
}

export interface RenderThread {
  readonly makeText: MakeText;
  /** Resolves when nothing is left running; what was being made fails. */
  readonly close: () => Promise<void>;
}

/** To load the engine, on a machine that is busy. */
const beginMs = 10_000;
/** The engine looks at the time itself, and says where it was; this is for what does not look. */
const graceMs = 500;
const idleMs = 5_000;

interface Waiting {
  readonly job: RenderJob;
  readonly source: TemplateSource;
  readonly done: (result: Result<string, TemplateFault>) => void;
}

interface Running {
  readonly thread: Thread;
  isReady: boolean;
  job: Waiting | undefined;
}

interface Life {
  readonly deps: RenderThreadDeps;
  readonly renderMs: number;
  readonly queue: Waiting[];
  /** Names of templates that took too much last time. */
  readonly costly: Set<string>;
  running: Running | undefined;
  /** When what is running has had its time. */
  timer: Subscription | undefined;
  ending: Promise<unknown>;
  isClosed: boolean;
}

export function createRenderThread(
  deps: RenderThreadDeps,
  { renderMs }: Pick<EngineLimits, 'renderMs'>,
): RenderThread {
  const life: Life = {
    ...{ deps, renderMs, queue: [], costly: new Set<string>() },
    ...{ running: undefined, timer: undefined, ending: Promise.resolve(), isClosed: false },
  };
  return {
    makeText: ({ name, text }, source) =>
      new Promise((done) => {
        if (life.isClosed) {
          done(err(closed));
          return;
        }
        life.queue.push({ job: { name, text, host: source.host }, source, done });
        goOn(life);
      }),
    close: async () => {
      life.isClosed = true;
      end(life);
      for (const { done } of life.queue.splice(0)) done(err(closed));
      await life.ending;
    },
  };
}

/** Whatever is next. */
function goOn(life: Life): void {
  const { running, queue, renderMs } = life;
  if (life.isClosed || running?.job !== undefined) return;
  if (running === undefined) {
    if (queue.length > 0) begin(life);
    return;
  }
  if (!running.isReady) return;
  running.job = takeNext(life);
  if (running.job === undefined) {
    within(life, idleMs, () => end(life));
    return;
  }
  within(life, renderMs + graceMs, () => fail(life, tooLong(renderMs)));
  running.thread.post(running.job.job);
}

function takeNext({ queue, costly }: Life): Waiting | undefined {
  const index = queue.findIndex(({ job }) => !costly.has(job.name));
  return queue.splice(Math.max(index, 0), 1)[0];
}

function begin(life: Life): void {
  // What a thread says that was given up is about nothing any more.
  const isOwn = (): boolean => life.running !== undefined && life.running === begun;
  let begun: Running | undefined;
  try {
    const thread = life.deps.beginThread({
      onWord: (word) => {
        if (isOwn()) hear(life, word);
      },
      onGone: (fault) => {
        if (isOwn()) fail(life, fault);
      },
    });
    begun = { thread, isReady: false, job: undefined };
  } catch (error) {
    fail(life, cannotBegin(error));
    return;
  }
  life.running = begun;
  within(life, beginMs, () => fail(life, notBegun));
}

function hear(life: Life, word: ThreadWord): void {
  const { running, deps } = life;
  if (running === undefined) return;
  const { job, thread } = running;
  if (word.type === 'Asked') {
    const answer = (): void => {
      if (job !== undefined && running === life.running) {
        thread.answer(answerTo(word.question, job.source));
      }
    };
    // Page after page would come at one stroke otherwise, and other work of the agent after them all.
    if (word.question.type === 'App') answer();
    else deps.scheduler.schedule(answer);
    return;
  }
  running.isReady = true;
  running.job = undefined;
  if (word.type === 'Made' && job !== undefined) finish(life, job, word.result);
  goOn(life);
}

/** Where it did not even begin, it is the first one's failure: the next one has a try of its own. */
function fail(life: Life, fault: TemplateFault): void {
  const failed = life.running?.job ?? takeNext(life);
  end(life);
  if (failed !== undefined) finish(life, failed, err(fault));
  goOn(life);
}

function end(life: Life): void {
  const { running, timer, ending } = life;
  timer?.unsubscribe();
  if (running === undefined) return;
  life.running = undefined;
  life.ending = Promise.all([ending, running.thread.end()]);
  if (life.isClosed) running.job?.done(err(closed));
}

function finish(
  { costly }: Life,
  { job, done }: Waiting,
  result: Result<string, TemplateFault>,
): void {
  if (!result.ok && result.error.type === 'TooMuch') costly.add(job.name);
  else costly.delete(job.name);
  done(result);
}

function within(life: Life, ms: number, then: () => void): void {
  life.timer?.unsubscribe();
  life.timer = life.deps.scheduler.schedule(then, ms);
}

const closed: TemplateFault = { type: 'BrokenDown', detail: 'the agent ends' };
const notBegun: TemplateFault = {
  type: 'BrokenDown',
  detail: `the thread that renders did not begin within ${String(beginMs)} ms`,
};

function cannotBegin(error: unknown): TemplateFault {
  const { message } = error as Error;
  return { type: 'BrokenDown', detail: `no thread can be begun to render it: ${message}` };
}

function tooLong(renderMs: number): TemplateFault {
  return { type: 'TooMuch', detail: `it takes longer than ${String(renderMs)} ms, and was ended` };
}
