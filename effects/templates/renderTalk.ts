/**
 * What the agent and its rendering thread say to each other, and the thread's side of asking for data.
 *
 * A template of a few apps is not to cost the agent a copy of ten thousand: the thread asks for what the
 * template looks at, a page at a time, and waits; between two pages the agent does its other work.
 */
import { type MessagePort, receiveMessageOnPort } from 'node:worker_threads';
import type { Result } from '../../src/domain/result.ts';
import {
  once,
  type OwnHost,
  type TemplateApp,
  type TemplateData,
  templateDataOf,
  type TemplateHostAlone,
  type TemplateSource,
} from '../../src/domain/template/templateData.ts';
import type { EngineLimits, TemplateFault } from './templateLimits.ts';

/** What a thread is given when it begins. */
export interface RenderThreadData {
  readonly limits: EngineLimits;
  /** Moved on by one with each answer. */
  readonly answered: Int32Array;
  readonly answers: MessagePort;
}

export interface RenderJob {
  /** Whose text it is: the last one of each name is kept parsed. */
  readonly name: string;
  readonly text: string;
  readonly host: OwnHost;
}

export type ThreadWord =
  /** It is loaded, and waits for jobs. */
  | Readonly<{ type: 'Ready' }>
  | Readonly<{ type: 'Asked'; question: Question }>
  | Readonly<{ type: 'Made'; result: Result<string, TemplateFault> }>;

export type Question =
  | Readonly<{ type: 'App'; name: string }>
  | Readonly<{ type: 'Apps'; from: number }>
  | Readonly<{ type: 'Hosts'; from: number }>;

export type Answer =
  | Readonly<{ type: 'App'; app: TemplateApp | undefined }>
  | Readonly<{ type: 'Apps'; page: readonly TemplateApp[] }>
  | Readonly<{ type: 'Hosts'; page: readonly TemplateHostAlone[] }>;

/** A page costs the agent about a millisecond. */
const pageSize = 200;

export function answerTo(question: Question, source: TemplateSource): Answer {
  switch (question.type) {
    case 'App':
      return { type: 'App', app: source.appNamed(question.name) };
    case 'Apps': {
      const names = source.appNames.slice(question.from, question.from + pageSize);
      return { type: 'Apps', page: names.flatMap((name) => source.appNamed(name) ?? []) };
    }
    case 'Hosts':
      return { type: 'Hosts', page: source.hosts.slice(question.from, question.from + pageSize) };
  }
}

/** For the thread: every look at the data that was not had before waits for the agent. */
export function askedData(
  host: OwnHost,
  { answered, answers }: RenderThreadData,
  say: (word: ThreadWord) => void,
): TemplateData {
  const ask = (question: Question): Answer => {
    const before = Atomics.load(answered, 0);
    say({ type: 'Asked', question });
    // The agent ends the thread when it takes too long.
    Atomics.wait(answered, 0, before);
    return (receiveMessageOnPort(answers) as { readonly message: Answer }).message;
  };
  const apps = once(() => {
    const all: TemplateApp[] = [];
    for (;;) {
      const answer = ask({ type: 'Apps', from: all.length });
      if (answer.type !== 'Apps' || answer.page.length === 0) return all;
      all.push(...answer.page);
    }
  });
  const hosts = (): readonly TemplateHostAlone[] => {
    const all: TemplateHostAlone[] = [];
    for (;;) {
      const answer = ask({ type: 'Hosts', from: all.length });
      if (answer.type !== 'Hosts' || answer.page.length === 0) return all;
      all.push(...answer.page);
    }
  };
  const appNamed = (name: string): TemplateApp | undefined => {
    const answer = ask({ type: 'App', name });
    return answer.type === 'App' ? answer.app : undefined;
  };
  return templateDataOf({ host, apps, hosts, appNamed });
}
