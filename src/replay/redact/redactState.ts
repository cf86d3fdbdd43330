/** A state without secrets, for the checkpoint that a redacted journal begins with. */
import { reviseVersion } from '../../../reducers/interpret.ts';
import type { Floor, Floors } from '../../../reducers/floors.ts';
import { mapEntries, mapFrom } from '../../../reducers/persistentMap.ts';
import {
  type AppState,
  asAppName,
  type Attempt,
  type Desired,
  type FileState,
  type Version,
} from '../../../reducers/appState.ts';
import type { State } from '../../../reducers/state.ts';
import type { DecisionSettings } from '../../domain/event.ts';
import type { Problem } from '../../domain/types.ts';
import type { Placeholders } from './placeholders.ts';
import { redactEntry, redactName } from './redactContent.ts';
import { redactError, redactProcess, redactSettings, type Redaction } from './redactEvent.ts';
import { redactOptions } from './redactOption.ts';
import { redactRefusal } from './redactRefusal.ts';
import { redactHealthcheck, redactRollout } from './redactRollout.ts';

export function redactState(state: State, redaction: Redaction): State {
  const { placeholders } = redaction;
  const { scrub } = placeholders;
  const { source, supervisor, confDir } = state;
  const settings =
    state.settings === undefined ? undefined : redactSettings(state.settings, placeholders);
  const { refusal, error } = supervisor;
  const rename = <V>([name, value]: readonly [string, V]) =>
    [redactName(name, placeholders), value] as const;
  return {
    ...state,
    settings,
    source: {
      ...source,
      lost:
        source.lost === undefined
          ? undefined
          : { ...source.lost, detail: scrub(source.lost.detail) },
    },
    supervisor: {
      ...supervisor,
      error: error === undefined ? undefined : redactError(error, placeholders),
      refusal:
        refusal === undefined
          ? undefined
          : { ...refusal, detail: scrub(redactRefusal(refusal.detail)) },
      attempt: redactAttempt(supervisor.attempt, placeholders),
    },
    confDir: { ...confDir, detail: scrub(confDir.detail) },
    groups: mapFrom(
      [...mapEntries(state.groups)].map(
        ([name, all]) => [name, all.map((each) => redactProcess(each, redaction))] as const,
      ),
    ),
    appsByName: mapFrom(
      [...mapEntries(state.appsByName)].map(([, app]) => {
        const redacted = redactApp(app, settings, redaction);
        return [redacted.name, redacted] as const;
      }),
    ),
    floors: redactFloors(state.floors, redaction),
    unsettled: mapFrom([...mapEntries(state.unsettled)].map(rename)),
    quiet: {
      ...state.quiet,
      waiting: state.quiet.waiting.map((name) => redactName(name, placeholders)),
    },
  };
}

export function redactFloors({ byApp, dropped }: Floors, { hash }: Redaction): Floors {
  const redacted = [...mapEntries(byApp)].map(([app, floor]): readonly [string, Floor] => {
    const { ipsSha256, contentSha256, rolloutSha256 } = floor;
    if (ipsSha256 === undefined || contentSha256 === undefined) return [app, floor];
    const rollout = rolloutSha256 === undefined ? {} : { rolloutSha256: hash(rolloutSha256) };
    const texts = { ipsSha256: hash(ipsSha256), contentSha256: hash(contentSha256) };
    return [app, { ...floor, ...texts, ...rollout }];
  });
  return { byApp: mapFrom(redacted), dropped };
}

/** The same options without their secrets; its hashes are those of the redacted texts. */
export function redactVersion(
  app: AppState,
  version: Version,
  settings: DecisionSettings | undefined,
  placeholders: Placeholders,
): Version {
  const options = redactOptions(asAppName(app), version.options, placeholders);
  const { healthcheck } = version;
  const checked =
    healthcheck === undefined ? {} : { healthcheck: redactHealthcheck(healthcheck, placeholders) };
  const redacted = { ...version, options, ...checked };
  return settings === undefined ? redacted : reviseVersion(asAppName(app), redacted, settings);
}

