/** A redacted journal has the same turns and verdicts, and gives away nothing of what is asked. */
import { describe, expect, it } from 'vitest';
import { reduce } from '../../../reducers/reduce.ts';
import { initialState } from '../../../reducers/state.ts';
import { decodeState, encodeState } from '../../../reducers/stateCodec.ts';
import { turnsOf } from '../../../reducers/turns.ts';
import type { Recorded } from '../../../src/domain/event.ts';
import type { JournalItem } from '../../../src/journal/journalItem.ts';
import type { JournalHeader } from '../../../src/journal/segment.ts';
import { redactJournal } from '../../../src/replay/redact/redactJournal.ts';
import { testKey, trustOf } from '../../support/trust.ts';
import { createSignedWorld, textsOf } from '../../support/world/signedWorld.ts';
import { worldSettings } from '../../support/world/world.ts';

const key = testKey(1);
const rolled = (healthcheck: object): string =>
  JSON.stringify({ maxUnavailable: 1, drain: '1s', healthcheck });
const byUrl = rolled({ url: 'http://127.0.0.1:8088/secret-path?token=secret-token' });
const byCommand = rolled({ command: '/project/check --password secret-word' });

describe('redactJournal', () => {
  it('keeps turns, their failures and their waits, and nothing of the checks', async () => {
    const signed = createSignedWorld([key]);
    const { world } = signed;
    signed.publish('web', 5, { ...textsOf('/bin/one'), rollout: byUrl }, key);
    await world.settle();
    world.faults.unwell.add('web');
    signed.publish('web', 6, { ...textsOf('/bin/two'), rollout: byCommand }, key);
    await world.pass(10_000);
    // In the middle of a turn, with an answer that tells of the check.
    world.dispatch({
      ...{ type: 'HealthChecked', app: 'web' as never, isHealthy: false },
      contentSha256: world.app('web')?.trial?.version.sha256 as never,
      detail: 'secret-word was not taken',
    });
    const cut = world.records.length;
    const checkpoint = encodeState(world.state());
    world.faults.isTurnWithheld = true;
    await world.settle(90_000);
    world.dispatch({ type: 'TurnEnded', app: 'web' as never });
    signed.publish('web', 7, { ...textsOf('/bin/three'), rollout: byCommand }, key);
    const awaited = { type: 'TurnAwaited', app: 'web' as never, wait: 'Others' } as const;
    world.dispatch({ ...awaited, detail: 'web2 asks /project/check --password secret-word' });
    await world.settle();
    signed.write({ 'web/rollout': '{"maxUnavailable":"secret-number"}' });
    await world.settle();

    const settings = { ...worldSettings, trust: trustOf([key]) };
    const headerOf = (firstSeq: number, state: unknown): JournalHeader => ({
      ...{ format: 'supervene-journal', version: 1, supervene: '0', host: 'web1', firstSeq },
      ...{ atMs: 0, settings, checkpoint: state },
    });
    for (const items of [
      [
        { type: 'SegmentBegan', place: 'a', header: headerOf(1, encodeState(initialState)) },
        { type: 'Records', records: world.records },
      ],
      [
        { type: 'SegmentBegan', place: 'b', header: headerOf(cut + 1, checkpoint) },
        { type: 'Records', records: world.records.slice(cut) },
      ],
    ] as unknown as readonly (readonly JournalItem[])[]) {
      async function* read(): AsyncGenerator<JournalItem, void, void> {
        yield* await Promise.resolve(items);
      }
      const begun: JournalHeader[] = [];
      const records: Recorded[] = [];
      const outcome = await redactJournal(read, {
        begin: (header) => void begun.push(header),
        append: (recorded) => void records.push(recorded),
        close: () => undefined,
      });
      expect(outcome).toMatchObject({ otherPlans: 0, refusal: undefined });
      expect(JSON.stringify([begun, records])).not.toMatch(/secret-|\/project\/check/);
      let copy = decodeState(begun[0]?.checkpoint) ?? initialState;
      let state =
        items[0]?.type === 'SegmentBegan' ? decodeState(items[0].header.checkpoint) : undefined;
      const stages = new Set<string>();
      const originals = items.flatMap((item) => (item.type === 'Records' ? item.records : []));
      for (const [index, recorded] of originals.entries()) {
        state = reduce(state ?? initialState, recorded);
        copy = reduce(copy, records[index] ?? recorded);
        const told = turnsOf(copy).map(({ stage, failure }) => ({ stage, code: failure?.code }));
        const were = turnsOf(state).map(({ stage, failure }) => ({ stage, code: failure?.code }));
        expect(told).toEqual(were);
        for (const { stage } of told) stages.add(stage);
      }
      expect([...stages]).toEqual(expect.arrayContaining(['Failed', 'Over', 'Wanted']));
    }
  });
});
