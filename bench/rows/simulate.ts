/**
 * Simulated clusters: events that the agents record, and steps of the kernel, in a second of real
 * time; with 20 apps a host and with 100, all faults on. Each event is checked as it is recorded.
 */
import { simulate } from '../../src/simulate/run/simulate.ts';
import { faultNames } from '../../src/simulate/script/faults.ts';
import { type Measurement, summarize } from '../measurement.ts';

const hosts = 3;
const events = 6_000;
const seeds = ['bench-1', 'bench-2', 'bench-3'];

export async function benchSimulate(): Promise<readonly Measurement[]> {
  // The first one compiles what all of them run.
  await run('bench-0', 20);
  const few = await runAll(20);
  const many = await runAll(100);
  const growth = summarize(few.eventRate).p50 / summarize(many.eventRate).p50;
  return [
    {
      name: 'simulate, 3 hosts x 20 apps, all faults: recorded events a second',
      samples: few.eventRate,
      unit: 'per second',
      budget: 50_000,
    },
    {
      name: 'simulate, 3 hosts x 20 apps, all faults: kernel steps a second',
      samples: few.stepRate,
      unit: 'per second',
      budget: undefined,
      note: 'calls, replies, timers, deliveries',
    },
    {
      name: 'simulate: cost of an event with 100 apps against 20',
      samples: [growth],
      unit: 'times',
      budget: undefined,
    },
  ];
}

async function runAll(apps: number) {
  const eventRate: number[] = [];
  const stepRate: number[] = [];
  for (const seed of seeds) {
    const { tookMs, result } = await run(seed, apps);
    eventRate.push((result.events / tookMs) * 1_000);
    stepRate.push((result.steps / tookMs) * 1_000);
  }
  return { eventRate, stepRate };
}

async function run(seed: string, apps: number) {
  const beganMs = performance.now();
  const result = await simulate({ seed, hosts, apps, events, faults: faultNames });
  return { result, tookMs: performance.now() - beganMs };
}
