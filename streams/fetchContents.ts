/** What a view wants of apps that now concern this host, at one exact revision. */
import { type CallLimits, type EtcdError, type Range } from '../src/domain/etcdCalls.ts';
import { keyStart } from '../src/domain/keys.ts';
import { type Revision } from '../src/domain/types.ts';
import { type DesiredView } from './desiredView.ts';

export interface FetchQuery extends CallLimits {
  readonly prefix: string;
  readonly revision: Revision;
}

/** Undefined when all are supplied. */
export async function fetchContents(
  range: Range,
  view: DesiredView,
  apps: readonly string[],
  { prefix, revision, ...limits }: FetchQuery,
): Promise<EtcdError | undefined> {
  for (const app of apps) {
    for (const leaf of view.missing(app)) {
      const key = Buffer.from(`${keyStart(prefix)}${app}/${leaf}`);
      const answer = await range({ key, revision }, limits);
      if (!answer.ok) return answer.error;
      const kv = answer.value.kvs[0];
      if (kv === undefined || !view.supply(app, leaf, kv)) {
        return { type: 'Malformed', wasSent: true, detail: `etcd lost the ${leaf} of ${app}` };
      }
    }
  }
  return undefined;
}
