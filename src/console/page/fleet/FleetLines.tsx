/** The two kinds of lines of the list: a group, and an app on a host. */
import { memo } from './memo.ts';
import { conditions } from '../../../domain/fleet/fleetRow.ts';
import { useStore, useTexts } from '../core/store.ts';
import { Ago } from '../parts/Ago.tsx';
import { ConditionBadge } from '../parts/Badge.tsx';
import { Button } from '../parts/Button.tsx';
import { Glyph } from '../parts/Glyph.tsx';
import type { Verb } from './actionModel.ts';
import type { FleetLine } from './fleetLines.ts';
import { Pid, ProcessSummary, Revisions, Uptime } from './placeParts.tsx';
import { partTexts } from '../parts/texts.ts';
import { fleetTexts } from './texts.ts';

export interface LineHands {
  readonly onOpen: (line: FleetLine) => void;
  readonly onFold: (line: FleetLine) => void;
  readonly onSelect: (line: FleetLine, isRange: boolean) => void;
  readonly onAct: (verb: Exclude<Verb, 'Confirm'>, line: FleetLine) => void;
  readonly mayAct: (line: FleetLine) => boolean;
}

interface LineProps<Type extends FleetLine['type']> extends LinePlace {
  readonly line: Extract<FleetLine, { type: Type }>;
  readonly hands: LineHands;
}

interface LinePlace {
  readonly index: number;
  readonly top: number;
  readonly isActive: boolean;
  readonly selected: 'none' | 'some' | 'all';
}

export const lineId = (index: number): string => `fleet-line-${String(index)}`;

const rowProps = ({
  line,
  index,
  top,
  isActive,
  selected,
}: LinePlace & { readonly line: FleetLine }) => ({
  id: lineId(index),
  role: 'row' as const,
  'aria-rowindex': index + 2,
  'aria-selected': selected === 'all',
  'data-active': isActive ? '' : undefined,
  'data-key': line.key,
  style: { transform: `translateY(${String(top)}px)` },
});

export const RowLine = memo(function RowLine(props: LineProps<'Row'>) {
  const t = useTexts(fleetTexts);
  const { line, hands, selected } = props;
  const { row, group } = line;
  const name = group.kind === 'host' ? row.app : (row.host ?? t('noHost'));
  return (
    <div
      {...rowProps(props)}
      aria-level={2}
      class={`fleet-line fleet-row is-${row.condition}`}
      onClick={() => hands.onOpen(line)}
    >
      <Selector {...props} label={t('selectRow', { name: `${row.app} ${row.host ?? ''}` })} />
      <span role="gridcell" class="fleet-condition">
        <ConditionBadge condition={row.condition} isBare />
      </span>
      <span role="rowheader" class="fleet-name cut" title={name}>
        {name}
      </span>
      <span role="gridcell" class="fleet-processes">
        <ProcessSummary row={row} />
      </span>
      <span role="gridcell" class="fleet-pid number">
        <Pid row={row} />
      </span>
      <span role="gridcell" class="fleet-uptime number">
        <Uptime row={row} />
      </span>
      <span role="gridcell" class="fleet-revision number">
        <Revisions row={row} />
      </span>
      <span role="gridcell" class="fleet-why cut" lang="en" title={row.reason}>
        {row.code !== undefined && <code>{row.code}</code>} {row.reason}
      </span>
      <span role="gridcell" class="fleet-acts">
        {selected === 'none' && hands.mayAct(line) && row.processes.length > 0 && (
          <Acts line={line} hands={hands} isUp={row.processes.some(isUp)} name={name} />
        )}
      </span>
    </div>
  );
});

function isUp({ state }: { readonly state: string }): boolean {
  return state === 'RUNNING' || state === 'STARTING' || state === 'BACKOFF';
}

