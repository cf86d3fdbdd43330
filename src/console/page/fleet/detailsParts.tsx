/** What the three kinds of details have in common. */
import type { ComponentChildren } from 'preact';
import type { FleetAction } from './actionModel.ts';
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
