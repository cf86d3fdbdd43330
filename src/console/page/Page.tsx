/** The frame of the page, and which view is in it. */
import { type Place, usePlace } from './core/router.ts';
import { AuditView } from './audit/AuditView.tsx';
import { FleetView } from './fleet/FleetView.tsx';
import { HistoryView } from './history/HistoryView.tsx';
import { KeysView } from './keys/KeysView.tsx';
import { LogsView } from './logs/LogsView.tsx';
import { PublishView } from './publish/PublishView.tsx';
import { TimeView } from './time/TimeView.tsx';

/** By the first segment of the path. */
const views: Readonly<Record<string, (props: { readonly place: Place }) => preact.JSX.Element>> = {
  fleet: FleetView,
  logs: LogsView,
  publish: PublishView,
  history: HistoryView,
  time: TimeView,
  keys: KeysView,
  audit: AuditView,
};

export function Page() {
  const place = usePlace();
  const View = views[place.path[0] ?? 'fleet'] ?? FleetView;
  return <View place={place} />;
}
