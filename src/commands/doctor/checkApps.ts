/** How many apps this host would run, and which of them nobody can run. */
import type { DesiredEntry } from '../../domain/event.ts';
import type { Identity } from '../../domain/types.ts';
import { type AppReport, assessApp } from '../assessApp.ts';
import { shorten } from '../textTable.ts';
import { type Check, checkerFor } from './check.ts';

const check = checkerFor('apps');

export interface AppChecks {
  readonly checks: readonly Check[];
  readonly here: ReadonlySet<string>;
}

/** What is kept of each app. */
export interface AppFacts {
  readonly app: string;
  readonly state: AppReport['state'];
  readonly code: string | null;
  readonly isPlacedHere: boolean;
}

export function toAppFacts(entry: DesiredEntry, identity: Identity): AppFacts {
  const { app, state, code, isPlacedHere } = assessApp(entry, identity);
  return { app, state, code, isPlacedHere };
}

export function checkApps(reports: readonly AppFacts[]): AppChecks {
  const here = reports.filter((report) => report.isPlacedHere);
  const bad = reports.filter((report) => report.state === 'refused');
  const placed = check.ok(`${here.length} of ${reports.length} are placed on this host`);
  const names = shorten(bad.map(({ app, code }) => `${app} (${code ?? ''})`).join(', '), 300);
  const refused =
    bad.length === 0
      ? []
      : [check.warning(`${bad.length} cannot run anywhere: ${names}`, 'see `supervene apps`')];
  return { checks: [placed, ...refused], here: new Set(here.map(({ app }) => app)) };
}
