/** Gives every turn that is wished for at once, and asks for everybody's health: an ideal keeper. */
import { healthChecksOf } from '../../../reducers/health.ts';
import type { State } from '../../../reducers/state.ts';
import { turnsOf } from '../../../reducers/turns.ts';
import type { Event } from '../../../src/domain/event.ts';
import type { WorldFaults } from './worldEffects.ts';

/** What it has to say now; nothing that it has said before in vain. */
export function createWorldKeeper(faults: WorldFaults): (state: State) => readonly Event[] {
  const saidByApp = new Map<string, string>();
  return (state) => {
    const turns = faults.isTurnWithheld ? [] : turnsOf(state);
    const answers = turns.flatMap(({ app, stage, kind }): readonly Event[] => {
      if (stage === 'Wanted') return [{ type: 'TurnTaken', app, kind }];
      return stage === 'Over' ? [{ type: 'TurnEnded', app }] : [];
    });
    const asked = faults.isHealthUnasked ? [] : healthChecksOf(state);
    const news = asked.flatMap(({ app, contentSha256 }): readonly Event[] => {
      const isHealthy = !faults.unwell.has(app);
      const detail = isHealthy ? 'answered 200' : 'answered 503';
      const said = `${contentSha256} ${detail} ${String(state.appsByName.size)}`;
      if (!isHealthy && saidByApp.get(app) === said) return [];
      saidByApp.set(app, said);
      return [{ type: 'HealthChecked', app, contentSha256, isHealthy, detail }];
    });
    return [...answers, ...news];
  };
}
