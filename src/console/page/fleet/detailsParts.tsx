/** What the three kinds of details have in common. */
import type { ComponentChildren } from 'preact';
import { useTexts } from '../core/store.ts';
import { Button } from '../parts/Button.tsx';
import type { FleetAction, Place } from './actionModel.ts';
import { fleetTexts } from './texts.ts';
import type { QueryHand } from './useFleetQuery.ts';

export interface DetailsHands {
  readonly hand: QueryHand;
  readonly onAct: (action: FleetAction) => void;
  readonly onForget: (host: string) => void;
}

export function Section({
  title,
  children,
}: {
  readonly title: string;
  readonly children: ComponentChildren;
}) {
  return (
    <section class="stack fleet-section">
      <h3>{title}</h3>
      {children}
    </section>
  );
}

export function ThreeActs({
  places,
  onAct,
}: {
  readonly places: readonly Place[];
  readonly onAct: (action: FleetAction) => void;
}) {
  const t = useTexts(fleetTexts);
  return (
    <>
      <Button isSmall glyph="restart" onClick={() => onAct({ verb: 'Restart', places })}>
        {t('Restart')}
      </Button>
      <Button isSmall glyph="start" onClick={() => onAct({ verb: 'Start', places })}>
        {t('Start')}
      </Button>
      <Button isSmall glyph="stop" onClick={() => onAct({ verb: 'Stop', places })}>
        {t('Stop')}
      </Button>
    </>
  );
}
