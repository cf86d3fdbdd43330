/** A redacted journal decides on signatures as the original did, and gives no content away. */
import { describe, expect, it } from 'vitest';
import { initialState } from '../../../reducers/state.ts';
import { encodeState } from '../../../reducers/stateCodec.ts';
import type { JournalItem } from '../../../src/journal/journalItem.ts';
import type { JournalHeader } from '../../../src/journal/segment.ts';
import { redactJournal } from '../../../src/replay/redact/redactJournal.ts';
import { testKey, trustOf } from '../../support/trust.ts';
import { createSignedWorld, textsOf } from '../../support/world/signedWorld.ts';
import { worldSettings } from '../../support/world/world.ts';

const key = testKey(1);

describe('redactJournal', () => {
  it('keeps verdicts, floors and signers, not signatures', async () => {
    const signed = createSignedWorld([key]);
    const { world } = signed;
    signed.publish('web', 5, textsOf('/bin/secret-one'), key);
    await world.settle();
    const old = signed.snapshot('web');
    signed.publish('web', 6, textsOf('/bin/secret-two'), key);
    await world.settle();
    signed.write(old);
    signed.write({ 'web/content': 'command=/bin/secret-three\n' });
    signed.write({ 'web/signature': '{"secret-four"' });
    signed.write({ 'web/content': undefined, 'web/ips': undefined });
    await world.settle();
    signed.unpublish('web', 7, key);
    await world.settle();
    signed.write(old);
    await world.settle();

    const settings = { ...worldSettings, trust: trustOf([key]) };
    const header: JournalHeader = {
      ...{ format: 'supervene-journal', version: 1, supervene: '0', host: 'web1', firstSeq: 1 },
      ...{ atMs: 0, settings, checkpoint: encodeState(initialState) },
    };
    const items: readonly JournalItem[] = [
      { type: 'SegmentBegan', place: 'a', header, gap: undefined },
      { type: 'Records', records: world.records },
    ];
    async function* read(): AsyncGenerator<JournalItem, void, void> {
      yield* await Promise.resolve(items);
    }
    const lines: string[] = [];
    const outcome = await redactJournal(read, {
      begin: (begun) => void lines.push(JSON.stringify(begun)),
      append: (recorded) => void lines.push(JSON.stringify(recorded)),
      close: () => undefined,
    });
    expect(outcome).toMatchObject({ otherPlans: 0, refusal: undefined });
    const plansOf = (texts: readonly string[]) =>
      texts.flatMap((text) => text.match(/E_SIGNATURE_[A-Z]+/g) ?? []);
    const original = world.records.map((recorded) => JSON.stringify(recorded));
    expect(plansOf(lines)).toEqual(plansOf(original));
    expect(plansOf(lines)).toContain('E_SIGNATURE_ROLLBACK');
    const all = lines.join('\n');
    expect(all).not.toContain('secret-');
    const signature = /"signature":"(\w[^"]+)"/.exec((old['web/signature'] ?? '').slice(80))?.[1];
    expect(signature).toHaveLength(88);
    expect(all).not.toContain(signature);
    expect(all).toContain(key.id);
  });
});
