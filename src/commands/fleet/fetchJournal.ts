/** The journal of a host from its agent, without its secrets: `GET /journal`. */
import { setTimeout as sleep } from 'node:timers/promises';
import { type JournalListing, readJournalListing } from '../../domain/journalListing.ts';
import { type Result, err, ok } from '../../domain/result.ts';
import { type AgentRefusal, type AgentReply, type AgentSource, askAgent } from './askAgent.ts';

const pieceBytes = 4 * 1024 * 1024;
const listingMaxBytes = 2 * 1024 * 1024;
/** Far more than a copy has, which is a tenth of its segments. */
const copyMaxBytes = 48 * 1024 * 1024;
/** An agent takes at most a minute, and may have been asked for another one before. */
const makingMaxMs = 90_000;
/** It has waited itself before it says that it is not ready. */
const againMs = 100;

/** As the agent has it: gzip of some segments. */
export interface FetchedCopy {
  /** Undefined: it is the one that is known already. */
  readonly bytes: Buffer | undefined;
  /** The lengths of its segments when it was made: it names the copy. */
  readonly sizes: string;
}

export async function fetchListing(
  source: AgentSource,
): Promise<Result<JournalListing, AgentRefusal>> {
  const reply = await askAgent(source, '/journal', listingMaxBytes);
  if (!reply.ok) return reply;
  const listing = readJournalListing(parsed(reply.value.bytes));
  return listing === undefined ? strange('a listing that no agent gives') : ok(listing);
}

/** Of segments by their first events. An agent may take long to make it: it is asked until it has. */
export async function fetchCopy(
  source: AgentSource,
  firstSeqs: readonly number[],
  known: string | undefined,
  nowMs: () => number = () => performance.now(),
): Promise<Result<FetchedCopy, AgentRefusal>> {
  const begunMs = nowMs();
  const path = `/journal?segments=${firstSeqs.join(',')}`;
  const first = known === undefined ? path : `${path}&not=${known}`;
  for (;;) {
    const reply = await askAgent(source, first, pieceBytes);
    if (reply.ok) {
      const copy = await fetchRest(source, path, reply.value, known);
      // It was let go for others between two pieces.
      if (copy.ok || copy.error.status !== 410) return copy;
    } else if (reply.error.status !== 202) {
      return reply;
    }
    if (nowMs() - begunMs > makingMaxMs) {
      return err({ status: 503, code: '', detail: 'its journal takes too long to read' });
    }
    await sleep(againMs);
  }
}

async function fetchRest(
  source: AgentSource,
  path: string,
  first: AgentReply,
  known: string | undefined,
): Promise<Result<FetchedCopy, AgentRefusal>> {
  const sizes = String(first.headers['x-journal-sizes']);
  const length = Number(first.headers['x-journal-length']);
  if (!/^[\d,]{1,40}$/.test(sizes) || !Number.isSafeInteger(length) || length > copyMaxBytes) {
    return strange('an answer that no agent gives');
  }
  if (sizes === known) return ok({ bytes: undefined, sizes });
  const pieces = [first.bytes];
  for (let offset = first.bytes.length; offset < length;) {
    const query = `&sizes=${sizes}&offset=${String(offset)}`;
    const reply = await askAgent(source, `${path}${query}`, pieceBytes);
    if (!reply.ok) return reply;
    const { bytes } = reply.value;
    if (bytes.length === 0) return strange('less than it said');
    pieces.push(bytes);
    offset += bytes.length;
  }
  return ok({ bytes: Buffer.concat(pieces), sizes });
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
