/** What `supervene simulate` says of a run: for people, and as one document. */
import { type Invariant, invariants } from '../simulate/invariants.ts';
import type { Failure } from '../simulate/run/failure.ts';
import { commandOf, optionsOf, type SimulationRequest } from '../simulate/run/request.ts';
import type { Shrunk } from '../simulate/run/shrink.ts';
import type { SimulationResult } from '../simulate/run/simulate.ts';
import type { ScriptedAction } from '../simulate/script/action.ts';
import { describeAction, seconds } from '../simulate/script/describeAction.ts';
import type { CommandIo } from './commandIo.ts';

/** What one failure came to. */
export interface Shortest extends Shrunk<ScriptedAction> {
  /** As the command shows it. */
  readonly failure: Failure;
  readonly command: string;
  /** The command's run showed the same. */
  readonly isRepeated: boolean;
}

export function requestText(request: SimulationRequest, version: string): string {
  return `supervene ${version}: ${optionsOf(request)}\n`;
}

export function runText(
  { hosts }: SimulationRequest,
  { events, steps, script, elapsedMs }: SimulationResult,
  tookMs: number,
): string {
  const perSecond = Math.round(events / Math.max(0.001, tookMs / 1_000));
  const kept = Object.values<Invariant>(invariants).filter(({ watched }) => watched !== 'ByTest');
  const numbers = kept.map(({ number }) => String(number)).join(' ');
  return [
    `${String(script.length)} actions, ${String(events)} events, ${String(steps)} steps`,
    `${seconds(elapsedMs)} on ${String(hosts)} ${hosts === 1 ? 'host' : 'hosts'} in ` +
      `${seconds(tookMs)}: ${String(perSecond)} events/s`,
    `checked: ${String(kept.length)} of the ${String(Object.keys(invariants).length)} invariants ` +
      `(${numbers}); tests watch the others`,
    '',
  ].join('\n');
}

export function violationText(io: CommandIo, failure: Failure): string {
  const number =
    failure.invariant === 'NoCrash' ? '' : ` (invariant ${String(numberOf(failure.invariant))})`;
  const title = `violated: ${failure.invariant}${number}`;
  return `\n${io.outHasColours ? `\u001b[1;31m${title}\u001b[0m` : title}\n${seenText(failure)}`;
}

function seenText({ sentence, atMs, host, detail }: Failure): string {
  return `  ${sentence}\n  ${seconds(atMs)}  ${host ?? 'the cluster'}: ${detail}\n`;
}

export function historyText(io: CommandIo, shortest: Shortest): string {
  const { items, tries, isMinimal, failure, command, isRepeated } = shortest;
  const bold = (text: string) => (io.outHasColours ? `\u001b[1m${text}\u001b[0m` : text);
  const count = `${String(items.length)} ${items.length === 1 ? 'action' : 'actions'}`;
  const how = isMinimal
    ? 'none of them can be left out'
    : 'there was no time to find out whether fewer would do';
  return [
    '',
    `${bold('the shortest history found')}: ${count}, after ${String(tries)} tries; ${how}`,
    ...(items.length > linesMax ? [leftOut(items.length - linesMax)] : []),
    ...items.slice(-linesMax).map(describeAction),
    ...(isRepeated ? [`then, at ${seconds(failure.atMs)}: ${failure.detail}`] : []),
    '',
    isRepeated
      ? bold('this repeats it:')
      : bold('this should repeat it, and did not: two runs of one seed differ (invariant 16)'),
    `  ${command}`,
    '',
  ].join('\n');
}

/** What did not become short is not read line by line. */
const linesMax = 50;

function leftOut(count: number): string {
  return `  (${String(count)} earlier actions; --json tells them all)`;
}

function numberOf(name: keyof typeof invariants): number {
  return invariants[name].number;
}

export interface Ending {
  readonly request: SimulationRequest;
  readonly version: string;
  readonly result: SimulationResult;
  readonly failure: Failure | undefined;
  readonly shortest: Shortest | undefined;
}

/** Times in virtual milliseconds since the beginning. Equal for equal runs of one version. */
export function documentOf({ request, version, result, failure, shortest }: Ending): unknown {
  return {
    version,
    ...request,
    command: commandOf(request),
    actions: result.script.length,
    recorded: result.events,
    steps: result.steps,
    elapsedMs: result.elapsedMs,
    digest: result.digest,
    violation: failure === undefined ? null : documentOfFailure(failure),
    shortest: shortest === undefined ? null : documentOfShortest(shortest),
  };
}

function documentOfFailure(failure: Failure): unknown {
  const { invariant, sentence, host = null, atMs, detail } = failure;
  const number = invariant === 'NoCrash' ? null : numberOf(invariant);
  return { invariant, number, sentence, host, atMs, detail };
}

function documentOfShortest({ items, tries, isMinimal, failure, ...rest }: Shortest): unknown {
  return {
    command: rest.command,
    isRepeated: rest.isRepeated,
    tries,
    isMinimal,
    violation: documentOfFailure(failure),
    actions: items.map((item) => ({ ...item, text: describeAction(item).trim() })),
  };
}
