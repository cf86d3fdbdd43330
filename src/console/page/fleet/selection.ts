/** Which rows are selected, by `rowKey`. Those that are gone, or not shown now, count for nothing. Pure. */
import { rowKey } from '../../../domain/console/live.ts';
import type { FleetRow } from '../../../domain/fleet/fleetRow.ts';
import type { FleetLine } from './fleetLines.ts';
import type { FleetGroup } from './fleetModel.ts';

export type Selection = ReadonlySet<string>;

export function rowsOf(line: FleetLine): readonly FleetRow[] {
  return line.type === 'Row' ? [line.row] : line.group.rows;
}

export function selectedOf(selection: Selection, line: FleetLine): 'none' | 'some' | 'all' {
  if (selection.size === 0) return 'none';
  if (line.type === 'Row') return selection.has(line.key) ? 'all' : 'none';
  const { rows } = line.group;
  const count = rows.filter((row) => selection.has(rowKey(row))).length;
  return count === 0 ? 'none' : count === rows.length ? 'all' : 'some';
}

/** All of them when any of them is not selected; else none of them. */
export function toggled(selection: Selection, lines: readonly FleetLine[]): Selection {
  const keys = lines.flatMap(rowsOf).map(rowKey);
  const next = new Set(selection);
  if (keys.every((key) => selection.has(key))) for (const key of keys) next.delete(key);
  else for (const key of keys) next.add(key);
  return next;
}

/** From one line to another, both with. */
export function between(
  lines: readonly FleetLine[],
  from: string | undefined,
  to: FleetLine,
): readonly FleetLine[] {
  const start = lines.findIndex(({ key }) => key === from);
  const end = lines.indexOf(to);
  if (start < 0 || end < 0) return [to];
  return lines.slice(Math.min(start, end), Math.max(start, end) + 1);
}

export function selectedRows(
  selection: Selection,
  groups: readonly FleetGroup[],
): readonly FleetRow[] {
  if (selection.size === 0) return [];
  return groups.flatMap(({ rows }) => rows.filter((row) => selection.has(rowKey(row))));
}
