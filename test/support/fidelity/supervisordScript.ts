/** Random scripts for a pair of supervisords: steps as data, drawn, carried out and compared. */
import { createRng, type Rng } from '../../../src/simulate/kernel/rng.ts';
import { waitFor } from '../waitFor.ts';
import {
  asLists,
  behave,
  type ConfEntry,
  createViews,
  killReal,
  modelCall,
  type Pair,
  realCall,
  settle,
  startBoth,
  startPair,
} from './supervisordPair.ts';

export type Step =
  | Readonly<{ type: 'Put'; file: string; entry: ConfEntry | undefined }>
  | Readonly<{ type: 'Reread' }>
  | Readonly<{ type: 'Update'; names: readonly string[] }>
  /** SIGKILL for supervisorctl once it waits for a process to stop. */
  | Readonly<{ type: 'UpdateKilled'; names: readonly string[] }>
  /** Asks for a stop and updates while it goes on. */
  | Readonly<{ type: 'StopAndUpdate'; id: string; names: readonly string[] }>
  | Readonly<{ type: 'Stop' | 'Start' | 'KillChild'; id: string }>
  | Readonly<{ type: 'Add' | 'Remove' | 'StartGroup'; group: string }>
  | Readonly<{ type: 'Restart'; how: 'Rpc' | 'Term' | 'Kill' }>;

const groups = ['a', 'b', 'c', 'd'];
const ids = ['a:a', 'b:b', 'c:c_0', 'c:c_1', 'd:one', 'd:two', 'x:x', 'a:b', 'e:e'];

export function drawScript(seed: string): { confs: Map<string, string>; steps: readonly Step[] } {
  const rng = createRng(seed);
  const confs = new Map(
    groups.filter(() => rng.chance(0.6)).map((name) => [`${name}.conf`, drawConf(rng, name)]),
  );
  const steps: Step[] = [];
  for (let count = 4 + rng.below(5); count > 0; count--) steps.push(...drawSteps(rng));
  return { confs, steps: [...steps, { type: 'Reread' }, { type: 'Update', names: [] }] };
}

function drawSteps(rng: Rng): readonly Step[] {
  const group = rng.pick(groups);
  const file = `${group}.conf`;
  const put: Step = { type: 'Put', file, entry: drawConf(rng, group) };
  const draw = rng.below(20);
  if (draw < 5) return [put, { type: 'Update', names: drawNames(rng, group) }];
  if (draw < 6) return [put, { type: 'Reread' }];
  if (draw < 7) return [{ type: 'Put', file, entry: undefined }];
  if (draw < 8) {
    const unreadable = rng.pick(['Directory', 'DanglingLink'] as const);
    return [{ type: 'Put', file, entry: { unreadable } }, { type: 'Reread' }];
  }
  if (draw < 10) {
    const broken = rng.pick([file, 'z.conf']);
    const mend: Step =
      broken === file ? put : { type: 'Put', file: 'z.conf', entry: rng.pick(foreign) };
    return [
      { type: 'Put', file: broken, entry: rng.pick(brokenTexts) },
      rng.chance(0.7) ? { type: 'Reread' } : { type: 'Update', names: [group] },
      ...(rng.chance(0.9) ? [mend] : []),
    ];
  }
  if (draw < 12) return [{ type: rng.pick(['Stop', 'Start'] as const), id: rng.pick(ids) }];
  if (draw < 13) return [{ type: 'KillChild', id: rng.pick(ids) }];
  if (draw < 15) {
    const type = rng.pick(['Add', 'Remove', 'StartGroup'] as const);
    return [{ type, group: rng.pick([...groups, 'x']) }];
  }
  if (draw < 17) return [put, { type: 'UpdateKilled', names: drawNames(rng, group) }, { ...put }];
  if (draw < 18) return [put, { type: 'StopAndUpdate', id: idOf(group), names: [group, 'b'] }];
  if (draw < 19) return [{ type: 'Update', names: drawNames(rng, group) }];
  return [{ type: 'Restart', how: rng.pick(['Rpc', 'Term', 'Kill'] as const) }];
}

const idOf = (group: string): string => ids.find((id) => id.startsWith(`${group}:`)) ?? '';

function drawNames(rng: Rng, group: string): readonly string[] {
  if (rng.chance(0.2)) return [];
  return [group, ...groups.filter((name) => name !== group && rng.chance(0.3))].concat(
    rng.chance(0.1) ? ['ghost'] : [],
  );
}

const commands = [
  `${behave}`,
  `${behave} stop=300`,
  `${behave} stop=ignore`,
  `${behave} run=3500 exit=0`,
  `${behave} run=3500 exit=3`,
  `${behave} run=100 exit=1`,
  '/no/such/program',
  '/etc/passwd',
  'sh -c "no closing',
  'true',
  `${behave} run=forever %(program_name)s`,
];