function redactApp(
  app: AppState,
  settings: DecisionSettings | undefined,
  { placeholders, hash }: Redaction,
): AppState {
  const { scrub } = placeholders;
  const version = (each: Version | undefined): Version | undefined =>
    each === undefined ? undefined : redactVersion(app, each, settings, placeholders);
  const desired = redactDesired(app, app.desired, settings, placeholders);
  const { loaded, probe, trial, lastWrite, failure, acceptedSha256 } = app;
  return {
    ...app,
    ...redactTurn(app, { placeholders, hash }),
    name: redactName(app.name, placeholders),
    entry: app.entry === undefined ? undefined : redactEntry(app.entry, placeholders),
    desired,
    released:
      app.released === app.desired
        ? desired
        : redactDesired(app, app.released, settings, placeholders),
    file: redactFileState(app.file, { placeholders, hash }),
    written: version(app.written),
    lastGood: version(app.lastGood),
    loaded:
      loaded === undefined
        ? undefined
        : {
            ...loaded,
            fileSha256: hash(loaded.fileSha256),
            versionSha256: hash(loaded.versionSha256),
          },
    acceptedSha256: acceptedSha256 === undefined ? undefined : hash(acceptedSha256),
    probe: probe === undefined ? undefined : { ...probe, sha256: hash(probe.sha256) },
    quarantines: app.quarantines.map((each) => ({
      ...each,
      sha256: hash(each.sha256),
      reason: scrub(each.reason),
    })),
    trial:
      trial === undefined
        ? undefined
        : {
            ...trial,
            version: redactVersion(app, trial.version, settings, placeholders),
            ...(trial.health === undefined
              ? {}
              : { health: { ...trial.health, detail: scrub(trial.health.detail) } }),
          },
    failure: failure === undefined ? undefined : scrub(failure),
    attempt: redactAttempt(app.attempt, placeholders),
    lastWrite:
      lastWrite === undefined ? undefined : { ...lastWrite, sha256: hash(lastWrite.sha256) },
  };
}

/** What is there only where hosts take turns, or are asked for their health. */
function redactTurn(
  { rollout, turn, turnWait, unwellSha256 }: AppState,
  { placeholders, hash }: Redaction,
): Partial<AppState> {
  const { scrub } = placeholders;
  const failure = turn?.failure && { ...turn.failure, reason: scrub(turn.failure.reason) };
  return {
    ...(rollout === undefined ? {} : { rollout: redactRollout(rollout, placeholders) }),
    ...(turn === undefined || failure === undefined ? {} : { turn: { ...turn, failure } }),
    ...(turnWait === undefined
      ? {}
      : { turnWait: { ...turnWait, detail: scrub(turnWait.detail) } }),
    ...(unwellSha256 === undefined ? {} : { unwellSha256: hash(unwellSha256) }),
  };
}

function redactDesired(
  app: AppState,
  desired: Desired,
  settings: DecisionSettings | undefined,
  placeholders: Placeholders,
): Desired {
  if (desired.type === 'Wanted') {
    return {
      ...desired,
      version: redactVersion(app, desired.version, settings, placeholders),
      ...(desired.rollout === undefined
        ? {}
        : { rollout: redactRollout(desired.rollout, placeholders) }),
      warnings: desired.warnings.map((problem) => redactProblem(problem, placeholders)),
    };
  }
  if (desired.type !== 'Refused') return desired;
  const problems = desired.problems.map((problem) => redactProblem(problem, placeholders));
  return { ...desired, problems };
}

/** What stands in quotation marks was quoted from the content. */
function redactProblem(problem: Problem, { scrub }: Placeholders): Problem {
  const message = scrub(problem.message.replaceAll(/"(?:[^"\\]|\\.)*"/g, '"[redacted]"'));
  return { ...problem, message, remedy: scrub(problem.remedy) };
}

function redactFileState(
  file: FileState | undefined,
  { placeholders, hash }: Redaction,
): FileState | undefined {
  if (file === undefined) return undefined;
  return file.type === 'Ours'
    ? { ...file, sha256: hash(file.sha256) }
    : { ...file, detail: placeholders.scrub(file.detail) };
}

function redactAttempt(attempt: Attempt | undefined, { scrub }: Placeholders): Attempt | undefined {
  return attempt === undefined ? undefined : { ...attempt, detail: scrub(attempt.detail) };
}
