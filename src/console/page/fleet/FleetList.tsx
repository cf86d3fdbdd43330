/**
 * Groups and their rows as one list of any length. The list has the focus, one line in it is active:
 * arrows move it, Space selects, Enter opens, Left and Right fold.
 */
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { useTexts } from '../core/store.ts';
import { useMedia } from './useMedia.ts';
import type { FleetLine } from './fleetLines.ts';
import type { Shape } from './fleetQuery.ts';
import { GroupLine, type LineHands, lineId, RowLine } from './FleetLines.tsx';
import { type Selection, selectedOf } from './selection.ts';
import { fleetTexts } from './texts.ts';
import { scrollToItem, useScrollWindow } from './useScrollWindow.ts';

export interface FleetListProps {
  readonly lines: readonly FleetLine[];
  readonly by: Shape;
  readonly selection: Selection;
  readonly hands: LineHands;
  /** Which line the keys are for. */
  readonly onActive: (line: FleetLine | undefined) => void;
}

export function FleetList({ lines, by, selection, hands, onActive }: FleetListProps) {
  const t = useTexts(fleetTexts);
  const scroller = useRef<HTMLDivElement>(null);
  const isNarrow = useMedia('(max-width: 40rem)');
  const axis = { count: lines.length, itemPx: isNarrow ? 58 : 34, headPx: isNarrow ? 0 : 30 };
  const { from, to } = useScrollWindow(scroller, axis);
  const [activeKey, setActiveKey] = useState<string | undefined>(undefined);
  const active = useActive(lines, activeKey);
  const activeLine = lines[active];
  useEffect(() => onActive(activeLine), [activeLine]);
  const move = (to: number): void => {
    const line = lines[Math.max(0, Math.min(lines.length - 1, to))];
    if (line === undefined || scroller.current === null) return;
    setActiveKey(line.key);
    scrollToItem(scroller.current, lines.indexOf(line), axis);
  };
  const stable = useStableHands({
    ...hands,
    onOpen: (line) => {
      setActiveKey(line.key);
      hands.onOpen(line);
    },
  });
  const isSeen = active >= from && active < to;
  return (
    <div
      ref={scroller}
      class="fleet-list fill"
      role="treegrid"
      tabIndex={0}
      aria-label={t('list')}
      aria-rowcount={lines.length + 1}
      aria-multiselectable="true"
      aria-activedescendant={isSeen ? lineId(active) : undefined}
      onKeyDown={(event) => {
        if (event.target !== event.currentTarget) return;
        onKey(event, { lines, active, move, hands: stable, page: pageOf(scroller.current, axis) });
      }}
    >
      <ListHead by={by} />
      <div
        role="rowgroup"
        class="fleet-lines"
        style={{ height: `${String(lines.length * axis.itemPx)}px` }}
      >
        {lines.slice(from, to).map((line, offset) => {
          const index = from + offset;
          const shared = {
            index,
            top: index * axis.itemPx,
            isActive: index === active,
            selected: selectedOf(selection, line),
            hands: stable,
          };
          return line.type === 'Group' ? (
            <GroupLine key={line.key} line={line} {...shared} />
          ) : (
            <RowLine key={line.key} line={line} {...shared} />
          );
        })}
      </div>
    </div>
  );
}

function ListHead({ by }: { readonly by: Shape }) {
  const t = useTexts(fleetTexts);
  const heads = [
    ...(['condition', by === 'app' ? 'host' : 'app', 'processes'] as const),
    ...(['pid', 'uptime', 'revision', 'reason'] as const),
  ];
  return (
    <div role="rowgroup" class="fleet-head-rows">
      <div role="row" class="fleet-line fleet-heads" aria-rowindex={1}>
        <span role="columnheader">
          <span class="unseen">{t('keySelect')}</span>
        </span>
        {heads.map((head) => (
          <span
            role="columnheader"
            data-only={head === 'pid' || head === 'uptime' ? 'wide' : undefined}
          >
            {t(head)}
          </span>
        ))}
        <span role="columnheader">
          <span class="unseen">{t('actions')}</span>
        </span>
      </div>
    </div>
  );
}

/** Where the active line is now; when it is gone, what stands there instead. */
function useActive(lines: readonly FleetLine[], key: string | undefined): number {
  const last = useRef(0);
  const found = useMemo(
    () => (key === undefined ? 0 : lines.findIndex((line) => line.key === key)),
    [lines, key],
  );
  if (found >= 0) last.current = found;
  return Math.min(last.current, lines.length - 1);
}

function pageOf(scroller: HTMLElement | null, { itemPx }: { readonly itemPx: number }): number {
  return Math.max(1, Math.floor((scroller?.clientHeight ?? 0) / itemPx) - 1);
}

interface KeyContext {
  readonly lines: readonly FleetLine[];
  readonly active: number;
  readonly page: number;
  readonly move: (to: number) => void;
  readonly hands: LineHands;
}

function onKey(event: KeyboardEvent, context: KeyContext): void {
  const { lines, active, page, move, hands } = context;
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const line = lines[active];
  const steps: Readonly<Record<string, number>> = {
    ArrowDown: active + 1,
    ArrowUp: active - 1,
    PageDown: active + page,
    PageUp: active - page,
    Home: 0,
    End: lines.length - 1,
  };
  const to = steps[event.key];
  if (to !== undefined) move(to);
  else if (line === undefined) return;
  else if (event.key === 'Enter') hands.onOpen(line);
  else if (event.key === ' ') hands.onSelect(line, event.shiftKey);
  else if (event.key === 'ArrowRight' || event.key === 'ArrowLeft') {
    foldBy(event.key === 'ArrowRight', line, context);
  } else return;
  event.preventDefault();
}

/** Left on a row leads to its group. */
function foldBy(opens: boolean, line: FleetLine, { lines, move, hands }: KeyContext): void {
  if (line.type === 'Group') {
    if (line.isOpen !== opens) hands.onFold(line);
  } else if (!opens) {
    move(lines.findIndex((one) => one.type === 'Group' && one.group === line.group));
  }
}

/** The same object as long as it lives, so that rows are not drawn again for it. */
function useStableHands(hands: LineHands): LineHands {
  const now = useRef(hands);
  now.current = hands;
  return useMemo(
    () => ({
      onOpen: (line) => now.current.onOpen(line),
      onFold: (line) => now.current.onFold(line),
      onSelect: (line, isRange) => now.current.onSelect(line, isRange),
      onAct: (verb, line) => now.current.onAct(verb, line),
      mayAct: (line) => now.current.mayAct(line),
    }),
    [],
  );
}
