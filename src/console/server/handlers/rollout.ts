/** `rollout`: a rolling publish is halted, or let go on. */
import {
  changedMeanwhile,
  decideHalt,
  decideResume,
} from '../../../commands/rollout/decideRollout.ts';
import type { FleetReading } from '../../../commands/fleet/openFleet.ts';
import type { RolloutChange } from '../../../commands/rollout/changeRollout.ts';
import type { Fault } from '../../../commands/commandIo.ts';
import { mayDo } from '../../../domain/console/roles.ts';
import { mayOnAllHosts } from '../../../domain/console/scope.ts';
import { err, ok } from '../../../domain/result.ts';
import type { AppName } from '../../../domain/types.ts';
import type { Answer } from '../../../http/respond.ts';
import { type ConsoleAsk, faultAnswer, type Handlers } from '../handlers.ts';
import { auditedIf, type Decided, type Done, done, notDone } from './audited.ts';
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
      const decide = action === 'halt' ? decideToHalt : decideToResume;
      return auditedIf(deps, ask, asked, async () => {
        const denied = await whyDeniedThere(deps, ask, app.value);
        if (denied !== undefined) return err(denied);
        const reading = await deps.fleet.read('WithRollouts');
        if (!reading.ok) return err(etcdAnswer(reading.error));
        return decide(deps, ask, seenBy(ask, reading.value), asked);
      });
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

/** Where a name is near to that of another app it is told: of those that he may see. */
function seenBy({ principal: { grants } }: ConsoleAsk, reading: FleetReading): FleetReading {
  const apps = reading.view.apps.filter((app) => mayDo(grants, 'viewer', { app }));
  return { ...reading, view: { ...reading.view, apps } };
}

interface Wish {
  readonly target: AppName;
  readonly message: string;
}

function decideToHalt(
  deps: HandlerDeps,
  ask: ConsoleAsk,
  reading: FleetReading,
  { target: app, message }: Wish,
): Decided {
  const decision = decideHalt(app, reading, {
    by: `${ask.principal.user}@${placeOf(deps, ask)}`,
    reason: message === '' ? 'no reason was given' : message,
    atMs: deps.nowMs(),
  });
  if (decision.type === 'Fault') return err(cannot(decision.fault));
  if (decision.type === 'Already') {
    const detail = `it is halted already: ${decision.halt.reason}`;
    return ok(() => Promise.resolve(done({ revision: null }, { detail })));
  }
  const detail = `halted at revision ${decision.revision}`;
  return ok(() => change(deps, app, decision.change, detail));
}

function decideToResume(
  deps: HandlerDeps,
  _ask: ConsoleAsk,
  reading: FleetReading,
  { target: app }: Wish,
): Decided {
  const decision = decideResume(app, reading);
  if (decision.type === 'Fault') return err(cannot(decision.fault));
  const { change: wanted, turns: lost } = decision;
  if (wanted === undefined) {
    return ok(() => Promise.resolve(done({ revision: null }, { detail: 'nothing was halted' })));
  }
  const freed = lost.map(({ host }) => host ?? '-');
  const turns = freed.length === 0 ? '' : `; turns that are free now, of ${freed.join(', ')}`;
  return ok(() => change(deps, app, wanted, `goes on${turns}`));
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

function cannot({ message, remedy }: Fault): Answer {
  return faultAnswer(422, { code: 'Cannot', error: message, ...(remedy && { remedy }) });
}
