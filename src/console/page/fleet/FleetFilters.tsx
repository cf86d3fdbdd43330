/** Which part of the fleet is shown: counts that are filters, and what else narrows it. */
import { conditions } from '../../../domain/fleet/fleetRow.ts';
import { useTexts } from '../core/store.ts';
import { ConditionBadge } from '../parts/Badge.tsx';
import { Button } from '../parts/Button.tsx';
import { Glyph } from '../parts/Glyph.tsx';
import type { FleetIndex } from './fleetModel.ts';
import { wholeFleet } from './fleetQuery.ts';
import { fleetTexts } from './texts.ts';
import type { QueryHand } from './useFleetQuery.ts';

export function FleetFilters({
  hand,
  index,
}: {
  readonly hand: QueryHand;
  readonly index: FleetIndex;
}) {
  const t = useTexts(fleetTexts);
  const { query, change } = hand;
  const isFiltered =
    query.text !== '' ||
    query.isUrgentOnly ||
    query.conditions.length + query.hosts.length + query.apps.length > 0;
  return (
    <div class="line fleet-filters" role="group" aria-label={t('filters')}>
      <button
        type="button"
        class="chip"
        aria-pressed={query.isUrgentOnly}
        onClick={() => change({ isUrgentOnly: !query.isUrgentOnly })}
      >
        <Glyph name="bell" />
        {t('urgentOnly')} <span class="count">{index.urgent}</span>
      </button>
      {conditions.map((condition) => {
        const isOn = query.conditions.includes(condition);
        const isIdle = index.counts[condition] === 0 && !isOn;
        const others = query.conditions.filter((one) => one !== condition);
        return (
          <button
            key={condition}
            type="button"
            class={isIdle ? 'chip is-idle-chip' : 'chip'}
            aria-pressed={isOn}
            onClick={() => change({ conditions: isOn ? others : [...query.conditions, condition] })}
          >
            <ConditionBadge condition={condition} isBare count={index.counts[condition]} />
          </button>
        );
      })}
      <Narrowed names={query.hosts} of="onlyHost" onChange={(hosts) => change({ hosts })} />
      <Narrowed names={query.apps} of="onlyApp" onChange={(apps) => change({ apps })} />
      {isFiltered && (
        <Button
          kind="quiet"
          isSmall
          glyph="close"
          onClick={() => change({ ...wholeFleet, by: query.by, open: query.open })}
        >
          {t('clearFilters')}
        </Button>
      )}
    </div>
  );
}

function Narrowed({
  names,
  of,
  onChange,
}: {
  readonly names: readonly string[];
  readonly of: 'onlyHost' | 'onlyApp';
  readonly onChange: (names: readonly string[]) => void;
}) {
  const t = useTexts(fleetTexts);
  return (
    <>
      {names.map((name) => (
        <button
          key={name}
          type="button"
          class="chip"
          aria-pressed="true"
          title={t('takeAway')}
          onClick={() => onChange(names.filter((one) => one !== name))}
        >
          <span class="cut">{t(of, { name })}</span>
          <Glyph name="close" />
        </button>
      ))}
    </>
  );
}
