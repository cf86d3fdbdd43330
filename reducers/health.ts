/**
 * The health of a changed app: who is to be asked now, and what was answered. Running is not
 * enough where the app's rollout names a check; the verdict is `judgeTrial`'s.
 */
import { withDefaults } from '../src/domain/content/renderApp.ts';
import type { Event } from '../src/domain/event.ts';
import type { HealthWish } from '../src/domain/rollout/healthWish.ts';
import type { ProcessStatus } from '../src/domain/types.ts';
import { type Editing, editApp } from './editing.ts';
import { mapGet } from './persistentMap.ts';
import { type AppState, asAppName, type Trial } from './appState.ts';
import type { State } from './state.ts';
import { haveRun, healthcheckOf } from './trial.ts';
import { decideUnsettled } from './unsettled.ts';

/** Which apps are to be asked now; sorted by app. Looks only at what is unsettled. */
export function healthChecksOf(state: State): readonly HealthWish[] {
  return decideUnsettled(state).flatMap(({ app }) => wishOf(state, app) ?? []);
}

function wishOf(state: State, app: AppState): HealthWish | undefined {
  const { settings, groups } = state;
  const { trial } = app;
  const processes = mapGet(groups, app.name) ?? [];
  const healthcheck = healthcheckOf(app, processes);
  if (settings === undefined || trial === undefined || healthcheck === undefined) return undefined;
  if (!isAskable(state, app, processes) || trial.health?.isHealthy === true) return undefined;
  const { timeoutMs, ...probe } = healthcheck;
  const options = withDefaults(new Map(trial.version.options), settings.programDefaults);
  const { runsSinceMs } = trial;
  return {
    app: asAppName(app),
    contentSha256: trial.version.sha256,
    probe,
    untilMs: runsSinceMs === undefined ? undefined : runsSinceMs + timeoutMs,
    program: {
      user: options.get('user'),
      directory: options.get('directory'),
      environment: options.get('environment'),
    },
    processes: processes
      .filter(({ state: at }) => at === 'RUNNING')
      .map(({ id, pid }) => ({ id, pid })),
  };
}

/** What is asked is what is on trial, and not something of before. */
function isAskable(
  { supervisor }: State,
  app: AppState,
  processes: readonly ProcessStatus[],
): boolean {
  const { trial, loaded, hold } = app;
  if (trial?.isSeen !== true || loaded?.versionSha256 !== trial.version.sha256) return false;
  if (supervisor.status !== 'Reachable' || hold?.isWhole === true) return false;
  return processes.length > 0 && haveRun(app, trial, processes);
}

export function onHealthChecked(
  editing: Editing,
  event: Extract<Event, { type: 'HealthChecked' }>,
) {
  const { app: name, contentSha256, isHealthy, detail } = event;
  editApp(editing, name, (app) => {
    const { trial } = app;
    // An answer may come when nobody waits for it any more.
    if (trial?.version.sha256 !== contentSha256) return app;
    return { ...app, trial: { ...trial, health: { isHealthy, detail } } };
  });
}

/** The time in which it has to be found well begins when it runs, and only once. */
export function noteRunning(
  state: State,
  app: AppState,
  processes: readonly ProcessStatus[],
): AppState {
  const { trial } = app;
  if (trial === undefined || trial.runsSinceMs !== undefined) return app;
  if (healthcheckOf(app, processes) === undefined || !isAskable(state, app, processes)) return app;
  const begun: Trial = { ...trial, runsSinceMs: state.atMs };
  return { ...app, trial: begun };
}
