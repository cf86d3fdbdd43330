/** Runs the check or the reload of a template; the answer is why it failed, in a line or two. */
import type { SchedulerLike } from 'rxjs';
import type { Hook } from '../../src/domain/template/template.ts';
import type { Environment } from '../drivers/findProgram.ts';
import { runCommand } from '../drivers/runCommand.ts';
import type { RunHook } from './templateKeeper.ts';

const outputMaxBytes = 64 * 1024;
/** What a person reads of it. */
const shownMax = 500;

export function createHookRunner(scheduler: SchedulerLike, env: Environment): RunHook {
  return async (hook: Hook, words, signal) => {
    const [command = '', ...args] = words;
    const outcome = await runCommand(scheduler, {
      ...{ command, args, env, signal, timeoutMs: hook.timeoutMs, outputMaxBytes },
    });
    switch (outcome.type) {
      case 'NotStarted':
        return outcome.detail;
      case 'TimedOut':
        return `${command} did not end within ${String(hook.timeoutMs)} ms, and was ended`;
      case 'Ended': {
        if (outcome.code === 0) return undefined;
        const how = outcome.code === null ? 'by a signal' : `with ${String(outcome.code)}`;
        const said = lastWords(`${outcome.stdout}\n${outcome.stderr}`);
        return `${command} ended ${how}${said === '' ? '' : `: ${said}`}`;
      }
    }
  };
}

/** Its end, on one line, without what a terminal would obey. */
function lastWords(output: string): string {
  const plain = output.replace(/[\p{C}\p{Zl}\p{Zp}\s]+/gu, ' ').trim();
  return plain.length > shownMax ? `…${plain.slice(-shownMax)}` : plain;
}
