/** What stands in the list, line by line: groups, and below those that are open their rows. Pure. */
import { rowKey } from '../../../domain/console/live.ts';
import type { FleetRow } from '../../../domain/fleet/fleetRow.ts';
import type { FleetGroup } from './fleetModel.ts';

export type FleetLine =
  | Readonly<{ type: 'Group'; key: string; group: FleetGroup; isOpen: boolean }>
  | Readonly<{ type: 'Row'; key: string; group: FleetGroup; row: FleetRow }>;

const rowLines = new WeakMap<FleetGroup, readonly FleetLine[]>();

export function fleetLines(
  groups: readonly FleetGroup[],
  isOpen: (group: FleetGroup) => boolean,
): readonly FleetLine[] {
  const lines: FleetLine[] = [];
  for (const group of groups) {
    const isGroupOpen = isOpen(group);
    lines.push({ type: 'Group', key: `=${group.name}`, group, isOpen: isGroupOpen });
    if (!isGroupOpen) continue;
    for (const line of linesBelow(group)) lines.push(line);
  }
  return lines;
}

function linesBelow(group: FleetGroup): readonly FleetLine[] {
  const known = rowLines.get(group);
  if (known !== undefined) return known;
  const made = group.rows.map((row): FleetLine => ({ type: 'Row', key: rowKey(row), group, row }));
  rowLines.set(group, made);
  return made;
}

/** With many rows only what needs somebody is open by itself. */
export const openAllMax = 400;

export function isOpenByItself({ rank }: FleetGroup, shown: number, calm: number): boolean {
  return shown <= openAllMax || rank < calm;
}
