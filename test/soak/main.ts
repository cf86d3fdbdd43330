/**
 * `npm run soak`: simulations from fresh seeds, one after another, until Ctrl-C or for so many minutes.
 * Seeds count upwards from the first one, which is printed; each draws its own size and its own faults.
 * Ends with 1 when anything was violated, and with the command that repeats each.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { availableParallelism } from 'node:os';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { drawSize } from '../../src/simulate/run/drawSize.ts';
import { commandOf } from '../../src/simulate/run/request.ts';
import { readVersion } from '../../src/version.ts';
import { createTally, type SoakReply } from './tally.ts';

const tellEveryMs = 10_000;
/** No seed takes so long: something goes round in circles. */
const seedMaxMs = 900_000;
const workerPath = fileURLToPath(new URL(`./worker${import.meta.url.slice(-3)}`, import.meta.url));

const { values } = parseArgs({
  options: {
    minutes: { type: 'string' },
    from: { type: 'string' },
    workers: { type: 'string' },
  },
});
const minutes = numberOf('minutes', values.minutes, Infinity);
const first = Math.floor(numberOf('from', values.from, randomInt(2 ** 31)));
const workers = Math.floor(
  numberOf('workers', values.workers, Math.min(2, availableParallelism())),
);
await soak();

async function soak(): Promise<void> {
  const tally = createTally(() => performance.now());
  let next = first;
  let isOver = false;
  console.log(
    `supervene ${readVersion()}: soak from seed ${String(first)}, ${String(workers)} workers`,
  );
  const stop = (): void => {
    isOver = true;
  };
  process.once('SIGINT', () => {
    console.log('\nending with the seeds under way; Ctrl-C again ends at once');
    stop();
  });
  const end = minutes === Infinity ? undefined : setTimeout(stop, minutes * 60_000);
  const telling = setInterval(() => console.log(tally.line()), tellEveryMs);
  const work = async (): Promise<void> => {
    let worker: ChildProcess | undefined;
    while (!isOver) {
      const seed = String(next++);
      worker ??= startWorker();
      const reply = await ask(worker, seed);
      if (!worker.connected) worker = undefined;
      const command = commandOf({ ...drawSize(seed), keep: undefined });
      tally.add(reply, command);
      if (reply.failure !== undefined) {
        console.log(`seed ${seed}: ${reply.failure}\n  ${command}`);
      }
    }
    worker?.kill();
  };
  await Promise.all(Array.from({ length: workers }, work));
  clearInterval(telling);
  clearTimeout(end);
  console.log(tally.line());
  for (const command of tally.commands()) console.log(`  ${command}`);
  console.log(`seeds ${String(first)} to ${String(next - 1)}`);
  process.exitCode = tally.commands().length > 0 ? 1 : 0;
}

/** Ctrl-C reaches the whole group: only this process listens to it. */
function startWorker(): ChildProcess {
  return fork(workerPath, { detached: true });
}

/** Whatever becomes of the worker, there is an answer. */
function ask(worker: ChildProcess, seed: string): Promise<SoakReply> {
  return new Promise((resolve) => {
    const answer = (reply: SoakReply): void => {
      clearTimeout(deadline);
      process.off('exit', kill);
      worker.removeAllListeners();
      resolve(reply);
    };
    const kill = (): void => void worker.kill('SIGKILL');
    const fail = (failure: string): void => {
      kill();
      answer({ events: 0, hostMs: 0, failure });
    };
    const deadline = setTimeout(() => fail('it does not come to an end'), seedMaxMs);
    process.on('exit', kill);
    worker.once('message', (reply) => answer(reply as SoakReply));
    worker.once('exit', (code, signal) => fail(`the simulator ended: ${String(code ?? signal)}`));
    worker.once('error', (error) => fail(error.message));
    worker.send(seed);
  });
}

function numberOf(name: string, text: string | undefined, fallback: number): number {
  if (text === undefined) return fallback;
  const value = Number(text);
  if (text !== '' && Number.isFinite(value) && value > 0) return value;
  console.error(`--${name} is a number above 0, not ${JSON.stringify(text)}`);
  return process.exit(2);
}
