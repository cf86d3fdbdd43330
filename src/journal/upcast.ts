/**
 * Where old format versions of the journal become the present one: the only place that knows them.
 *
 * A change of an event or of the header that old journals do not already satisfy raises
 * `formatVersion` and adds one step here, from the version before. Journals are never rewritten:
 * each line is brought up while it is read. `test/golden/version1` is a journal of version 1 that
 * is kept for ever.
 */
import { err, ok, type Result } from '../domain/result.ts';

/** What this supervene writes. */
export const formatVersion = 1;

export interface Upcast {
  readonly from: number;
  /** The header's keys; `version` is set by the caller. */
  readonly header: (fields: ReadonlyMap<string, unknown>) => ReadonlyMap<string, unknown>;
  /** One event, as parsed. */
  readonly event: (event: unknown) => unknown;
}

/** From 1 to 2, from 2 to 3, …; empty while 1 is the only version there ever was. */
export const upcasts: readonly Upcast[] = [];

/** The error completes "line 1: …". */
export function upcastHeader(
  fields: ReadonlyMap<string, unknown>,
  known: readonly Upcast[] = upcasts,
): Result<ReadonlyMap<string, unknown>, string> {
  const steps = stepsFrom(fields.get('version'), known);
  if (!steps.ok) return steps;
  const [first] = steps.value;
  if (first === undefined) return ok(fields);
  const raised = steps.value.reduce((before, step) => step.header(before), fields);
  return ok(new Map([...raised, ['version', newest(known)]]));
}

/** Undefined where there is nothing to bring up: events of the present version. */
export function eventUpcast(
  version: unknown,
  known: readonly Upcast[] = upcasts,
): ((event: unknown) => unknown) | undefined {
  const steps = stepsFrom(version, known);
  if (!steps.ok || steps.value.length === 0) return undefined;
  return (event) => steps.value.reduce((before, step) => step.event(before), event);
}

function stepsFrom(version: unknown, known: readonly Upcast[]): Result<readonly Upcast[], string> {
  const isKnown = typeof version === 'number' && Number.isInteger(version) && version >= 1;
  if (isKnown && version <= newest(known)) return ok(known.slice(version - 1));
  const detail = `format version ${String(version)} is not known to this supervene`;
  return err(`${detail}, which reads up to ${String(newest(known))}`);
}

function newest(known: readonly Upcast[]): number {
  return formatVersion - upcasts.length + known.length;
}
