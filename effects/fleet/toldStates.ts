/**
 * Which states of its apps a host has told already. A new one is what somebody waits for, and is told
 * at once; one that comes again and again, of an app that bounces, can wait.
 */
import type { AppReport, HostReport } from '../../src/domain/fleet/hostReport.ts';

export interface ToldStates {
  /** An app came, went, or is in a state that was hardly ever told of its content. */
  readonly isNews: (report: HostReport) => boolean;
  /** It was written. */
  readonly note: (report: HostReport) => void;
}

interface Told {
  readonly wantedRevision: string | undefined;
  readonly last: string;
  readonly countsByState: Map<string, number>;
}

/** Up and down, and once more: then it bounces. */
const newsMax = 3;

export function createToldStates(): ToldStates {
  const byApp = new Map<string, Told>();
  const isNewsOf = (app: AppReport): boolean => {
    const told = byApp.get(app.app);
    const state = stateOf(app);
    if (told === undefined || told.wantedRevision !== app.wantedRevision) return true;
    return told.last !== state && (told.countsByState.get(state) ?? 0) < newsMax;
  };
  return {
    isNews: ({ apps }) => apps.length < byApp.size || apps.some(isNewsOf),
    note: ({ apps }) => {
      const names = new Set<string>(apps.map(({ app }) => app));
      for (const name of byApp.keys()) if (!names.has(name)) byApp.delete(name);
      for (const app of apps) {
        const { wantedRevision } = app;
        const state = stateOf(app);
        const told = byApp.get(app.app);
        const isSame = told?.wantedRevision === wantedRevision;
        if (isSame && told?.last === state) continue;
        const countsByState = isSame && told !== undefined ? told.countsByState : new Map();
        countsByState.set(state, (countsByState.get(state) ?? 0) + 1);
        byApp.set(app.app, { wantedRevision, last: state, countsByState });
      }
    },
  };
}

function stateOf({ appliedRevision, condition, code }: AppReport): string {
  return `${appliedRevision ?? ''} ${condition} ${code ?? ''}`;
}
