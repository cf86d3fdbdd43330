/** `supervene agent`: makes the log and hands over to the agent. */
import { exitFailed, misuse, tellFault } from './commandIo.ts';
import type { CommandRun } from './command.ts';

export const runAgentCommand: CommandRun = async ({ io, version, settings }) => {
  // Whatever is made without a mode of its own is nobody else's.
  process.umask(0o077);
  const { createLog } = await import('../log/createLog.ts');
  const { level, format } = settings.log;
  const log = createLog({ level, format, hasColours: io.errorHasColours });
  const { configFault } = await import('../agent/configTrust.ts');
  const fault = await configFault(settings);
  if (fault?.isRefused === true) return misuse(io, fault);
  if (fault !== undefined) log.warn({ remedy: fault.remedy }, fault.message);
  const { runAgent } = await import('../agent/agent.ts');
  try {
    return await runAgent(settings, { log, version });
  } catch (error) {
    // A fault in the program: not to be survived, but to be seen whole.
    log.error({ stack: error instanceof Error ? error.stack : undefined }, String(error));
    tellFault(io, { message: 'the agent ended because of a fault of its own; see the log' });
    return exitFailed;
  }
};