function drawConf(rng: Rng, group: string): string {
  const programs = group === 'd' ? ['one', 'two'] : [group];
  const header = `[group:${group}]\nprograms=${programs.join(',')}\npriority=${String(rng.pick([20, 999]))}\n`;
  const isPlain = group === 'b' && rng.chance(0.5);
  return (
    (rng.chance(0.2) ? '; a comment\n' : '') +
    (isPlain ? '' : header) +
    programs.map((name) => drawProgram(rng, name)).join('\n')
  );
}

function drawProgram(rng: Rng, name: string): string {
  const command = rng.pick(commands);
  const options = [
    `command=${command}`,
    `startsecs=${String(rng.pick([0, isShort(command) ? 9 : 1]))}`,
    'startretries=1',
    `stopwaitsecs=${String(rng.pick([1, 1, 2, slowStopSecs]))}`,
    `autorestart=${mayRestart(command) ? rng.pick(['true', 'unexpected', 'false']) : 'false'}`,
  ];
  if (name === 'c') options.push('numprocs=2', 'process_name=%(program_name)s_%(process_num)d');
  const extra = ['autostart=false', 'priority=5', 'stopsignal=INT', 'exitcodes=0,3', 'user=root'];
  extra.push('environment=A="1",B="%(program_name)s"', 'stdout_logfile=NONE');
  if (!isShort(command)) extra.push('startsecs = 1 ; one');
  extra.push('redirect_stderr=true', 'unknown=1', 'umask=022', 'stopasgroup=true', '; a comment');
  for (const option of extra) if (rng.chance(0.12)) options.push(option);
  return `[program:${name}]\n${options.join('\n')}\n`;
}

/**
 * It must end long before its startsecs, or have none: supervisord may see the end a second late
 * (`isReapedLate`), and nothing tells the model when it does.
 */
function isShort(command: string): boolean {
  return command === 'true' || command.includes('run=100 ');
}

/** A stop with time enough to do something meanwhile. */
const slowStopSecs = 7;

/** Of those that end by themselves with startsecs=0 none may start again and again. */
function mayRestart(command: string): boolean {
  return !/run=\d|true/.test(command);
}

const foreign = ['[program:x]\ncommand=sleep 1000\nstartsecs=0\n', '[nothing]\nkey=value\n', ''];

const program = '[program:x]\ncommand=sleep 1000\n';
export const brokenTexts: readonly string[] = [
  'hello\n',
  'key=value\n[program:x]\ncommand=x\n',
  `${program}no delimiter\n=nothing before\n`,
  `${program}\n\n\n\n\n\n\n\n\n  deep\nbad line ' with "quotes"`,
  '[program:x]\nautostart=true\n',
  `${program}startsecs=abc\n`,
  `${program}autostart=maybe\n`,
  `${program}autorestart=Perhaps\n`,
  `${program}stopsignal=NONE\n`,
  `${program}stopsignal=99\n`,
  `${program}exitcodes=0,256\n`,
  `${program}exitcodes=0,x\n`,
  `${program}umask=999\n`,
  `${program}user=no-such-user\n`,
  `${program}user=12345678\n`,
  `${program}stdout_logfile=/no/such/dir/x.log\n`,
  `${program}stdout_logfile_maxbytes=1XB\n`,
  `${program}numprocs=2\n`,
  `${program}process_name=a b\n`,
  `${program}stopasgroup=true\nkillasgroup=false\n`,
  `${program}environment=A\n`,
  `${program}environment=A="1\n`,
  '[program:x]\ncommand=date +%Y\n',
  '[program:x]\ncommand=echo 100%\n',
  '[program:x]\ncommand=echo %(open\n',
  '[program:x]\ncommand=echo %d\n',
  '[program:x]\ncommand=echo %(ENV_NO_SUCH_VARIABLE)s\n',
  '[program:a b]\ncommand=x\n',
  '[program:a:b]\ncommand=x\n',
  '[group:g]\nprograms=nope\n',
  `[group:g]\nprograms=x,nope\n${program}`,
  '[group:g]\npriority=low\n',
];

/** Throws where the two differ, with the steps so far. */
export async function runScript(seed: string): Promise<void> {
  const { confs, steps } = drawScript(seed);
  const done: string[] = [`conf files: ${JSON.stringify([...confs], undefined, 1)}`];
  const pair = await startPair(confs);
  try {
    const views = createViews(pair);
    await settle(pair, views);
    for (const step of steps) {
      done.push(JSON.stringify(step));
      const isOver = await runStep(pair, step);
      if (isOver) return;
      await settle(pair, views);
    }
  } catch (error) {
    throw new Error(`script ${seed}\n${done.join('\n')}\n${String(error)}`, { cause: error });
  } finally {
    await pair.end();
  }
}

