/** Bugs in who may change a running app, in what counts as well, and in who says how. */
import type { Mutant } from '../mutant.ts';

const rollouts = ['test/unit/reducers/rollouts.test.ts', 'test/unit/reducers/turns.test.ts'];
const withProperties = [...rollouts, 'test/property/reducersRollouts.property.test.ts'];
const health = ['test/unit/reducers/healthChecks.test.ts'];
const trust = [
  'test/unit/reducers/trust.test.ts',
  'test/unit/reducers/signedRemovals.test.ts',
  'test/unit/domain/trust/statement.test.ts',
];
const codec = ['test/unit/domain/rollout/rolloutCodec.test.ts'];

const decide = 'reducers/decide.ts';
const gate = 'reducers/turnGate.ts';
const turns = 'reducers/turns.ts';
const trial = 'reducers/trial.ts';
const checks = 'reducers/health.ts';

const planted = (
  name: string,
  tests: readonly string[],
  file: string,
  from: string,
  to: string,
): Mutant => ({ name, caughtBy: 'Tests', tests, changes: [{ file, from, to }] });

export const turnMutants: readonly Mutant[] = [
  planted(
    'newer content is written over what runs without a turn',
    withProperties,
    decide,
    'return waitForTurn(scene, version) ?? writeStep(',
    'return writeStep(',
  ),
  planted(
    'a group that runs is stopped for newer content without a turn',
    rollouts,
    decide,
    'waitForTurn(scene, target.version) ?? retry ??',
    'retry ??',
  ),
  planted(
    'what goes is not drained before',
    rollouts,
    'reducers/decideRemoval.ts',
    '  if (draining !== undefined) return draining;\n',
    '',
  ),
  planted(
    'what may go without a slot may be changed without one',
    rollouts,
    gate,
    "app.turn?.kind === 'Change'",
    'app.turn !== undefined',
  ),
  planted(
    'putting back what ran well waits for a turn',
    health,
    gate,
    'return loaded?.isRevised === true || lastGood?.sha256 !== sha256;',
    'return true;',
  ),
  planted(
    'a new text of the same content, made by other settings, needs no turn',
    rollouts,
    gate,
    'loaded?.isRevised === true || ',
    '',
  ),
  planted(
    'what is down waits for a turn',
    rollouts,
    gate,
    "return state === 'RUNNING' || state === 'STARTING' || isAboutTo;",
    'return true;',
  ),
  planted(
    'a supervisord that is started anew lets newer content slip through',
    rollouts,
    gate,
    " || state === 'STARTING' || isAboutTo;",
    " || state === 'STARTING';",
  ),
  planted(
    'nobody looks after what runs while newer content waits',
    rollouts,
    decide,
    'if (kept.turn !== undefined || !isDoing(kept)) return',
    'return',
  ),
  planted(
    'a turn is over while nobody can see what runs',
    rollouts,
    turns,
    "if (supervisor.status !== 'Reachable' || confDir.status !== 'Listed') return false;",
    '',
  ),
  planted(
    'a turn is over before what was changed has proved itself',
    [...rollouts, ...health],
    turns,
    'if (app.trial !== undefined) return isProofOver(app, processes, state.atMs);',
    '',
  ),
  planted(
    'a turn never ends where an operator keeps a part of it stopped',
    rollouts,
    turns,
    "processes.filter(({ state }) => state !== 'STOPPED')",
    'processes',
  ),
  planted(
    'a failure in a turn does not halt the rollout',
    rollouts,
    trial,
    'const told = withTurnFailure(failed, verdict, trial.version);',
    'const told = failed;',
  ),
  planted(
    'the halt of what failed is said of what came after it',
    rollouts,
    turns,
    "failure?.revision ?? (kind === 'Change' ? newest : turn.revision)",
    'newest',
  ),
  planted(
    'a turn that is open is forgotten where nothing is to be done',
    withProperties,
    'reducers/settle.ts',
    '    app.turn === undefined &&\n',
    '',
  ),
  planted(
    'newer content is said to be halted since the one before was',
    rollouts,
    'reducers/desired.ts',
    'isNewContent || turnWait === undefined',
    'turnWait === undefined',
  ),
  planted(
    'running is enough, whatever the health check says',
    health,
    trial,
    '  if (healthcheck !== undefined) return judgeHealth(trial, healthcheck, { isProven, nowMs });\n',
    '',
  ),
  planted(
    'each start of a program that falls over gives it more time',
    health,
    checks,
    'if (trial === undefined || trial.runsSinceMs !== undefined) return app;',
    'if (trial === undefined) return app;',
  ),
  planted(
    'an answer counts for another version than was asked',
    health,
    checks,
    'if (trial?.version.sha256 !== contentSha256) return app;',
    'if (trial === undefined) return app;',
  ),
  planted(
    'what runs and is not well becomes the last good version',
    health,
    'reducers/settle.ts',
    'const isUnwell = better !== undefined && app.unwellSha256 === better.sha256;',
    'const isUnwell = false;',
  ),
  planted(
    'what was not found well is come back to',
    health,
    trial,
    'isPromising && isRunning && isHealthy &&',
    'isPromising && isRunning &&',
  ),
  planted(
    "nobody judges a health check's command",
    health,
    'src/domain/policy/judgeHealthcheck.ts',
    "if (healthcheck?.type !== 'Command') return ok([]);",
    'return ok([]);',
  ),
  planted(
    'a health check may ask any address',
    codec,
    'src/domain/rollout/loopbackUrl.ts',
    'address !== undefined && isOfItsForm && isLoopback(address)',
    'address !== undefined && isOfItsForm',
  ),
  planted(
    'a rollout key that nobody signed is followed',
    trust,
    'reducers/trust.ts',
    'if ((rollout === undefined) !== (rolloutSha256 === undefined)) {',
    'if (rollout === undefined && rolloutSha256 !== undefined) {',
  ),
  planted(
    'the rollout is in the document and not in what is signed',
    trust,
    'src/domain/trust/statement.ts',
    '    ...(rollout === undefined ? [] : [`rollout ${rollout}`]),\n',
    '',
  ),
];
