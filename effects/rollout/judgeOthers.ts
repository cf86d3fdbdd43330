/** Whether so many hosts are out of service with an app that this one has to wait. */
import type { EtcdError } from '../../src/domain/etcdCalls.ts';
import { ok, type Result } from '../../src/domain/result.ts';
import { judgeTurn, type TurnVerdict } from '../../src/domain/rollout/chooseSlot.ts';
import { hostsOutOfService } from '../../src/domain/rollout/outOfService.ts';
import type { Slot, TurnPlaces } from '../../src/domain/rollout/turnPlaces.ts';
import type { AppName, Revision } from '../../src/domain/types.ts';
import { readHostWords } from './hostWords.ts';
import type { Roll } from './roll.ts';

export interface Judging {
  readonly places: TurnPlaces;
  /** Ours; undefined for one that is yet to be taken. */
  readonly slot?: Slot;
  /** No other hosts are looked at. */
  readonly only?: readonly string[];
}

export async function judgeOthers(
  { range, options, self, placementOf }: Roll,
  { app }: { readonly app: AppName },
  { maxUnavailable }: { readonly maxUnavailable: number },
  { places, slot = toBeTaken, only }: Judging,
): Promise<Result<TurnVerdict, EtcdError>> {
  const words = await readHostWords(range, options.fleetPrefix, only);
  if (!words.ok) return words;
  const question = { app, self: self.host, placement: placementOf(app) };
  const out = hostsOutOfService(words.value, question);
  return ok(judgeTurn(places, slot, out, maxUnavailable));
}

/** Later than all that stands there. */
const toBeTaken: Slot = {
  number: 0,
  turn: undefined,
  begun: { record: undefined, modRevision: '9'.repeat(20) as Revision, lease: undefined },
};
