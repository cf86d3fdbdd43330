/** A change of the cluster while somebody visits it all the time: what is lost, and how long it takes. */
import { waitFor } from '../../support/waitFor.ts';
import { demoSite, entryUrl, type NetCluster } from './cluster.ts';
import type { LoadReport, LostRequest } from './visitor.ts';

export interface UnderLoadOptions {
  readonly perSecond: number;
  /** How long each answer takes: some are always under way. */
  readonly answerMs: number;
}

export interface ChangeUnderLoad {
  readonly load: LoadReport;
  readonly changeMs: number;
}

/** A second of load before, the change, and a second of load after it. */
export async function changeUnderLoad(
  { visitor }: NetCluster,
  { perSecond, answerMs }: UnderLoadOptions,
  change: () => Promise<void>,
): Promise<ChangeUnderLoad> {
  const waitForMore = async (): Promise<void> => {
    const { sent } = await visitor.lookAtLoad();
    await waitFor('another second of load', async () => {
      const { answered, lost } = await visitor.lookAtLoad();
      return answered + lost.length >= sent + perSecond;
    });
  };
  const url = `${entryUrl}?delay=${String(answerMs)}`;
  await visitor.startLoad({ url, host: demoSite, perSecond, body: 'a form' });
  try {
    await waitForMore();
    const startMs = performance.now();
    await change();
    const changeMs = performance.now() - startMs;
    await waitForMore();
    return { changeMs, load: await visitor.stopLoad() };
  } catch (error) {
    const { sent, lost } = await visitor.stopLoad();
    const found = `${String(sent)} sent, ${String(lost.length)} lost: ${describeLost(lost)}`;
    throw new Error(`${String(error)}\n${found}`);
  }
}

/** Each kind once: how many, and when the first and the last of them. */
export function describeLost(lost: readonly LostRequest[]): string {
  const kinds = new Map<string, LostRequest[]>();
  for (const one of lost) {
    const kind = `${one.method}, ${one.isKept ? 'kept' : 'own'} connection: ${one.detail}`;
    kinds.set(kind, [...(kinds.get(kind) ?? []), one]);
  }
  return [...kinds]
    .map(([kind, all]) => {
      const [first, last] = [all[0]?.atMs ?? 0, all.at(-1)?.atMs ?? 0];
      return `${String(all.length)} x ${kind} (${String(first)}-${String(last)} ms)`;
    })
    .join('; ');
}
