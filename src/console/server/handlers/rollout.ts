/** `rollout`: a rolling publish is halted, or let go on. */
import {
  changedMeanwhile,
  decideHalt,
  decideResume,
} from '../../../commands/rollout/decideRollout.ts';
import type { RolloutChange } from '../../../commands/rollout/changeRollout.ts';
import type { Fault } from '../../../commands/commandIo.ts';
import { mayOnAllHosts } from '../../../domain/console/scope.ts';
import type { AppName } from '../../../domain/types.ts';
import type { Answer } from '../../../http/respond.ts';
import { type ConsoleAsk, faultAnswer, type Handlers } from '../handlers.ts';
import { audited, type Done, done, notDone, refused } from './audited.ts';
import { placementOf, whyDenied } from './changeApp.ts';
import {
  appOf,
  bodyFields,
  etcdAnswer,
  type HandlerDeps,
  optionalMessage,
  placeOf,
  wrongAnswer,
} from './parts.ts';

export function createRollout(deps: HandlerDeps): Pick<Handlers, 'rollout'> {
  return {
    rollout: async (ask) => {
      const app = appOf(ask);
      if (!app.ok) return app.error;
      const fields = bodyFields(ask.body, ['action', 'message']);
      if (!fields.ok) return fields.error;
      const message = optionalMessage(fields.value);
      if (!message.ok) return message.error;
      const action = fields.value.get('action');
      if (action !== 'halt' && action !== 'resume') {
        return wrongAnswer('action is neither halt nor resume');
      }
      const asked = { target: app.value, wanted: action, message: message.value };
      const denied = await whyDeniedThere(deps, ask, app.value);
      if (denied !== undefined) {
        return denied.status >= 500 ? denied : refused(deps, ask, asked, denied);
      }
      const act = action === 'halt' ? halt : resume;
      return audited(deps, ask, asked, () => act(deps, ask, app.value, message.value));
    },
  };
}

/** It holds back, or lets go on, every host that the app is placed on. */
async function whyDeniedThere(
  deps: HandlerDeps,
  ask: ConsoleAsk,
  app: AppName,
): Promise<Answer | undefined> {
  if (mayOnAllHosts(ask.principal.grants, 'operator', app)) return undefined;
  const reading = await deps.store.read(app);
  if (!reading.ok) return etcdAnswer(reading.error);
  return whyDenied(deps, ask, app, [placementOf(reading.value)], 'operator');
}

async function halt(
  deps: HandlerDeps,
  ask: ConsoleAsk,
  app: AppName,
  message: string,
): Promise<Done> {
  const reading = await deps.fleet.read('WithRollouts');
  if (!reading.ok) return notDone(etcdAnswer(reading.error));
  const decision = decideHalt(app, reading.value, {
    by: `${ask.principal.user}@${placeOf(deps, ask)}`,
    reason: message === '' ? 'no reason was given' : message,
    atMs: deps.nowMs(),
  });
  if (decision.type === 'Fault') return cannot(decision.fault);
  if (decision.type === 'Already') {
    const detail = `it is halted already: ${decision.halt.reason}`;
    return done({ revision: null }, { detail });
  }
  return change(deps, app, decision.change, `halted at revision ${decision.revision}`);
}

async function resume(deps: HandlerDeps, _ask: ConsoleAsk, app: AppName): Promise<Done> {
  const reading = await deps.fleet.read('WithRollouts');
  if (!reading.ok) return notDone(etcdAnswer(reading.error));
  const decision = decideResume(app, reading.value);
  if (decision.type === 'Fault') return cannot(decision.fault);
  if (decision.change === undefined) {
    return done({ revision: null }, { detail: 'nothing was halted' });
  }
  const freed = decision.turns.map(({ host }) => host ?? '-');
  const turns = freed.length === 0 ? '' : `; turns that are free now, of ${freed.join(', ')}`;
  return change(deps, app, decision.change, `goes on${turns}`);
}

async function change(
  { fleet }: HandlerDeps,
  app: AppName,
  wanted: RolloutChange,
  detail: string,
): Promise<Done> {
  const outcome = await fleet.changeRollout(wanted);
  if (!outcome.ok) return notDone(etcdAnswer(outcome.error));
  if (outcome.value.type === 'Changed') {
    const { message } = changedMeanwhile(app);
    return notDone(faultAnswer(409, { code: 'ChangedMeanwhile', error: message }));
  }
  return done({ revision: outcome.value.revision }, { detail });
}

function cannot({ message, remedy }: Fault): Done {
  return notDone(faultAnswer(422, { code: 'Cannot', error: message, ...(remedy && { remedy }) }));
}
