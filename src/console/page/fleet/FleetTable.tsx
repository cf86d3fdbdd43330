/** The list with what is selected in it, which groups are open, and the keys for both. */
import { useMemo, useRef, useState } from 'preact/hooks';
import { mayDo } from '../../../domain/console/roles.ts';
import type { FleetRow } from '../../../domain/fleet/fleetRow.ts';
import { useShortcuts } from '../core/shortcuts.ts';
import { useTexts } from '../core/store.ts';
import { Button } from '../parts/Button.tsx';
import { type FleetAction, isRetried, type Place, type Verb } from './actionModel.ts';
import { FleetList } from './FleetList.tsx';
import type { LineHands } from './FleetLines.tsx';
import { type FleetLine, fleetLines, isOpenByItself } from './fleetLines.ts';
import type { FleetIndex } from './fleetModel.ts';
import { type Opened, type Shape, shapes } from './fleetQuery.ts';
import { between, rowsOf, type Selection, selectedRows, toggled } from './selection.ts';
import { fleetTexts } from './texts.ts';
import type { QueryHand } from './useFleetQuery.ts';
import { useGrants } from './useGrants.ts';
import { calm } from './urgency.ts';

export interface FleetTableProps {
  readonly index: FleetIndex;
  readonly hand: QueryHand;
  readonly onAct: (action: FleetAction) => void;
}

const nothing: Selection = new Set();

export function FleetTable({ index, hand, onAct }: FleetTableProps) {
  const grants = useGrants();
  const [selection, setSelection] = useState(nothing);
  const anchor = useRef<string | undefined>(undefined);
  const active = useRef<FleetLine | undefined>(undefined);
  const { by } = hand.query;
  const { lines, fold } = useLines(index, by);
  const selected = selectedRows(selection, index.groups);
  const act = (verb: Exclude<Verb, 'Confirm'>, rows: readonly FleetRow[]): void =>
    onAct({ verb, places: placesOf(rows) });
  const mayAct = ({ app, host, condition, processes }: FleetRow): boolean => {
    if (host === undefined || condition === 'lost') return false;
    return processes.length > 0 && mayDo(grants, 'operator', { app, host });
  };
  const hands: LineHands = {
    onOpen: (line) => {
      const open = openedOf(line);
      if (open !== undefined) hand.change({ open });
    },
    onFold: fold,
    onSelect: (line, isRange) => {
      setSelection(toggled(selection, isRange ? between(lines, anchor.current, line) : [line]));
      anchor.current = line.key;
    },
    onAct: (verb, line) => act(verb, rowsOf(line)),
    mayAct: (line) => rowsOf(line).some(mayAct),
  };
  useTableKeys({
    act: (verb) => {
      const rows = selected.length > 0 ? selected : rowsOf(active.current ?? noLine);
      if (rows.some(mayAct)) act(verb, rows);
    },
    toggleAll: () => setSelection(selection.size > 0 ? nothing : toggled(selection, lines)),
    close: () => {
      if (hand.query.open !== undefined) hand.change({ open: undefined });
      else setSelection(nothing);
    },
    nextShape: () => {
      const next = shapes[(shapes.indexOf(by) + 1) % shapes.length];
      if (next !== undefined) hand.change({ by: next });
    },
  });
  return (
    <div class="fleet-table fill">
      <FleetList
        lines={lines}
        by={by}
        selection={selection}
        hands={hands}
        onActive={(line) => {
          active.current = line;
        }}
      />
      {selected.length > 0 && (
        <SelectionBar
          rows={selected}
          mayAct={selected.some(mayAct)}
          onAct={act}
          onClear={() => setSelection(nothing)}
        />
      )}
    </div>
  );
}

/** Which groups are open: as whoever looks said, else by what is in them. */
function useLines(index: FleetIndex, by: Shape) {
  const [folds, setFolds] = useState<ReadonlyMap<string, boolean>>(new Map());
  const lines = useMemo(
    () =>
      fleetLines(
        index.groups,
        (group) => folds.get(`${by} ${group.name}`) ?? isOpenByItself(group, index.shown, calm),
      ),
    [index, folds, by],
  );
  const fold = (line: FleetLine): void => {
    if (line.type !== 'Group') return;
    setFolds(new Map(folds).set(`${by} ${line.group.name}`, !line.isOpen));
  };
  return { lines, fold };
}

const noLine: FleetLine = {
  type: 'Group',
  key: '',
  isOpen: false,
  group: {
    ...{ name: '', kind: 'host', condition: 'converged', rank: calm, rows: [] },
    counts: {
      ...{ quarantined: 0, 'rolled-back': 0, lost: 0, held: 0 },
      ...{ converging: 0, converged: 0 },
    },
  },
};

function placesOf(rows: readonly FleetRow[]): readonly Place[] {
  return rows.map(({ app, host = '' }) => ({ app, host }));
}

function openedOf(line: FleetLine): Opened | undefined {
  if (line.type === 'Row') {
    return { type: 'Place', app: line.row.app, host: line.row.host ?? '' };
  }
  const { name, kind } = line.group;
  if (name === '') return undefined;
  return kind === 'host' ? { type: 'Host', host: name } : { type: 'App', app: name };
}

function useTableKeys({
  act,
  toggleAll,
  close,
  nextShape,
}: {
  readonly act: (verb: 'Start' | 'Stop' | 'Restart') => void;
  readonly toggleAll: () => void;
  readonly close: () => void;
  readonly nextShape: () => void;
}): void {
  const t = useTexts(fleetTexts);
  // The list itself sees to those of it: here they are for the help.
  const ofList = (keys: string, text: string) => ({ keys, text, run: () => undefined });
  useShortcuts(t('keys'), [
    ofList('↑↓', t('keyMove')),
    ofList('←→', t('keyFold')),
    ofList('Space', t('keySelect')),
    ofList('↵', t('keyOpen')),
    { keys: 's', text: t('keyStart'), run: () => act('Start') },
    { keys: 'x', text: t('keyStop'), run: () => act('Stop') },
    { keys: 'r', text: t('keyRestart'), run: () => act('Restart') },
    { keys: 'a', text: t('keyAll'), run: toggleAll },
    { keys: 'v', text: t('keyShape'), run: nextShape },
    { keys: 'Escape', text: t('keyClose'), run: close },
  ]);
}

function SelectionBar({
  rows,
  mayAct,
  onAct,
  onClear,
}: {
  readonly rows: readonly FleetRow[];
  readonly mayAct: boolean;
  readonly onAct: (verb: Exclude<Verb, 'Confirm'>, rows: readonly FleetRow[]) => void;
  readonly onClear: () => void;
}) {
  const t = useTexts(fleetTexts);
  const refused = rows.filter(isRetried);
  return (
    <div class="fleet-selection line" role="group" aria-label={t('selected', { n: rows.length })}>
      <strong role="status">{t('selected', { n: rows.length })}</strong>
      {mayAct && (
        <>
          <Button isSmall glyph="restart" keys="r" onClick={() => onAct('Restart', rows)}>
            {t('Restart')}
          </Button>
          <Button isSmall glyph="start" keys="s" onClick={() => onAct('Start', rows)}>
            {t('Start')}
          </Button>
          <Button isSmall glyph="stop" keys="x" onClick={() => onAct('Stop', rows)}>
            {t('Stop')}
          </Button>
          {refused.length > 0 && (
            <Button isSmall onClick={() => onAct('Retry', refused)}>
              {t('Retry')}
            </Button>
          )}
        </>
      )}
      <Button isSmall kind="quiet" glyph="close" onClick={onClear}>
        {t('clear')}
      </Button>
    </div>
  );
}
