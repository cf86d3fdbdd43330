/**
 * The bench: budgets of the agent, measured on the built program with real parts, side by side in one
 * run. Exit code 0 when it could measure, whatever it measured: times are no test.
 */
import { availableParallelism, cpus } from 'node:os';
import process from 'node:process';
import type { Measurement } from './measurement.ts';
import { summarize } from './measurement.ts';
import { layOutReport, toJson } from './report.ts';
import { rows } from './rows.ts';
import { measureYardstick } from './yardstick.ts';

const usage = `usage: npm run bench [-- [--only NAME]... [--json]]
names: ${rows.map(({ name }) => name).join(', ')}`;

interface Options {
  readonly only: readonly string[];
  readonly isJson: boolean;
}

const options = readArgs(process.argv.slice(2));
if (options === undefined) {
  console.error(usage);
  process.exitCode = 2;
} else {
  process.exitCode = await main(options);
}
process.exit();

async function main({ only, isJson }: Options): Promise<number> {
  const chosen = rows.filter(({ name }) => only.length === 0 || only.includes(name));
  const measurements: Measurement[] = [];
  let failures = 0;
  const yardstick = await measureYardstick();
  measurements.push(yardstick);
  const yardstickMs = summarize(yardstick.samples).p50;
  for (const { name, run } of chosen) {
    process.stderr.write(`measuring: ${name}\n`);
    try {
      measurements.push(...(await run()));
    } catch (error) {
      failures += 1;
      process.stderr.write(`${name} failed: ${String(error)}\n`);
    }
  }
  const machine = {
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: availableParallelism(),
    node: process.version,
  };
  if (isJson) {
    console.log(toJson(measurements, yardstickMs, machine));
  } else {
    console.log(`\n${machine.cpu}, ${String(machine.cores)} cores, Node ${machine.node}\n`);
    console.log(layOutReport(measurements, yardstickMs).join('\n'));
  }
  return failures > 0 ? 1 : 0;
}

function readArgs(args: readonly string[]): Options | undefined {
  const only: string[] = [];
  let isJson = false;
  for (let index = 0; index < args.length; index += 1) {
    const next = args[index + 1];
    if (args[index] === '--json') isJson = true;
    else if (args[index] === '--only' && rows.some(({ name }) => name === next)) {
      only.push(next ?? '');
      index += 1;
    } else return undefined;
  }
  return { only, isJson };
}