/** True when nothing can follow. */
async function runStep(pair: Pair, step: Step): Promise<boolean> {
  const { model, real } = pair;
  const calls = model.calls;
  switch (step.type) {
    case 'Put':
      pair.put(step.file, step.entry);
      return false;
    case 'Reread':
      same(asLists(calls.reloadConfig()), await realCall(real.rpc('reloadConfig')));
      return false;
    case 'Update':
      await update(pair, step.names);
      return false;
    case 'UpdateKilled':
      await killUpdate(pair, step.names);
      return false;
    case 'StopAndUpdate':
      same(
        modelCall(calls.stopProcess(step.id, 'test')),
        await realCall(real.rpc('stopProcess', step.id, false)),
      );
      // A child that just dies may be dead or not when it is looked at.
      if (isChanging(model, step.id) && !isSlow(pair)) return false;
      await update(pair, step.names);
      return false;
    case 'Stop':
    case 'Start': {
      const method = step.type === 'Stop' ? 'stopProcess' : 'startProcess';
      same(
        modelCall(calls[method](step.id, 'test')),
        await realCall(real.rpc(method, step.id, false)),
      );
      return false;
    }
    case 'KillChild':
      same(String(model.killChild(step.id, 'test')), String(await killReal(pair, step.id)));
      return false;
    case 'Add':
      same(
        modelCall(calls.addProcessGroup(step.group)),
        await realCall(real.rpc('addProcessGroup', step.group)),
      );
      return false;
    case 'Remove':
      same(
        modelCall(calls.removeProcessGroup(step.group)),
        await realCall(real.rpc('removeProcessGroup', step.group)),
      );
      return false;
    case 'StartGroup': {
      const reply = modelCall(calls.startProcessGroup(step.group, 'test'));
      const realReply = await realCall(real.rpc('startProcessGroup', step.group, false));
      same(
        reply.startsWith('10') ? reply : 'done',
        realReply.startsWith('10') ? realReply : 'done',
      );
      return false;
    }
    case 'Restart':
      return restart(pair, step.how);
  }
}

function isChanging(model: Pair['model'], id?: string): boolean {
  return model.list().some((each) => each.state === 'STOPPING' && (id ?? each.id) === each.id);
}

/** Nothing will be different for a while, however slow the machine is. */
function isSlow(pair: Pair): boolean {
  const dueMs = pair.model.nextDueMs();
  return dueMs === undefined || dueMs - pair.kernel.now() > (slowStopSecs - 1) * 1000 - 500;
}

async function update(pair: Pair, names: readonly string[]): Promise<void> {
  const both = startBoth(pair, names);
  while (both.modelEnd() === undefined) await pair.pass(100);
  const realEnd = await both.realEnd;
  same(both.modelEnd() ?? '', realEnd);
}

async function killUpdate(pair: Pair, names: readonly string[]): Promise<void> {
  const both = startBoth(pair, names);
  while (both.modelEnd() === undefined && !isChanging(pair.model)) await pair.pass(10);
  // One that stops soon may not be seen doing it; then both go on to their end.
  if (both.modelEnd() !== undefined || !isSlow(pair)) {
    while (both.modelEnd() === undefined) await pair.pass(100);
    same(both.modelEnd() ?? '', await both.realEnd);
    return;
  }
  await waitFor('the real one to stop something', async () =>
    (await pair.real.processes()).some(({ statename }) => statename === 'STOPPING'),
  );
  both.real.kill('SIGKILL');
  both.model.kill();
  await both.realEnd;
}

async function restart(pair: Pair, how: 'Rpc' | 'Term' | 'Kill'): Promise<boolean> {
  const { model, real } = pair;
  const start = async (): Promise<boolean> => {
    const isUp = model.reachability() === 'Answers' || model.start().ok;
    const failed = await real.restart().then(
      () => undefined,
      (error: unknown) => String(error),
    );
    same(isUp ? 'is up' : 'ended', failed === undefined ? 'is up' : failed.slice(0, 0) + 'ended');
    return !isUp;
  };
  if (how === 'Kill') {
    model.kill();
    await real.kill();
    return start();
  }
  if (how === 'Term') {
    model.terminate();
    while (model.reachability() === 'Answers') await pair.pass(100);
    return start();
  }
  const before = model.fingerprint();
  same(modelCall(model.calls.restart()), 'true');
  for (
    let i = 0;
    i < 100 && (model.fingerprint() === before || model.fingerprint() === 'socket-none');
    i++
  ) {
    await pair.pass(100);
  }
  const isUp = model.reachability() === 'Answers';
  if (isUp) {
    await real.rpcRestart();
    return false;
  }
  await realCall(real.rpc('restart'));
  await waitFor('the real one to end', () => real.managedPids().length === 0 && !isAlive(real.pid));
  return true;
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

function same(model: string, real: string): void {
  if (model !== real) throw new Error(`they answer differently\nmodel: ${model}\nreal:  ${real}`);
}
