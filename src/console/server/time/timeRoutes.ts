/**
 * `timeline` and `moment`: the past of a host, from its journal, without its secrets. All of it: the
 * gate lets in who may operate all apps there, since events, plans and what supervisord says of a
 * file are about several apps at once.
 */
import { parseAppName } from '../../../domain/appName.ts';
import { quote } from '../../../domain/quote.ts';
import { err, ok, type Result } from '../../../domain/result.ts';
import { type Answer, jsonAnswer } from '../../../http/respond.ts';
import { agentFault, findAgent } from '../handlers/agentSource.ts';
import { isHostId } from '../handlers/hosts.ts';
import { wrongAnswer } from '../handlers/parts.ts';
import { type ConsoleAsk, type ConsoleDeps, faultAnswer, type Handlers } from '../handlers.ts';
import type { FoldJob, FoldWord } from './foldTalk.ts';
import { createFoldThread, type FoldThread } from './foldThread.ts';
import {
  createJournalStore,
  type JournalWindow,
  type MomentSought,
  type StoreFault,
} from './journalStore.ts';
import type { Sight } from './linesOf.ts';

export interface TimeRoutes extends Pick<Handlers, 'timeline' | 'moment'> {
  readonly close: () => Promise<void>;
}

const asksMax = 4;

const busyAnswer = {
  ...faultAnswer(429, { code: 'TooMany', error: 'you look into several moments: try again' }),
  headers: { 'retry-after': '2' },
};

export function createTimeRoutes(
  deps: Pick<ConsoleDeps, 'client' | 'settings'>,
  thread: FoldThread = createFoldThread(),
): TimeRoutes {
  const store = createJournalStore(thread);

  const places = createPlaces();
  const tell = async (
    { signal }: Pick<ConsoleAsk, 'principal' | 'signal'>,
    host: string,
    sought: MomentSought,
    jobOf: (window: JournalWindow) => FoldJob,
  ): Promise<Answer> => {
    const source = await findAgent(deps, host, 'journals');
    if (!source.ok) return source.error;
    // The thread may have ended, or dropped it for others, since it was folded.
    for (const isAnew of [false, true]) {
      const window = await store.open(host, source.value, sought, signal, isAnew);
      if (!window.ok) {
        const { error } = window;
        if (error.type === 'Agent') return agentFault(source.value, error.refusal, 'NoJournal');
        return storeAnswer(error);
      }
      const word = await thread.run(jobOf(window.value), signal);
      if (!word.ok) return storeAnswer({ type: 'NotFolded', detail: word.error.detail });
      if (word.value.type !== 'Forgotten') return wordAnswer(word.value);
    }
    return storeAnswer({ type: 'NotFolded', detail: 'too many look into the past; try again' });
  };

  const answerFor: typeof tell = (ask, ...given) => places.within(ask, () => tell(ask, ...given));

  return {
    timeline: async (ask) => {
      const read = readSight(ask);
      if (!read.ok) return read.error;
      const around = numberIn(ask.query.get('around'));
      const atMs = numberIn(ask.query.get('at'));
      if (Number.isNaN(around) || Number.isNaN(atMs)) {
        return wrongAnswer('around is the number of an event, at a time in milliseconds');
      }
      const { host, sight } = read.value;
      const sought = { seq: around, atMs };
      return answerFor(ask, host, sought, ({ key, first, last }) => {
        return { type: 'Timeline', key, wish: { ...sight, host, around, atMs, first, last } };
      });
    },
    moment: async (ask) => {
      const read = readSight(ask);
      if (!read.ok) return read.error;
      const seq = numberIn(ask.path['seq'] ?? '');
      if (seq === undefined || Number.isNaN(seq)) {
        return wrongAnswer(`${quote(ask.path['seq'] ?? '')} is no number of an event`);
      }
      const { host, sight } = read.value;
      const sought = { seq, atMs: undefined };
      return answerFor(ask, host, sought, ({ key }) => {
        return { type: 'Moment', key, wish: { host, seq, app: sight.app } };
      });
    },
    close: thread.close,
  };
}

/** Of each user: whoever went away has left his place. */
function createPlaces() {
  const asking: string[] = [];
  return {
    within: async (
      { principal: { user }, signal }: Pick<ConsoleAsk, 'principal' | 'signal'>,
      run: () => Promise<Answer>,
    ): Promise<Answer> => {
      if (asking.filter((each) => each === user).length >= asksMax) return busyAnswer;
      asking.push(user);
      let isHere = true;
      const leave = (): void => {
        if (isHere) asking.splice(asking.indexOf(user), 1);
        isHere = false;
      };
      signal.addEventListener('abort', leave, { once: true });
      try {
        return await run();
      } finally {
        signal.removeEventListener('abort', leave);
        leave();
      }
    },
  };
}

function wordAnswer(word: Exclude<FoldWord, { type: 'Forgotten' }>): Answer {
  if (word.type === 'Timeline') return jsonAnswer(200, word.document);
  if (word.result.ok) return jsonAnswer(200, word.result.value);
  return faultAnswer(404, { code: 'NoMoment', error: word.result.error });
}

function storeAnswer({ type, detail }: Exclude<StoreFault, { type: 'Agent' }>): Answer {
  const status = type === 'NoJournal' ? 404 : 503;
  return faultAnswer(status, { code: type, error: detail });
}

function readSight(ask: ConsoleAsk): Result<{ host: string; sight: Sight }, Answer> {
  const host = ask.path['host'] ?? '';
  if (!isHostId(host)) return err(wrongAnswer(`${quote(host)} cannot be a host`));
  const app = ask.query.get('app') ?? undefined;
  if (app !== undefined && !parseAppName(app).ok) {
    return err(wrongAnswer(`${quote(app)} cannot be an app`));
  }
  return ok({ host, sight: { app, isAll: ask.query.get('all') === '1' } });
}

/** Undefined where there is none, NaN for what is no number. */
function numberIn(text: string | null): number | undefined {
  if (text === null) return undefined;
  return /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
}
