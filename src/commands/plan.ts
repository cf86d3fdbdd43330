/** `supervene plan`: what the agent of this host would do now. */
import type { CommandRun } from './command.ts';

export const runPlanCommand: CommandRun = async ({ io, settings, options }) => {
  const { runPlan } = await import('../agent/plan.ts');
  return runPlan(
    settings,
    { json: options.has('json') },
    { writeOut: io.writeOut, writeError: io.writeError, hasColours: io.outHasColours },
  );
};
