/**
 * When all is well and quiet: an operator stops an app on each host and edits a file, and only what
 * can be seen from outside is judged. The stop has to outlast new content, a restart of supervisord
 * and a new life of the agent; the edit has to be taken back.
 */
import { createRng } from '../kernel/rng.ts';
import type { InvariantName } from '../invariants.ts';
import { drawGoodProgram } from '../script/programs.ts';
import type { Performer } from '../world/perform.ts';
import type { World, WorldHost } from '../world/world.ts';
import { pictureOf } from './picture.ts';

export interface EpilogueDeps {
  readonly world: World;
  readonly performer: Performer;
  /** Every name that may be published. */
  readonly apps: readonly string[];
  readonly complain: (invariant: InvariantName, host: string, detail: string) => void;
  readonly isOver: () => boolean;
}

interface Chosen {
  readonly index: number;
  readonly host: WorldHost;
  /** Runs, and is going to be stopped. */
  readonly stopped: string;
  /** Runs, and its file is going to be edited. */
  readonly edited: string | undefined;
}

/** Longest stop, poll and repair. */
const settleMs = 15_000;
/** supervisord down and up, and everything that is put off by it. */
const restartMs = 40_000;

export async function judgeOperator(deps: EpilogueDeps): Promise<void> {
  const { world, performer, isOver } = deps;
  const { kernel } = world;
  const chosen = world.hosts.flatMap((host, index) => choose(deps, host, index) ?? []);
  const pass = async (ms: number): Promise<void> => kernel.run(kernel.now() + ms, isOver);

  for (const { index, stopped, edited } of chosen) {
    performer.perform({ type: 'Operate', host: index, app: stopped, verb: 'stop' });
    if (edited !== undefined) {
      performer.perform({ type: 'Tamper', host: index, app: edited, how: 'edit' });
    }
  }
  await pass(settleMs);
  expectStopped(deps, chosen, 'although nothing happened');
  for (const { host, edited } of chosen)
    if (edited !== undefined) expectRepaired(deps, host, edited);

  const rng = createRng('epilogue');
  for (const app of new Set(chosen.map(({ stopped }) => stopped))) {
    const value = Buffer.from(drawGoodProgram(rng, 1_000_000)).toString('base64');
    performer.perform({ type: 'PutLeaf', app, leaf: 'content', value });
  }
  for (const { index, host } of chosen) {
    host.killAgent(0, 500);
    performer.perform({ type: 'RestartSupervisord', host: index, forMs: 1_000 });
  }
  await pass(restartMs);
  expectStopped(deps, chosen, 'after new content and restarts');

  for (const { index, stopped } of chosen) {
    performer.perform({ type: 'Operate', host: index, app: stopped, verb: 'start' });
  }
  await pass(settleMs);
  for (const { host, stopped } of chosen) expectRepaired(deps, host, stopped);
}

/** Two apps that run and are as etcd says; undefined when there is none. */
function choose(deps: EpilogueDeps, host: WorldHost, index: number): Chosen | undefined {
  const picture = pictureOf(deps.world, host, deps.apps, deps.performer.operated);
  const running = deps.apps.filter((app) => {
    const ought = picture.oughtOf(app);
    const processes = picture.processesOf(app);
    if (ought.type !== 'Wanted' || ought.fate !== 'Runs' || processes.length === 0) return false;
    return processes.every(({ state }) => state === 'RUNNING');
  });
  const [stopped, edited] = running;
  return stopped === undefined ? undefined : { index, host, stopped, edited };
}

function expectStopped(deps: EpilogueDeps, chosen: readonly Chosen[], when: string): void {
  for (const { host, stopped } of chosen) {
    const picture = pictureOf(deps.world, host, deps.apps, deps.performer.operated);
    const up = picture.processesOf(stopped).filter(({ state }) => state !== 'STOPPED');
    if (up.length === 0) continue;
    const states = up.map(({ id, state }) => `${id} ${state}`).join(', ');
    deps.complain('OperatorStop', host.id, `${states}: an operator had stopped it, ${when}`);
  }
}

/** As etcd says, in its file and in its processes. */
function expectRepaired(deps: EpilogueDeps, host: WorldHost, app: string): void {
  const picture = pictureOf(deps.world, host, deps.apps, deps.performer.operated);
  const ought = picture.oughtOf(app);
  if (ought.type !== 'Wanted') return;
  if (picture.bodyOf(app) !== picture.wantedBodyOf(app, ought.content)) {
    deps.complain('Convergence', host.id, `the file of ${app} is not as etcd says`);
  }
  const down = picture.processesOf(app).filter(({ state }) => state !== 'RUNNING');
  if (down.length === 0) return;
  const states = down.map(({ id, state }) => `${id} ${state}`).join(', ');
  deps.complain('Convergence', host.id, `${states}: an operator had started it`);
}
