/**
 * What a change of the demo site costs those who visit it: published in turns, published to all at
 * once, and taken from a host, under the same load on the cluster of test/cluster/netns, side by side.
 * Exit code 0 when it could measure.
 */
import { availableParallelism, cpus, loadavg } from 'node:os';
import process from 'node:process';
import { parseArgs } from 'node:util';
import { type NetCluster, startCluster, whyNoCluster } from '../../test/cluster/support/cluster.ts';
import { layOutRuns, type Run } from '../fleet/figure.ts';
import { type Case, cases, measureCase } from './measureCase.ts';

process.setMaxListeners(0);

const usage = `usage: npm run bench:rollout -- [--only rolling|plain|removal|suddenRemoval]... [options]
  --rate N        requests in a second, 100 by default
  --answer MS     how long the site takes for each, 100 by default
  --rounds N      changes of each kind, 3 by default
  --json          all figures as one document`;

const given = readArgs();
if (given === undefined) {
  console.error(usage);
  process.exitCode = 2;
} else {
  process.exitCode = await main(given);
}
process.exit();

async function main({ only, isJson, perSecond, answerMs, rounds }: Given): Promise<number> {
  const whyNot = whyNoCluster();
  if (whyNot !== undefined) {
    console.error(whyNot);
    return 1;
  }
  const [load = 0] = loadavg();
  const runs: Run[] = [];
  let failures = 0;
  for (const name of only) {
    process.stderr.write(`measuring: ${name}\n`);
    let cluster: NetCluster | undefined;
    try {
      cluster = await startCluster();
      runs.push(await measureCase(cluster, name, { perSecond, answerMs, rounds }));
    } catch (error) {
      failures += 1;
      process.stderr.write(`${name} failed: ${String(error)}\n`);
    } finally {
      await cluster?.stop();
    }
  }
  const machine = `${cpus()[0]?.model ?? 'unknown'}, ${String(availableParallelism())} cores`;
  if (isJson) console.log(JSON.stringify({ machine, load, runs }, undefined, 2));
  else {
    console.log(`${machine}, Node ${process.version}, load before: ${load.toFixed(1)}`);
    console.log(
      `${String(perSecond)} requests/s of ${String(answerMs)} ms, ${String(rounds)} changes of each kind\n`,
    );
    console.log(layOutRuns('under load', runs, { hasRatio: false }).join('\n'));
  }
  return failures > 0 ? 1 : 0;
}

interface Given {
  readonly only: readonly Case[];
  readonly isJson: boolean;
  readonly perSecond: number;
  readonly answerMs: number;
  readonly rounds: number;
}

function readArgs(): Given | undefined {
  try {
    const { values } = parseArgs({
      options: {
        only: { type: 'string', multiple: true, default: [...cases] },
        rate: { type: 'string', default: '100' },
        answer: { type: 'string', default: '100' },
        rounds: { type: 'string', default: '3' },
        json: { type: 'boolean', default: false },
      },
    });
    const only = cases.filter((name) => values.only.includes(name));
    const numbers = [values.rate, values.answer, values.rounds].map(Number);
    const [perSecond = 0, answerMs = 0, rounds = 0] = numbers;
    const isGood = numbers.every((value) => Number.isInteger(value) && value > 0);
    if (only.length === 0 || !isGood) return undefined;
    return { only, isJson: values.json, perSecond, answerMs, rounds };
  } catch {
    return undefined;
  }
}