export const GroupLine = memo(function GroupLine(props: LineProps<'Group'>) {
  const t = useTexts(fleetTexts);
  const { line, hands, selected } = props;
  const tp = useTexts(partTexts);
  const { group, isOpen } = line;
  const name = group.name === '' ? t('noHost') : group.name;
  const fold = t(isOpen ? 'foldIn' : 'unfold', { name });
  return (
    <div
      {...rowProps(props)}
      aria-level={1}
      aria-expanded={isOpen}
      class={`fleet-line fleet-group is-${group.condition}`}
      onClick={() => hands.onOpen(line)}
    >
      <Selector {...props} label={t('selectGroup', { name })} />
      <span role="rowheader" class="fleet-group-name">
        <button
          type="button"
          class="fleet-fold"
          tabIndex={-1}
          aria-label={fold}
          title={fold}
          onClick={(event) => {
            event.stopPropagation();
            hands.onFold(line);
          }}
        >
          <Glyph name={isOpen ? 'down' : 'right'} />
        </button>
        <ConditionBadge condition={group.condition} isBare />
        <strong class="cut" title={name}>
          {name}
        </strong>
      </span>
      <span role="gridcell" class="fleet-group-more cut">
        {group.kind === 'host' ? <HostWord host={group.name} /> : <AppWord app={group.name} />}
      </span>
      <span role="gridcell" class="fleet-group-counts">
        {conditions
          .filter((condition) => group.counts[condition] > 0)
          .map((condition) => (
            <ConditionBadge
              key={condition}
              condition={condition}
              isBare
              count={group.counts[condition]}
              title={tp(condition)}
            />
          ))}
      </span>
      <span role="gridcell" class="fleet-acts">
        {selected === 'none' && hands.mayAct(line) && group.rows.length > 0 && (
          <Acts line={line} hands={hands} isUp name={name} />
        )}
      </span>
    </div>
  );
});

/** What the host itself has to say. */
function HostWord({ host }: { readonly host: string }) {
  const t = useTexts(fleetTexts);
  const known = useStore((state) => state.fleet?.hosts.get(host));
  if (known === undefined) return <>{host === '' ? '' : t('never')}</>;
  if (!known.isAlive) {
    return (
      <span class="is-bad tone">
        {t('hostLost')} <Ago atMs={known.endedAtMs ?? known.reportedAtMs} />
      </span>
    );
  }
  const [problem] = known.problems;
  if (problem !== undefined) {
    return (
      <span class="is-warn tone" lang="en" title={known.problems.join('\n')}>
        {problem}
      </span>
    );
  }
  return <span class="muted">{known.addresses.join(', ')}</span>;
}

function AppWord({ app }: { readonly app: string }) {
  const t = useTexts(fleetTexts);
  const known = useStore((state) => state.fleet?.apps.get(app));
  if (known === undefined) return <>{t('gone')}</>;
  if (known.fault !== null) {
    return (
      <span class="is-bad tone" lang="en" title={known.fault.reason}>
        {known.fault.reason}
      </span>
    );
  }
  return <span class="muted">{known.ips}</span>;
}

function Selector({
  line,
  selected,
  hands,
  label,
}: LinePlace & { readonly line: FleetLine; readonly hands: LineHands; readonly label: string }) {
  const onClick = (event: MouseEvent): void => {
    event.stopPropagation();
    hands.onSelect(line, event.shiftKey);
  };
  return (
    <span role="gridcell" class="fleet-select" onClick={onClick}>
      <input
        type="checkbox"
        tabIndex={-1}
        aria-label={label}
        checked={selected === 'all'}
        indeterminate={selected === 'some'}
      />
    </span>
  );
}

/** In the list they are not on the way of Tab: the keys of the list do the same. */
function Acts({
  line,
  hands,
  isUp: isAnyUp,
  name,
}: {
  readonly line: FleetLine;
  readonly hands: LineHands;
  readonly isUp: boolean;
  readonly name: string;
}) {
  const t = useTexts(fleetTexts);
  const act = (verb: 'Start' | 'Stop' | 'Restart') => (event: MouseEvent) => {
    event.stopPropagation();
    hands.onAct(verb, line);
  };
  const first = isAnyUp ? 'Restart' : 'Start';
  return (
    <>
      <Button
        glyph={isAnyUp ? 'restart' : 'start'}
        label={`${t(first)}: ${name}`}
        kind="quiet"
        isSmall
        onClick={act(first)}
      />
      <Button
        glyph="stop"
        label={`${t('Stop')}: ${name}`}
        kind="quiet"
        isSmall
        onClick={act('Stop')}
      />
    </>
  );
}
