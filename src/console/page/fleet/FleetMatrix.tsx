/** Hosts down, apps across, a cell for each app on a host; only the cells that are seen are there. */
import { useRef, useState } from 'preact/hooks';
import { rowKey } from '../../../domain/console/live.ts';
import type { FleetRow } from '../../../domain/fleet/fleetRow.ts';
import { useTexts } from '../core/store.ts';
import { conditionLooks } from '../parts/Badge.tsx';
import { Glyph } from '../parts/Glyph.tsx';
import { partTexts } from '../parts/texts.ts';
import type { Opened } from './fleetQuery.ts';
import type { FleetGroup } from './fleetModel.ts';
import type { Matrix } from './matrixModel.ts';
import { fleetTexts } from './texts.ts';
import { scrollToItem, useScrollWindow } from './useScrollWindow.ts';
import { useMedia } from './useMedia.ts';

export interface FleetMatrixProps {
  readonly matrix: Matrix;
  readonly groups: readonly FleetGroup[];
  readonly rows: ReadonlyMap<string, FleetRow>;
  /** Whether a filter lets that row through. */
  readonly isShown: (row: FleetRow) => boolean;
  readonly onOpen: (open: Opened) => void;
}

const cellPx = 36;
const headPx = 132;

export function FleetMatrix({ matrix, groups, rows, isShown, onOpen }: FleetMatrixProps) {
  const t = useTexts(fleetTexts);
  const scroller = useRef<HTMLDivElement>(null);
  const firstPx = useMedia('(max-width: 40rem)') ? 112 : 200;
  const down = { count: matrix.hosts.length, itemPx: cellPx, headPx };
  const across = { isAcross: true, count: matrix.apps.length, itemPx: cellPx, headPx: firstPx };
  const seenDown = useScrollWindow(scroller, down);
  const seenAcross = useScrollWindow(scroller, across);
  const [active, setActive] = useState({ down: 0, across: 0 });
  const apps = matrix.apps.slice(seenAcross.from, seenAcross.to);
  const hosts = matrix.hosts.slice(seenDown.from, seenDown.to);
  const conditionOf = new Map(groups.map(({ name, condition }) => [name, condition]));
  const width = firstPx + matrix.apps.length * cellPx;
  const openAt = (host: string | undefined, app: string | undefined): void => {
    const row = rows.get(rowKey({ app: app ?? '', host }));
    if (row !== undefined) onOpen({ type: 'Place', app: row.app, host: row.host ?? '' });
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.target !== event.currentTarget) return;
    if (event.ctrlKey || event.metaKey || event.altKey || scroller.current === null) return;
    if (event.key === 'Enter') openAt(matrix.hosts[active.down], matrix.apps[active.across]);
    const [dx = 0, dy = 0] = moves[event.key] ?? [];
    if (event.key !== 'Enter' && dx === 0 && dy === 0) return;
    event.preventDefault();
    const next = {
      down: clamp(active.down + dy, matrix.hosts.length),
      across: clamp(active.across + dx, matrix.apps.length),
    };
    setActive(next);
    scrollToItem(scroller.current, next.down, down);
    scrollToItem(scroller.current, next.across, across);
  };
  const isActiveSeen =
    active.down >= seenDown.from &&
    active.down < seenDown.to &&
    active.across >= seenAcross.from &&
    active.across < seenAcross.to;
  return (
    <div
      ref={scroller}
      class="fleet-matrix fill"
      role="grid"
      tabIndex={0}
      aria-label={t('list')}
      aria-rowcount={matrix.hosts.length + 1}
      aria-colcount={matrix.apps.length + 1}
      aria-activedescendant={isActiveSeen ? cellId(active.down, active.across) : undefined}
      onKeyDown={onKeyDown}
    >
      <div
        role="row"
        class="matrix-heads"
        aria-rowindex={1}
        style={{ width: `${String(width)}px`, height: `${String(headPx)}px` }}
      >
        <span
          role="columnheader"
          class="matrix-corner"
          aria-colindex={1}
          style={{ width: `${String(firstPx)}px` }}
        >
          {t('host')} / {t('app')}
        </span>
        {apps.map((app, offset) => (
          <span
            key={app}
            role="columnheader"
            class="matrix-app"
            aria-colindex={seenAcross.from + offset + 2}
            style={{ left: `${String(firstPx + (seenAcross.from + offset) * cellPx)}px` }}
          >
            <button
              type="button"
              tabIndex={-1}
              class="matrix-name"
              title={app}
              onClick={() => onOpen({ type: 'App', app })}
            >
              {app}
            </button>
          </span>
        ))}
      </div>
      <div
        role="rowgroup"
        class="matrix-rows"
        style={{
          width: `${String(width)}px`,
          height: `${String(matrix.hosts.length * cellPx)}px`,
        }}
      >
        {hosts.map((host, offset) => {
          const index = seenDown.from + offset;
          const condition = conditionOf.get(host) ?? 'converged';
          return (
            <div
              key={host}
              role="row"
              class="matrix-row"
              aria-rowindex={index + 2}
              style={{ transform: `translateY(${String(index * cellPx)}px)` }}
            >
              <span
                role="rowheader"
                class="matrix-host"
                aria-colindex={1}
                style={{ width: `${String(firstPx)}px` }}
              >
                <button
                  type="button"
                  tabIndex={-1}
                  class={`matrix-name is-${conditionLooks[condition].tone}`}
                  title={host}
                  onClick={() => {
                    if (host !== '') onOpen({ type: 'Host', host });
                  }}
                >
                  <Glyph name={conditionLooks[condition].glyph} />
                  <span class="cut">{host === '' ? t('noHost') : host}</span>
                </button>
              </span>
              {apps.map((app, place) => {
                const row = rows.get(rowKey({ app, host: host === '' ? undefined : host }));
                const column = seenAcross.from + place;
                return (
                  <Cell
                    key={app}
                    row={row !== undefined && isShown(row) ? row : undefined}
                    down={index}
                    across={column}
                    left={firstPx + column * cellPx}
                    isActive={index === active.down && column === active.across}
                    onOpen={openAt}
                  />
                );
              })}
            </div>
          );
        })}
      </div>
    </div>
  );
}

