/**
 * The bench of the console: how long a change takes to its pages, and what the console needs for
 * that; with a small fleet and a large one, side by side. Exit code 0 when it could measure.
 */
import { availableParallelism, cpus, loadavg } from 'node:os';
import process from 'node:process';
import { parseArgs } from 'node:util';
import { layOutRuns, type Run } from '../fleet/figure.ts';
import { measureConsole } from './measureConsole.ts';
import { measureScrolling } from './measureScrolling.ts';

process.setMaxListeners(0);

const usage = `usage: npm run bench:console -- [options]
  --hosts N        hosts of the large fleet, 1000 by default
  --apps N         apps on each host, 50 by default
  --pages N        open pages, 50 by default
  --rate N         changes in a second, 100 by default
  --minutes N      how long the large fleet changes, 2 by default
  --alone          only the large fleet, nothing to hold it against
  --browser        instead of all this: how smoothly one page in Chromium scrolls
  --json           all figures as one document`;

const numbers = { hosts: '1000', apps: '50', pages: '50', rate: '100', minutes: '2' } as const;

process.exitCode = await main();
process.exit();

async function main(): Promise<number> {
  const given = readArgs();
  if (given === undefined) {
    console.error(usage);
    return 2;
  }
  const { hosts, apps, pages, rate: perSecond, minutes, isAlone, isBrowser, isJson } = given;
  const machine = `${cpus()[0]?.model ?? 'unknown'}, ${String(availableParallelism())} cores`;
  const runs: Run[] = [];
  if (!isAlone && !isBrowser) {
    runs.push(await measureConsole({ hosts: 10, apps, pages, perSecond, minutes: 0.5 }));
  }
  const [load = 0] = loadavg();
  if (isBrowser) runs.push(await measureScrolling({ hosts, apps, perSecond, seconds: 20 }));
  else runs.push(await measureConsole({ hosts, apps, pages, perSecond, minutes }));
  if (isJson) console.log(JSON.stringify({ machine, load, runs }, undefined, 2));
  else {
    console.log(
      `${machine}, Node ${process.version}, load ${load.toFixed(1)} to ${String(loadavg()[0]?.toFixed(1))}\n`,
    );
    const title = `${String(perSecond)} changes a second`;
    for (const line of layOutRuns(title, runs)) console.log(line);
  }
  return 0;
}

function readArgs() {
  try {
    const { values } = parseArgs({
      options: {
        ...Object.fromEntries(
          Object.entries(numbers).map(([name, value]) => [
            name,
            { type: 'string' as const, default: value },
          ]),
        ),
        alone: { type: 'boolean', default: false },
        browser: { type: 'boolean', default: false },
        json: { type: 'boolean', default: false },
      },
    });
    const given = values as Readonly<Record<string, string | boolean>>;
    const number = (name: keyof typeof numbers): number => Number(given[name]);
    const read = {
      ...{ hosts: number('hosts'), apps: number('apps'), pages: number('pages') },
      ...{ rate: number('rate'), minutes: number('minutes') },
    };
    if (Object.values(read).some((value) => !(value > 0))) return undefined;
    const is = (name: string): boolean => given[name] === true;
    return { ...read, isAlone: is('alone'), isBrowser: is('browser'), isJson: is('json') };
  } catch {
    return undefined;
  }
}
