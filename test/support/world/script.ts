/**
 * Random scripts for the model host: what people, etcd, supervisord and the disk may do, and what
 * this test itself knows of operators' stops without asking the code under test.
 */
import { setImmediate } from 'node:timers/promises';
import fc from 'fast-check';
import { createWorld, noSpace, type World, worldSettings } from './world.ts';

export const apps = ['a', 'b', 'c', 'd'] as const;

export type Action =
  | Readonly<{ type: 'Put'; app: string; command: string; extra: string }>
  | Readonly<{ type: 'PutRaw'; app: string; leaves: { ips?: string; content?: string } }>
  | Readonly<{
      type: 'Remove' | 'Stop' | 'StopOne' | 'SurelyStop' | 'Start' | 'Edit' | 'Delete' | 'Retry';
      app: string;
    }>
  | Readonly<{ type: 'RestartAgent' | 'Down' | 'Up' | 'LoseEtcd' | 'List' | 'Confirm' }>
  | Readonly<{ type: 'DiskFull' | 'DiskReadOnly' | 'DiskWell' }>
  | Readonly<{ type: 'CallsFail' | 'CallsWork'; app: string }>
  | Readonly<{ type: 'SeenFirst' | 'SeenAfter' | 'LoseAddress' | 'GainAddress' }>
  | Readonly<{ type: 'ForeignBreaks' | 'ForeignWell' }>
  | Readonly<{ type: 'Die'; after: number }>
  | Readonly<{ type: 'Refuse'; names: 'File' | 'Program' }>
  | Readonly<{ type: 'Settings'; driver: 'rpc' | 'supervisorctl'; isLimited: boolean }>
  | Readonly<{ type: 'Pass'; ms: number }>;

const app = fc.constantFrom(...apps);
const behaviour = fc.constantFrom('ok', 'ok stop-8000', 'fatal', 'flap', 'third-try', 'poison');
export const two = 'numprocs=2\nprocess_name=%(program_name)s_%(process_num)d\n';

const put: fc.Arbitrary<Action> = fc
  .tuple(app, behaviour, fc.nat(3), fc.constantFrom('', 'autostart=false\n', 'startsecs=1\n', two))
  .map(([name, what, n, extra]) => ({
    type: 'Put',
    app: name,
    command: `/bin/${what} ${String(n)}`,
    extra,
  }));

const putRaw: fc.Arbitrary<Action> = fc.record({
  type: fc.constant('PutRaw' as const),
  app,
  leaves: fc.constantFrom(
    { ips: '10.0.0.1' },
    { content: 'command=/bin/ok' },
    { ips: '10.0.0.1', content: '[program:evil]\ncommand=x' },
    { ips: '10.0.0.9', content: 'command=/bin/ok' },
    { ips: '!!', content: 'command=/bin/ok' },
  ),
});

const ofApp = <Type extends Action['type']>(...types: readonly Type[]) =>
  fc.record({ type: fc.constantFrom(...types), app });
const ofHost = <Type extends Action['type']>(...types: readonly Type[]) =>
  fc.record({ type: fc.constantFrom(...types) });
const pass = fc
  .constantFrom(1, 30, 200, 1_500, 12_000)
  .map((ms) => ({ type: 'Pass' as const, ms }));

const die = fc.nat(3).map((after) => ({ type: 'Die' as const, after }));
const refuse = fc
  .constantFrom('File' as const, 'Program' as const)
  .map((names) => ({ type: 'Refuse' as const, names }));
const otherSettings = fc.record({
  type: fc.constant('Settings' as const),
  driver: fc.constantFrom('rpc' as const, 'supervisorctl' as const),
  isLimited: fc.boolean(),
});

const action: fc.Arbitrary<Action> = fc.oneof(
  { weight: 6, arbitrary: put },
  { weight: 1, arbitrary: putRaw },
  { weight: 4, arbitrary: ofApp('Remove', 'Stop', 'Start', 'Edit', 'Delete', 'Retry') },
  { weight: 2, arbitrary: ofApp('StopOne', 'SurelyStop') },
  { weight: 3, arbitrary: ofHost('RestartAgent', 'Down', 'Up', 'LoseEtcd', 'List', 'Confirm') },
  { weight: 2, arbitrary: ofHost('DiskFull', 'DiskReadOnly', 'DiskWell') },
  { weight: 1, arbitrary: ofApp('CallsFail', 'CallsWork') },
  { weight: 1, arbitrary: ofHost('SeenFirst', 'SeenAfter', 'LoseAddress', 'GainAddress') },
  { weight: 1, arbitrary: fc.oneof(ofHost('ForeignBreaks', 'ForeignWell'), refuse) },
  { weight: 2, arbitrary: fc.oneof(die, otherSettings) },
  { weight: 5, arbitrary: pass },
);

export const script = fc.array(action, { maxLength: 25 });

/** What operators did, as far as it is certain what follows from it. */
export interface Operators {
  /** Apps of which somebody stopped something, and was not seen to start all of it since. */
  readonly maybeStopped: Set<string>;
  /** Apps stopped in a quiet moment, with how often they had been started by then. */
  readonly surelyStopped: Map<string, number>;
}

export interface Stage {
  readonly world: World;
  readonly operators: Operators;
}

const isPoison = (file: string): boolean => file.includes('poison');

export function createStage(settings = worldSettings): Stage {
  const world = createWorld(settings, isPoison);
  return { world, operators: { maybeStopped: new Set(), surelyStopped: new Map() } };
}

