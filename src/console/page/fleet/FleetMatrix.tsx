/** Hosts down, apps across, a cell for each app on a host; only the cells that are seen are there. */
import { useRef, useState } from 'preact/hooks';
import { rowKey } from '../../../domain/console/live.ts';
import type { FleetCondition, FleetRow } from '../../../domain/fleet/fleetRow.ts';
import { useTexts } from '../core/store.ts';
import { conditionLooks } from '../parts/Badge.tsx';
import { Glyph } from '../parts/Glyph.tsx';
import { partTexts } from '../parts/texts.ts';
import type { Opened } from './fleetQuery.ts';
import type { FleetGroup } from './fleetModel.ts';
import type { Matrix } from './matrixModel.ts';
import { fleetTexts } from './texts.ts';
import { type Seen, scrollToItem, useScrollWindow } from './useScrollWindow.ts';
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

export function FleetMatrix(props: FleetMatrixProps) {
  const { matrix, groups, rows, isShown, onOpen } = props;
  const t = useTexts(fleetTexts);
  const scroller = useRef<HTMLDivElement>(null);
  const firstPx = useMedia('(max-width: 40rem)') ? 112 : 200;
  const down = { count: matrix.hosts.length, itemPx: cellPx, headPx };
  const across = { isAcross: true, count: matrix.apps.length, itemPx: cellPx, headPx: firstPx };
  const seenDown = useScrollWindow(scroller, down);
  const seenAcross = useScrollWindow(scroller, across);
  const [active, setActive] = useState({ down: 0, across: 0 });
  const conditionOf = new Map(groups.map(({ name, condition }) => [name, condition]));
  const width = firstPx + matrix.apps.length * cellPx;
  const openAt = (host: string | undefined, app: string | undefined): void => {
    const row = rows.get(rowKey({ app: app ?? '', host }));
    if (row !== undefined) onOpen({ type: 'Place', app: row.app, host: row.host ?? '' });
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.target !== event.currentTarget || scroller.current === null) return;
    if (event.ctrlKey || event.metaKey || event.altKey) return;
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
  const isActiveSeen = isIn(active.down, seenDown) && isIn(active.across, seenAcross);
  const band = { apps: matrix.apps, seen: seenAcross, firstPx, width };
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
      <MatrixHeads band={band} onOpen={onOpen} />
      <div
        role="rowgroup"
        class="matrix-rows"
        style={{ width: px(width), height: px(matrix.hosts.length * cellPx) }}
      >
        {matrix.hosts.slice(seenDown.from, seenDown.to).map((host, offset) => (
          <MatrixRow
            key={host}
            host={host}
            condition={conditionOf.get(host) ?? 'converged'}
            index={seenDown.from + offset}
            band={band}
            rowOf={(app) => {
              const row = rows.get(rowKey({ app, host: host === '' ? undefined : host }));
              return row !== undefined && isShown(row) ? row : undefined;
            }}
            activeAcross={seenDown.from + offset === active.down ? active.across : undefined}
            onOpen={onOpen}
          />
        ))}
      </div>
    </div>
  );
}

/** The columns, and which of them are seen. */
interface Band {
  readonly apps: readonly string[];
  readonly seen: Seen;
  readonly firstPx: number;
  readonly width: number;
}

interface BandProps {
  readonly band: Band;
  readonly onOpen: (open: Opened) => void;
}

function MatrixHeads({ band, onOpen }: BandProps) {
  const t = useTexts(fleetTexts);
  const { apps, seen, firstPx, width } = band;
  return (
    <div role="rowgroup" class="matrix-heads" style={{ width: `${String(width)}px` }}>
      <div role="row" aria-rowindex={1} style={{ height: `${String(headPx)}px` }}>
        <span
          role="columnheader"
          class="matrix-corner"
          aria-colindex={1}
          style={{ width: `${String(firstPx)}px` }}
        >
          {t('host')} / {t('app')}
        </span>
        {apps.slice(seen.from, seen.to).map((app, offset) => (
          <span
            key={app}
            role="columnheader"
            class="matrix-app"
            aria-colindex={seen.from + offset + 2}
            style={{ left: `${String(firstPx + (seen.from + offset) * cellPx)}px` }}
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
    </div>
  );
}

function MatrixRow({
  host,
  condition,
  index,
  band,
  rowOf,
  activeAcross,
  onOpen,
}: BandProps & {
  readonly host: string;
  readonly condition: FleetCondition;
  readonly index: number;
  readonly rowOf: (app: string) => FleetRow | undefined;
  readonly activeAcross: number | undefined;
}) {
  const t = useTexts(fleetTexts);
  const { apps, seen, firstPx } = band;
  const { tone, glyph } = conditionLooks[condition];
  return (
    <div
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
          class={`matrix-name is-${tone}`}
          title={host}
          onClick={() => {
            if (host !== '') onOpen({ type: 'Host', host });
          }}
        >
          <Glyph name={glyph} />
          <span class="cut">{host === '' ? t('noHost') : host}</span>
        </button>
      </span>
      {apps.slice(seen.from, seen.to).map((app, offset) => (
        <Cell
          key={app}
          row={rowOf(app)}
          down={index}
          across={seen.from + offset}
          left={firstPx + (seen.from + offset) * cellPx}
          isActive={activeAcross === seen.from + offset}
          onOpen={onOpen}
        />
      ))}
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
  readonly onOpen: (open: Opened) => void;
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
      onClick={() => onOpen({ type: 'Place', app: row.app, host: row.host ?? '' })}
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

const isIn = (index: number, { from, to }: Seen): boolean => index >= from && index < to;

const px = (length: number): string => `${String(length)}px`;

const clamp = (index: number, count: number): number => Math.max(0, Math.min(count - 1, index));
