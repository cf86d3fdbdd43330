/** What is known of one app on a host, of one host, or of one app, beside the list. */
import { useEffect, useRef } from 'preact/hooks';
import { useTexts } from '../core/store.ts';
import { Button } from '../parts/Button.tsx';
import { AppDetails } from './AppDetails.tsx';
import type { DetailsHands } from './detailsParts.tsx';
import type { Opened } from './fleetQuery.ts';
import { HostDetails } from './HostDetails.tsx';
import { PlaceDetails } from './PlaceDetails.tsx';
import { fleetTexts } from './texts.ts';

export function FleetDetails({
  open,
  onClose,
  ...hands
}: DetailsHands & { readonly open: Opened; readonly onClose: () => void }) {
  const t = useTexts(fleetTexts);
  const panel = useRef<HTMLElement>(null);
  const name =
    open.type === 'Host'
      ? open.host
      : open.type === 'App'
        ? open.app
        : `${open.app} @ ${open.host === '' ? '?' : open.host}`;
  // Where it covers the list, whoever hears the page is taken there.
  useEffect(() => {
    if (matchMedia('(max-width: 60rem)').matches) panel.current?.focus();
  }, [name]);
  return (
    <aside
      ref={panel}
      class="panel fleet-details"
      tabIndex={-1}
      aria-label={t('details', { name })}
      onKeyDown={(event) => {
        if (event.key === 'Escape' && !event.defaultPrevented) onClose();
      }}
    >
      <div class="panel-head">
        <h2 class="cut" title={name}>
          {name}
        </h2>
        <Button
          glyph="close"
          label={t('closeDetails')}
          kind="quiet"
          isSmall
          keys="Escape"
          onClick={onClose}
        />
      </div>
      <div class="panel-body stack fleet-details-body">
        <Inside open={open} hands={hands} />
      </div>
    </aside>
  );
}

function Inside({ open, hands }: { readonly open: Opened; readonly hands: DetailsHands }) {
  switch (open.type) {
    case 'Host':
      return <HostDetails host={open.host} hands={hands} />;
    case 'App':
      return <AppDetails app={open.app} hands={hands} />;
    case 'Place':
      return <PlaceDetails app={open.app} host={open.host} hands={hands} />;
    default:
      return open satisfies never;
  }
}