export async function runScript(
  steps: readonly Action[],
  check?: (stage: Stage, step: Action) => void,
): Promise<Stage> {
  const stage = createStage();
  // Virtual time is all microtasks: in a long search vitest would get no word from its worker.
  await setImmediate();
  for (const step of steps) {
    await act(stage, step);
    check?.(stage, step);
  }
  return stage;
}

export async function act(stage: Stage, step: Action): Promise<void> {
  await change(stage, step);
  const { world, operators } = stage;
  for (const name of operators.surelyStopped.keys()) {
    // A removed app is forgotten, and its stop with it.
    const isThere = world.fileText(name) !== undefined && world.supervisor.loaded.has(name);
    if (!isThere) operators.surelyStopped.delete(name);
  }
}

async function change({ world, operators }: Stage, step: Action): Promise<void> {
  switch (step.type) {
    case 'Put':
      return world.put(step.app, step.command, { extra: step.extra });
    case 'PutRaw':
      operators.surelyStopped.delete(step.app);
      return world.putRaw(step.app, step.leaves);
    case 'Remove':
      operators.surelyStopped.delete(step.app);
      return world.remove(step.app);
    case 'Stop':
    case 'StopOne':
      operators.maybeStopped.add(step.app);
      return world.operator('stop', step.type === 'Stop' ? step.app : firstProcess(world, step));
    case 'SurelyStop':
      return stopForSure({ world, operators }, step.app);
    case 'Start':
      return start({ world, operators }, step.app);
    case 'Edit':
      return world.tamper('edit', step.app);
    case 'Delete':
      return world.tamper('delete', step.app);
    case 'Retry':
      return world.retry(step.app);
    case 'RestartAgent':
      return world.restartAgent();
    case 'Down':
      return world.power(false);
    case 'Up':
      return world.power(true, true);
    case 'LoseEtcd':
      return world.loseEtcd();
    case 'List':
      return world.list();
    case 'Confirm':
      return world.confirm();
    case 'DiskFull':
      world.faults.write = noSpace;
      return;
    case 'DiskReadOnly':
      world.faults.write = world.faults.remove = { type: 'ReadOnly', detail: 'read-only' };
      return;
    case 'DiskWell':
      world.faults.write = world.faults.remove = undefined;
      return;
    case 'SeenFirst':
    case 'SeenAfter':
      world.faults.isSeenFirst = step.type === 'SeenFirst';
      return;
    case 'LoseAddress':
      return world.identify({ addresses: ['10.0.0.2'] });
    case 'GainAddress':
      return world.identify({ addresses: ['10.0.0.1', '10.0.0.2'] });
    case 'ForeignBreaks':
    case 'ForeignWell':
      world.faults.foreign = step.type === 'ForeignBreaks' ? foreignFault : undefined;
      return;
    case 'Refuse':
      world.faults.names = step.names;
      return;
    case 'Die':
      world.faults.diesAfter = step.after;
      await world.pass(100);
      world.faults.diesAfter = undefined;
      return world.restartAgent();
    case 'Settings': {
      const restartLimit = step.isLimited ? { count: 3, windowMs: 15_000 } : undefined;
      const settings = { ...worldSettings, driver: step.driver, restartLimit };
      return world.restartAgent({ settings });
    }
    case 'CallsFail':
    case 'CallsWork':
      for (const faults of callFaults(world)) {
        if (step.type === 'CallsFail') faults.add(step.app);
        else faults.delete(step.app);
      }
      return;
    case 'Pass':
      return world.pass(step.ms);
  }
}

function firstProcess(world: World, { app: name }: { readonly app: string }): string {
  return world.process(name)?.id ?? name;
}

const foreignFault = { file: '/etc/supervisor/conf.d/other.conf', detail: 'bad' };

function callFaults({ faults }: World): readonly Set<string>[] {
  return [faults.stops, faults.starts, faults.updates, faults.idleUpdates];
}

/** Everything that was broken is well again; nobody undoes what an operator did. */
export function heal(world: World): void {
  world.faults.write = world.faults.remove = world.faults.foreign = undefined;
  for (const faults of callFaults(world)) faults.clear();
  world.identify({ addresses: ['10.0.0.1'] });
  world.power(true, true);
  world.list();
  world.confirm();
}

/** In a quiet moment, so that it can only be taken for what it is. */
async function stopForSure({ world, operators }: Stage, name: string): Promise<void> {
  heal(world);
  await world.settle(90_000);
  const before = world.supervisor.list().filter(({ group }) => group === name);
  operators.maybeStopped.add(name);
  world.operator('stop', name);
  await world.settle(30_000);
  const isRunning = before.length > 0 && before.every(({ state }) => state === 'RUNNING');
  const starts = world.supervisor.starts.get(name) ?? 0;
  if (isRunning) operators.surelyStopped.set(name, starts);
}

async function start({ world, operators }: Stage, name: string): Promise<void> {
  operators.surelyStopped.delete(name);
  world.operator('start', name);
  if (!world.supervisor.isUp) return;
  // Long enough to be seen: what nobody saw start is still stopped for all that anybody knows.
  await world.pass(4_000);
  const after = world.supervisor.list().filter(({ group }) => group === name);
  if (after.length > 0 && after.every(({ state }) => state === 'RUNNING')) {
    operators.maybeStopped.delete(name);
  }
}
