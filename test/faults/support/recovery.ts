/**
 * How long it took until all was well again: waited for with plenty of time, measured for the report.
 *
 * A test never fails because a machine is slow; but what takes more than ten times its bound is no
 * recovery. With SUPERVENE_FAULT_REPORT=FILE each measurement is appended there as a line of JSON,
 * `{"row","boundMs","tookMs"}`; docs/reliability.md is written from such a file.
 */
import { appendFileSync } from 'node:fs';
import process from 'node:process';
import { waitFor } from '../../support/waitFor.ts';

/**
 * `row` is that of the table of faults, `A2`; `healedAtMs` is what `performance.now()` said when the
 * fault ended. Gives how long it took, in milliseconds.
 */
export async function expectRecovery(
  row: string,
  boundMs: number,
  healedAtMs: number,
  isWell: () => boolean | Promise<boolean>,
): Promise<number> {
  await waitFor(`recovery from ${row}`, isWell, { timeoutMs: boundMs * 10, intervalMs: 20 });
  const tookMs = Math.round(performance.now() - healedAtMs);
  const path = process.env['SUPERVENE_FAULT_REPORT'];
  if (path !== undefined) appendFileSync(path, `${JSON.stringify({ row, boundMs, tookMs })}\n`);
  return tookMs;
}