function Cell({
  row,
  down,
  across,
  left,
  isActive,
  onOpen,
}: {
  readonly row: FleetRow | undefined;
  readonly down: number;
  readonly across: number;
  readonly left: number;
  readonly isActive: boolean;
  readonly onOpen: (host: string | undefined, app: string) => void;
}) {
  const t = useTexts(partTexts);
  const shared = {
    id: cellId(down, across),
    role: 'gridcell' as const,
    'aria-colindex': across + 2,
    'data-active': isActive ? '' : undefined,
    style: { left: `${String(left)}px` },
  };
  if (row === undefined) return <span {...shared} class="matrix-cell is-empty" />;
  const { tone, glyph } = conditionLooks[row.condition];
  const why = [row.code, row.reason].filter((part) => part !== undefined).join(': ');
  const states = row.processes.map(({ id, state }) => `${id} ${state}`).join(', ');
  const words = [`${row.app} @ ${row.host ?? '?'}`, t(row.condition), why, states];
  const title = words.filter((word) => word !== '').join('\n');
  return (
    <span
      {...shared}
      class={`matrix-cell is-${tone} is-${row.condition}`}
      title={title}
      onClick={() => onOpen(row.host, row.app)}
    >
      <Glyph name={glyph} label={title} />
    </span>
  );
}

const moves: Readonly<Record<string, readonly [number, number]>> = {
  ArrowRight: [1, 0],
  ArrowLeft: [-1, 0],
  ArrowDown: [0, 1],
  ArrowUp: [0, -1],
  PageDown: [0, 12],
  PageUp: [0, -12],
};

const cellId = (down: number, across: number): string => `matrix-${String(down)}-${String(across)}`;

const clamp = (index: number, count: number): number => Math.max(0, Math.min(count - 1, index));
