/** One complete listing: every app below the prefix at one revision, as the view of this host. */
import { type EtcdError, type Range } from '../src/domain/etcdCalls.ts';
import { type DesiredEntry } from '../src/domain/event.ts';
import { err, ok, type Result } from '../src/domain/result.ts';
import { type Revision } from '../src/domain/types.ts';
import { type DesiredViewDeps } from './desiredApps.ts';
import { createDesiredView, type DesiredView } from './desiredView.ts';
import { fetchContents } from './fetchContents.ts';
import { type ListQuery, listPages } from './listPages.ts';

export interface Listing {
  readonly clusterId: string;
  readonly revision: Revision;
  readonly view: DesiredView;
  /** Sorted by app. */
  readonly entries: readonly DesiredEntry[];
}

export async function listDesired(
  { range, concernsHost, signersOf }: Omit<DesiredViewDeps, 'prefix'> & { readonly range: Range },
  query: ListQuery,
): Promise<Result<Listing, EtcdError>> {
  const view = createDesiredView({ prefix: query.prefix, concernsHost, signersOf });
  let place: { clusterId: string; revision: Revision } | undefined;
  for await (const page of listPages(range, query)) {
    if (!page.ok) return page;
    place = page.value;
    view.addPage(page.value.kvs);
  }
  if (place === undefined) return err({ type: 'Malformed', wasSent: true, detail: 'no page' });
  const { clusterId, revision } = place;
  const { apps, wanted } = view.finish();
  const failed = await fetchContents(range, view, wanted, { ...query, revision });
  return failed === undefined
    ? ok({ clusterId, revision, view, entries: apps.map(view.picture) })
    : err(failed);
}
