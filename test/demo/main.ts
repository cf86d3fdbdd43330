/**
 * The demo, started by test/setup/demo.js. Goes on until Ctrl-C; with `--once` it ends by itself:
 * 0 when every step was seen and nothing is left behind, 1 with the reason otherwise.
 */
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Cluster, startCluster } from './cluster.ts';
import { createScreen } from './screen.ts';
import { createStage, type Stage } from './stage.ts';
import { keepLooking, playStory, suggestions } from './story.ts';

const usage = 'usage: npm run demo [-- --once]';
const pauseMs = 4_000;
const refreshMs = 500;

const args = process.argv.slice(2);
const isOnce = args.includes('--once');
const screen = createScreen(process.stdout);
let cluster: Cluster | undefined;
let starting: Promise<Cluster> | undefined;

if (args.some((arg) => arg !== '--once')) {
  console.error(usage);
  process.exitCode = 2;
} else {
  process.exitCode = await main(createStage());
}
// Answers still under way (a page, a process list) need not be waited for.
process.exit();

async function main(stage: Stage): Promise<number> {
  const signal = interruption();
  const played = play(stage);
  const end = await Promise.race([played, signal.then((name) => ({ name }))]);
  screen.leave();
  if ('name' in end) screen.say(`\n${end.name}: ending everything the demo started`);
  if ('error' in end) screen.say(`\nFailed: ${end.error}\n${agentLogs()}`);
  // What is being started now can be stopped only when it has started.
  await Promise.allSettled([starting]);
  const complaints = await stage.clear();
  for (const complaint of complaints) screen.say(complaint);
  if (complaints.length === 0) screen.say('Nothing is left behind.');
  if ('name' in end) return isOnce ? 130 : 0;
  return 'error' in end || complaints.length > 0 ? 1 : 0;
}

async function play(stage: Stage): Promise<{ ok: true } | { error: string }> {
  try {
    screen.say('Starting an etcd, three supervisords and three agents of the demo ...');
    starting = startCluster(stage.onClear);
    cluster = await starting;
    const pause = (): Promise<void> => (isOnce ? Promise.resolve() : sleep(pauseMs));
    await playStory(cluster, screen, { dir: stage.dir, pause });
    if (isOnce) return { ok: true };
    for (const line of suggestions(cluster)) screen.say(line);
    return await keepLooking(cluster, screen, () => sleep(refreshMs));
  } catch (error) {
    return { error: error instanceof Error ? error.message : String(error) };
  }
}

/** The first signal; a second one ends at once, and what was started dies with this process. */
function interruption(): Promise<string> {
  return new Promise((resolve) => {
    for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
      let isSecond = false;
      process.on(name, () => {
        if (isSecond) process.exit(130);
        isSecond = true;
        resolve(name);
      });
    }
  });
}

function agentLogs(): string {
  const logs = cluster?.hosts.map(({ name, agent }) => {
    const lines = agent.output().trim().split('\n').slice(-8);
    return [`-- end of the log of ${name}`, ...lines].join('\n');
  });
  return logs?.join('\n') ?? '';
}
