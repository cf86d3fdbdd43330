/**
 * Looks on while something is broken: what must hold *during* a fault.
 *
 * Every 50 ms it notes the pid of each app that has to keep running, and the bytes of each file that
 * is not supervene's. What it can not see for a while (supervisord is away, say) is looked at again
 * afterwards: a pid that lives on is the same pid.
 */
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ProcessInfo } from '../../support/supervisord.ts';

export interface WitnessOptions {
  /** Asks supervisord; a throw means that it does not answer now. */
  readonly processes: () => Promise<readonly ProcessInfo[]>;
  /** Groups that run now and have to run on, in the same process. */
  readonly running: readonly string[];
  /** Paths of files that nobody may change. */
  readonly foreign?: readonly string[];
}

export interface Witness {
  /** Ends the watch and throws with everything that was seen to go wrong. */
  testify(): Promise<void>;
}

/** Throws when one of `running` does not run to begin with. */
export async function startWitness(options: WitnessOptions): Promise<Witness> {
  const { running, foreign = [] } = options;
  const before = pidsOf(await options.processes());
  for (const group of running) {
    if ((before.get(group) ?? 0) === 0) throw new Error(`${group} does not run to begin with`);
  }
  const texts = new Map(foreign.map((path) => [path, readText(path)]));
  const faults = new Set<string>();
  let looks = 0;

  const look = async (): Promise<void> => {
    for (const [path, text] of texts) {
      if (readText(path) !== text) faults.add(`${path}, which is not supervene's, was changed`);
    }
    const now = await options.processes().then(pidsOf, () => undefined);
    if (now === undefined) return;
    looks += 1;
    for (const group of running) {
      const [was, is] = [before.get(group), now.get(group)];
      if (was !== is) faults.add(`${group} had pid ${String(was)}, then ${String(is ?? 'none')}`);
    }
  };
  const watching = { isOn: true };
  const done = (async () => {
    while (watching.isOn) {
      await look();
      await sleep(50);
    }
  })();
  return {
    testify: async () => {
      watching.isOn = false;
      await done;
      await look();
      if (looks === 0 && running.length > 0) faults.add('supervisord never answered the witness');
      if (faults.size > 0) throw new Error(`during the fault: ${[...faults].join('; ')}`);
    },
  };
}

/** By group: of its first process. */
function pidsOf(processes: readonly ProcessInfo[]): ReadonlyMap<string, number> {
  return new Map(processes.toReversed().map(({ group, pid }) => [group, pid]));
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return undefined;
  }
}
