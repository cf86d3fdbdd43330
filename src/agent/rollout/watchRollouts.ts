/** Tells that keys below `rollouts/` or `renders/` may have changed: what they say is read anew. */
import { merge } from 'rxjs';
import { followKeys, type FollowKeysDeps, type KeysEvent } from '../../../streams/followKeys.ts';
import type { EtcdKeyValue } from '../../domain/etcdCalls.ts';
import { parseFleetKey, rendersStart, rolloutsStart } from '../../domain/fleet/fleetKeys.ts';
import { failLoudly } from '../../fault.ts';

/** Until the function returned is called. */
export function watchRollouts(
  deps: FollowKeysDeps,
  fleetPrefix: string,
  heard: (app: string | undefined) => void,
): () => void {
  const subscription = merge(
    followKeys(deps, { prefix: rolloutsStart(fleetPrefix), keep }),
    followKeys(deps, { prefix: rendersStart(fleetPrefix), keep }),
  ).subscribe({
    next: (event) => {
      for (const app of appsOf(event, fleetPrefix)) heard(app);
    },
    error: failLoudly,
  });
  return () => {
    subscription.unsubscribe();
  };
}

/** Nothing but where they stand. */
const keep = ({ key, modRevision }: EtcdKeyValue): EtcdKeyValue => ({
  key: Uint8Array.from(key.subarray(0, keyMaxBytes)),
  value: new Uint8Array(),
  modRevision,
});
const keyMaxBytes = 1_024;

/** Undefined among them: of all. */
function appsOf(event: KeysEvent, fleetPrefix: string): ReadonlySet<string | undefined> {
  if (event.type === 'Lost') return new Set();
  if (event.type === 'Listed') return new Set([undefined]);
  return new Set(
    event.changes.map(({ key }) => {
      const parsed = parseFleetKey(fleetPrefix, Buffer.from(key).toString());
      return parsed?.type === 'Rollout' ? parsed.app : undefined;
    }),
  );
}
