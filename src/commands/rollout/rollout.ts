/** `supervene rollout`: how far apps are that go through their hosts a few at a time; halt, resume. */
import { parseAppName } from '../../domain/appName.ts';
import { appRollout, rolloutsUnderWay } from '../../domain/fleet/rolloutView.ts';
import { nearest } from '../../domain/nearest.ts';
import { quote } from '../../domain/quote.ts';
import type { CommandInput, CommandRun } from '../command.ts';
import { type CommandIo, exitDifferent, exitDone } from '../commandIo.ts';
import { type Fault, fail, misuse, writeJson } from '../commandIo.ts';
import { type FleetAccess, openFleet } from '../fleet/openFleet.ts';
import { noSuchApp } from './decideRollout.ts';
import { haltRollout, resumeRollout } from './haltRollout.ts';
import { rolloutDetail, rolloutDocument, rolloutLines } from './rolloutTexts.ts';

const actions: ReadonlyMap<string, typeof haltRollout> = new Map([
  ['halt', haltRollout],
  ['resume', resumeRollout],
]);

export const runRollout: CommandRun = async (input) => {
  const { io, args, options, settings } = input;
  const [what, name] = args;
  const act = actions.get(what ?? '');
  const wrong = whyWrong(input, act !== undefined);
  if (wrong !== undefined) return misuse(io, wrong);
  const app = act === undefined ? undefined : parseAppName(name ?? '');
  if (app?.ok === false) return misuse(io, app.error);
  const isJson = options.has('json');
  const fleet = await openFleet(settings);
  if (!fleet.ok) return fail(io, isJson, { ...fleet.error });
  try {
    if (act === undefined || app === undefined) return await show(io, fleet.value, what, isJson);
    const message = options.text('message')?.trim();
    return await act(io, fleet.value, { app: app.value, message, isJson });
  } finally {
    fleet.value.close();
  }
};

function whyWrong({ args, options }: CommandInput, isAction: boolean): Fault | undefined {
  const [what = '', name] = args;
  if (isAction && name === undefined) {
    return { message: `${what} what?`, remedy: `write \`supervene rollout ${what} APP\`` };
  }
  if (!isAction && name !== undefined) {
    const best = nearest(what, actions.keys());
    const remedy = best === undefined ? 'there are halt and resume' : `did you mean ${best}?`;
    return { message: `${quote(what)} is nothing to do to a rollout`, remedy };
  }
  if (options.has('message') && what !== 'halt') return { message: '--message is for halt' };
  return undefined;
}

async function show(
  io: CommandIo,
  fleet: FleetAccess,
  app: string | undefined,
  isJson: boolean,
): Promise<number> {
  const reading = await fleet.read('WithRollouts');
  if (!reading.ok) return fail(io, isJson, { ...reading.error });
  const { view, revision, rollouts: records } = reading.value;
  if (app !== undefined && !view.apps.includes(app)) {
    return fail(io, isJson, { ...noSuchApp(reading.value, app) });
  }
  const shown =
    app === undefined ? rolloutsUnderWay(view, records) : [appRollout(app, view, records)];
  const form = {
    columns: io.terminal?.columns(),
    hasColours: io.outHasColours,
    nowMs: Date.now(),
  };
  if (isJson) writeJson(io, { revision, rollouts: shown.map(rolloutDocument) });
  else {
    const lines =
      app === undefined
        ? rolloutLines(shown, form)
        : shown.flatMap((rollout) => rolloutDetail(rollout, form));
    io.writeOut(`${lines.join('\n')}\n`);
  }
  return shown.every(({ state }) => state === 'Idle') ? exitDone : exitDifferent;
}
