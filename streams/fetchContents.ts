/** Contents that a view wants because their apps now concern this host, at one exact revision. */
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
    const key = Buffer.from(`${keyStart(prefix)}${app}/content`);
    const answer = await range({ key, revision }, limits);
    if (!answer.ok) return answer.error;
    const content = answer.value.kvs[0];
    if (content === undefined || !view.supply(app, content)) {
      return { type: 'Malformed', wasSent: true, detail: `etcd lost the content of ${app}` };
    }
  }
  return undefined;
}
