/** `--redact DIR`: a copy fit for a bug report. */
import { exitDone, misuse } from '../../commands/commandIo.ts';
import type { ReplayInput } from '../replayInput.ts';

export function replayRedact({ io }: ReplayInput): Promise<number> {
  return Promise.resolve(misuse(io, { message: 'later' }) + exitDone);
}
