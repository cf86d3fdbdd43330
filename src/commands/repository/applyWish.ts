/** What `supervene apply` is asked for. */
import { type Result, err, ok } from '../../domain/result.ts';
import type { CommandInput } from '../command.ts';
import type { Fault } from '../commandIo.ts';
import { readWaitMs } from '../fleet/waitForHosts.ts';
import { readRecordWish, type RecordWish } from '../recordChange.ts';
import { readSigningWish, type SigningWish } from '../signing.ts';

export interface ApplyWish {
  readonly dir: string;
  readonly isPruned: boolean;
  readonly areRemovalsAllowed: boolean;
  readonly isDryRun: boolean;
  readonly isJson: boolean;
  /** The plan without the texts, which may be secret. */
  readonly isSummary: boolean;
  readonly unknownOptions: 'warn' | 'refuse';
  readonly signing: SigningWish;
  readonly record: RecordWish | undefined;
  /** Undefined: nothing is waited for. */
  readonly waitMs: number | undefined;
}

export function readApplyWish({ io, args, options }: CommandInput): Result<ApplyWish, Fault> {
  const signing = readSigningWish(options);
  if (!signing.ok) return signing;
  const record = readRecordWish(io, options, 'apply', Date.now());
  if (!record.ok) return record;
  const waitMs = readWaitMs(options);
  if (!waitMs.ok) return waitMs;
  if (options.has('allow-removals') && !options.has('prune')) {
    return err({ message: '--allow-removals is for --prune', remedy: 'give --prune too' });
  }
  return ok({
    dir: args[0] ?? '',
    isPruned: options.has('prune'),
    areRemovalsAllowed: options.has('allow-removals'),
    isDryRun: options.has('dry-run'),
    isJson: options.has('json'),
    isSummary: options.has('summary'),
    unknownOptions: options.has('allow-unknown') ? 'warn' : 'refuse',
    signing: signing.value,
    record: record.value,
    waitMs: waitMs.value,
  });
}
