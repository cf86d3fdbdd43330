import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeProcesses } from '../../../src/clients/processInfo.ts';
import { scanProcesses } from '../../../src/clients/processScanner.ts';
import { decodeReply } from '../../../src/clients/xmlRpc.ts';
import { ok } from '../../../src/domain/result.ts';
import { fcParams } from '../../support/seed.ts';
import { pythonReply, rawProcess } from '../../support/processReply.ts';

const text = fc.oneof(
  fc.string({ unit: 'grapheme' }),
  fc.stringMatching(/^[a-zA-Z0-9_.&<>;'"\]\n\t -]*$/),
  fc.constantFrom('&amp;', '&lt;int&gt;', '</string>', 'é', '漢字', '🐛', ']]>', '__proto__'),
);
const integer = fc.oneof(
  fc.integer(),
  fc.constantFrom(0, 10, 20, 30, 40, 100, 200, 1000, -1, 2_147_483_647),
);
const process = fc
  .record({ group: text, name: text, spawnerr: text, state: integer, pid: integer, start: integer })
  .map((fields) => rawProcess(fields));

function byCodec(reply: string): unknown {
  const decoded = decodeReply('getAllProcessInfo', Buffer.from(reply, 'utf8'));
  return decoded.ok ? decodeProcesses(decoded.value) : decoded;
}

describe('scanProcesses, safety: it never says other than the codec', () => {
  it('reads whatever Python writes as the codec does', () => {
    fc.assert(
      fc.property(fc.array(process, { maxLength: 5 }), (processes) => {
        const reply = pythonReply(processes);
        const scanned = scanProcesses(reply);
        expect(scanned).toBeDefined();
        expect(decodeProcesses(scanned)).toEqual(byCodec(reply));
      }),
      fcParams(300),
    );
  });

  it('reads a damaged reply as the codec does, or leaves it to the codec', () => {
    const damage = fc.record({ at: fc.nat(), length: fc.nat(20), put: text });
    fc.assert(
      fc.property(fc.array(process, { minLength: 1, maxLength: 3 }), damage, (processes, d) => {
        const whole = pythonReply(processes);
        const at = d.at % whole.length;
        // As it would be after its way through UTF-8: a cut may fall inside a surrogate pair.
        const damaged = whole.slice(0, at) + d.put + whole.slice(at + d.length);
        const reply = Buffer.from(damaged, 'utf8').toString('utf8');
        const scanned = scanProcesses(reply);
        if (scanned !== undefined) expect(decodeProcesses(scanned)).toEqual(byCodec(reply));
      }),
      fcParams(500),
    );
  });

  it('leaves a fault and an empty reply to the codec', () => {
    expect(scanProcesses('')).toBeUndefined();
    expect(scanProcesses("<?xml version='1.0'?><methodResponse><fault>")).toBeUndefined();
    expect(decodeProcesses(scanProcesses(pythonReply([])))).toEqual(
      ok({ processes: [], nowSec: 0 }),
    );
  });
});
