/** What a simulation is asked for: as the options of the command, and back to a command. */
import { err, ok, type Result } from '../../domain/result.ts';
import { faultNames, formatFaults, parseFaults } from '../script/faults.ts';
import { formatKeep, parseKeep } from './keptScript.ts';
import type { SimulationOptions } from './simulate.ts';

export type Size = Pick<SimulationOptions, 'seed' | 'hosts' | 'apps' | 'events' | 'faults'>;

export interface SimulationRequest extends Size {
  /** Numbers of the actions to perform; undefined: all. */
  readonly keep: readonly number[] | undefined;
}

export const requestDefaults = { hosts: 3, apps: 20, events: 5_000, faults: faultNames } as const;

const limits = { hosts: 50, apps: 1_000, events: 100_000_000 } as const;

/** The error is a sentence that names the option. `text` gives an option's value. */
export function readRequest(
  text: (option: string) => string | undefined,
  drawSeed: () => string,
): Result<SimulationRequest, string> {
  const counts: Record<keyof typeof limits, number> = { ...requestDefaults };
  for (const name of ['hosts', 'apps', 'events'] as const) {
    const given = text(name);
    if (given === undefined) continue;
    const count = /^\d{1,9}$/.test(given) ? Number(given) : 0;
    if (count < 1 || count > limits[name]) {
      const bounds = `a whole number from 1 to ${String(limits[name])}`;
      return err(`--${name} is ${bounds}, not ${JSON.stringify(given)}`);
    }
    counts[name] = count;
  }
  const seed = text('seed') ?? drawSeed();
  if (!/^\w[\w.:@/+-]{0,199}$/.test(seed)) {
    return err('--seed is a short text of letters, digits and . : @ / + - _');
  }
  const faults = parseFaults(text('faults') ?? 'all');
  if (!faults.ok) return err(`--faults: ${faults.error}`);
  const kept = text('keep');
  const keep = kept === undefined ? ok(undefined) : parseKeep(kept);
  if (!keep.ok) return err(`--keep: ${keep.error}`);
  return ok({ seed, ...counts, faults: faults.value, keep: keep.value });
}

/** The options that ask for the same again, in a shell. */
export function optionsOf({ seed, hosts, apps, events, faults, keep }: SimulationRequest): string {
  const counts = `--hosts ${String(hosts)} --apps ${String(apps)} --events ${String(events)}`;
  const kept = keep === undefined ? '' : ` --keep ${formatKeep(keep)}`;
  return `--seed ${seed} ${counts} --faults ${formatFaults(faults)}${kept}`;
}

export function commandOf(request: SimulationRequest): string {
  return `supervene simulate ${optionsOf(request)}`;
}
