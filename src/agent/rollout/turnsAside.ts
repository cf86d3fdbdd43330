/**
 * Turns that people ask for, who stop an app or start it anew: kept like those that its content needs,
 * and told to whoever waits for them instead of to the loop.
 */
import type { TurnNews } from '../../../effects/rollout/roll.ts';
import type { SchedulerLike } from 'rxjs';
import type { TurnWish } from '../../domain/rollout/turn.ts';
import type { AppName } from '../../domain/types.ts';

export type AsideWish = Pick<TurnWish, 'app' | 'kind' | 'revision' | 'maxUnavailable' | 'drainMs'>;

export interface TurnsAside {
  /** Resolves when it may be stopped, or with why it may not. */
  readonly begin: (wish: AsideWish, maxMs: number) => Promise<string | undefined>;
  /** It is in service again, or is not to be. */
  readonly end: (app: AppName) => void;
  /** With those that are kept for people, which yield to what the content needs until they are taken. */
  readonly among: (wishes: readonly TurnWish[]) => readonly TurnWish[];
  /** True when it was for somebody here. */
  readonly hear: (news: TurnNews) => boolean;
}

interface Aside {
  wish: TurnWish;
  /** The content's own wish is the one that is kept. */
  isBehind: boolean;
  detail: string;
  settle: (refusal: string | undefined) => void;
}

/** `changed`: what is wished is another now. */
export function createTurnsAside(scheduler: SchedulerLike, changed: () => void): TurnsAside {
  const byApp = new Map<string, Aside>();
  const drop = (app: AppName): void => {
    byApp.delete(app);
    changed();
  };

  return {
    begin: (wish, maxMs) => {
      if (byApp.has(wish.app)) return Promise.resolve('somebody else is about to stop it');
      return new Promise((resolve) => {
        const timer = scheduler.schedule(() => {
          const why = byApp.get(wish.app)?.detail ?? '';
          resolve(`it has not got its turn${why === '' ? '' : `: ${why}`}`);
          drop(wish.app);
        }, maxMs);
        const settle = (refusal: string | undefined): void => {
          timer.unsubscribe();
          resolve(refusal);
        };
        const whole: TurnWish = { ...wish, stage: 'Wanted', failure: undefined };
        byApp.set(wish.app, { wish: whole, isBehind: false, detail: '', settle });
        changed();
      });
    },
    end: (app) => {
      const aside = byApp.get(app);
      if (aside === undefined) return;
      if (aside.wish.stage === 'Wanted') return drop(app);
      aside.wish = { ...aside.wish, stage: 'Over' };
      changed();
    },
    among: (wishes) => {
      const others = wishes.filter(({ app }) => byApp.get(app)?.wish.stage !== 'Taken');
      const theirs = new Set<string>(others.map(({ app }) => app));
      for (const [app, aside] of byApp) aside.isBehind = theirs.has(app);
      const aside = [...byApp.values()].filter(({ isBehind }) => !isBehind);
      return [...others, ...aside.map(({ wish }) => wish)];
    },
    hear: (news) => {
      const aside = byApp.get(news.app);
      if (aside === undefined || aside.isBehind) return false;
      if (news.type === 'TurnAwaited') aside.detail = news.detail;
      else if (news.type === 'TurnEnded') drop(news.app);
      else {
        aside.wish = { ...aside.wish, stage: 'Taken' };
        aside.settle(undefined);
        changed();
      }
      return true;
    },
  };
}
