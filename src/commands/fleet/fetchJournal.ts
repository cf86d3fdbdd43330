/** The journal of a host from its agent, as it stands there: `GET /journal`. */
import { type JournalListing, readJournalListing } from '../../domain/journalListing.ts';
import { type Result, err, ok } from '../../domain/result.ts';
import { type AgentRefusal, type AgentSource, askAgent, numberOf } from './askAgent.ts';

const pieceBytes = 4 * 1024 * 1024;
const listingMaxBytes = 2 * 1024 * 1024;

export async function fetchListing(
  source: AgentSource,
): Promise<Result<JournalListing, AgentRefusal>> {
  const reply = await askAgent(source, '/journal', listingMaxBytes);
  if (!reply.ok) return reply;
  const listing = readJournalListing(parsed(reply.value.bytes));
  return listing === undefined ? strange('a listing that no agent gives') : ok(listing);
}

/** What stands in it from `from` up to `to`, and fewer bytes where it has been cut since. */
export async function fetchSegment(
  source: AgentSource,
  firstSeq: number,
  { from, to }: { readonly from: number; readonly to: number },
): Promise<Result<Buffer, AgentRefusal>> {
  const pieces: Buffer[] = [];
  for (let offset = from; offset < to;) {
    const length = Math.min(pieceBytes, to - offset);
    const query = `segment=${String(firstSeq)}&offset=${String(offset)}&length=${String(length)}`;
    const reply = await askAgent(source, `/journal?${query}`, pieceBytes);
    if (!reply.ok) return reply;
    const { bytes } = reply.value;
    if (!Number.isSafeInteger(numberOf(reply.value, 'x-journal-size'))) {
      return strange('an answer that no agent gives');
    }
    pieces.push(bytes);
    if (bytes.length === 0) break;
    offset += bytes.length;
  }
  return ok(Buffer.concat(pieces));
}

function parsed(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch {
    return undefined;
  }
}

function strange(detail: string): Result<never, AgentRefusal> {
  return err({ status: 200, code: '', detail });
}
