/** What the agent on this host would do now. Touches nothing. */
import type { Settings } from '../settings/settings.ts';

export interface PlanIo {
  readonly writeOut: (text: string) => void;
  readonly writeError: (text: string) => void;
  /** Colours are welcome on standard output. */
  readonly hasColours: boolean;
}

/** Exit code: 0 nothing to do, 1 could not find out, 3 something to do. */
export async function runPlan(
  settings: Settings,
  options: { readonly json: boolean },
  io: PlanIo,
): Promise<number> {
  io.writeError(`${settings.host.id}: plan is not built yet (json: ${options.json})\n`);
  return Promise.resolve(1);
}
