/**
 * Who reads the past of an app: a few at a time, since each reads as many texts as there were changes.
 * A few more wait; whoever goes away meanwhile, or is one too many, is not read for.
 */
import type { ConsoleAsk } from '../handlers.ts';
import { faultAnswer } from '../handlers.ts';

export interface Histories {
  /** `signal` aborts when all is over. `Busy`: too many are here, of all or of this user. */
  readonly run: <Found>(
    ask: Pick<ConsoleAsk, 'principal' | 'signal'>,
    read: () => Promise<Found>,
  ) => Promise<Found | 'Busy'>;
}

const atWorkMax = 2;
/** Until their answers have gone, which may be slow. */
const hereMax = 16;
const ofUserMax = 6;

export const busyAnswer = {
  ...faultAnswer(429, { code: 'TooMany', error: 'several histories are being read: try again' }),
  headers: { 'retry-after': '2' },
};

export function createHistories(): Histories {
  /** Of all that wait, are read for, or take their answers in. */
  const users: string[] = [];
  const waiting = new Set<() => void>();
  let atWork = 0;
  const enter = (user: string, signal: AbortSignal): boolean => {
    const isTooMany = users.filter((each) => each === user).length >= ofUserMax;
    if (isTooMany || users.length >= hereMax || signal.aborted) return false;
    users.push(user);
    const leave = (): void => void users.splice(users.indexOf(user), 1);
    signal.addEventListener('abort', leave, { once: true });
    return true;
  };
  /** False: he went away. */
  const turn = (signal: AbortSignal): Promise<boolean> =>
    new Promise((resolve) => {
      const begin = (): void => {
        signal.removeEventListener('abort', giveUp);
        waiting.delete(begin);
        atWork += 1;
        resolve(true);
      };
      const giveUp = (): void => {
        waiting.delete(begin);
        resolve(false);
      };
      if (atWork < atWorkMax) return begin();
      waiting.add(begin);
      signal.addEventListener('abort', giveUp, { once: true });
    });
  return {
    run: async ({ principal: { user }, signal }, read) => {
      if (!enter(user, signal) || !(await turn(signal))) return 'Busy';
      try {
        return await read();
      } finally {
        atWork -= 1;
        const [next] = waiting;
        next?.();
      }
    },
  };
}
