/** What the script knows should run on each host, as far as anybody can know it. */
import type { Body } from './bodies.ts';
import { type AppModel, type Input, isHealthy } from './script.ts';

/** A number of content; `None`: it does not run. */
export type Version = number | 'None';

/** How long a version has to have run before nothing older can be its last good one any more. */
const provenMs = 30_000;

export interface Expectation {
  /** One of them has to run on the host at the end. */
  readonly expected: (host: string, app: string) => ReadonlySet<Version>;
  /** Must go on in the same process through this input, given that this version runs. */
  readonly isUntouched: (
    host: string,
    app: string,
    runs: Version,
    inputs: readonly Input[],
  ) => boolean;
  /** The script has sent this. */
  readonly onInput: (input: Input, hosts: readonly string[]) => void;
  /** At rest this runs. */
  readonly onRest: (host: string, app: string, runs: Version, nowMs: number) => void;
}

export function createExpectation(apps: () => ReadonlyMap<string, AppModel>): Expectation {
  /** By `host/app`: what may have been the last good version. */
  const candidates = new Map<string, Set<Version>>();
  const running = new Map<string, { readonly version: Version; readonly sinceMs: number }>();

  const add = (host: string, app: string, version: Version): void => {
    const id = `${host}/${app}`;
    candidates.set(id, (candidates.get(id) ?? new Set<Version>(['None'])).add(version));
  };
  const onPublished = (
    app: string,
    on: readonly string[],
    bodies: readonly Body[],
    hosts: readonly string[],
  ): void => {
    for (const host of hosts) {
      if (!on.includes(host)) add(host, app, 'None');
      else for (const { fate, n } of bodies) if (fate === 'Runs') add(host, app, n);
    }
  };
  return {
    expected: (host, app) => {
      const model = apps().get(app);
      if (model === undefined || !model.hosts.includes(host)) return new Set(['None']);
      if (isHealthy(model)) return new Set([model.body.n]);
      return candidates.get(`${host}/${app}`) ?? new Set(['None']);
    },
    isUntouched: (host, app, runs, inputs) =>
      inputs.every((input) => {
        if (!('app' in input) || input.app !== app) return true;
        if (input.type === 'Again' || input.type === 'Halve') return true;
        if (input.type !== 'Publish' || !input.hosts.includes(host)) return false;
        return input.body.fate === 'Refused' || input.body.n === runs;
      }),
    onInput: (input, hosts) => {
      if (input.type === 'Publish') onPublished(input.app, input.hosts, [input.body], hosts);
      if (input.type === 'Rapid') onPublished(input.app, input.hosts, input.bodies, hosts);
      if (input.type === 'Delete') for (const host of hosts) add(host, input.app, 'None');
    },
    onRest: (host, app, runs, nowMs) => {
      const id = `${host}/${app}`;
      if (running.get(id)?.version !== runs) running.set(id, { version: runs, sinceMs: nowMs });
      const isProven = nowMs - (running.get(id)?.sinceMs ?? nowMs) > provenMs;
      if (isProven || runs === 'None') candidates.set(id, new Set([runs]));
      else {
        add(host, app, runs);
        // It has something to come back to from now on.
        candidates.get(id)?.delete('None');
      }
    },
  };
}
