/** How many apps this host would run, and which of them nobody can run. */
import type { DesiredEntry } from '../../domain/event.ts';
import type { Identity } from '../../domain/types.ts';
import { assessApp } from '../assessApp.ts';
import { shorten } from '../textTable.ts';
import { type Check, checkerFor } from './check.ts';

const check = checkerFor('apps');

export interface AppChecks {
  readonly checks: readonly Check[];
  readonly here: ReadonlySet<string>;
}

export function checkApps(entries: readonly DesiredEntry[], identity: Identity): AppChecks {
  const reports = entries.map((entry) => assessApp(entry, identity));
  const here = reports.filter((report) => report.isPlacedHere);
  const bad = reports.filter((report) => report.state === 'refused');
  const placed = check.ok(`${here.length} of ${entries.length} are placed on this host`);
  const names = shorten(bad.map(({ app, code }) => `${app} (${code ?? ''})`).join(', '), 300);
  const refused =
    bad.length === 0
      ? []
      : [check.warning(`${bad.length} cannot run anywhere: ${names}`, 'see `supervene apps`')];
  return { checks: [placed, ...refused], here: new Set(here.map(({ app }) => app)) };
}
