/**
 * Six suites: unit and property tests are short and pure; integration tests start real programs and
 * get a minute, fault tests break those programs and get two, as do tests of the whole cluster; tests of the
 * console in a real browser get three. Soak tests (`*.soak.test.ts`) run only
 * when named: SUPERVENE_SOAK=1.
 */
import { availableParallelism } from 'node:os';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { configDefaults, defineConfig } from 'vitest/config';

// The same seed for every worker, also when vitest is started without test/setup/run.js.
process.env['SUPERVENE_SEED'] ??= String(Math.floor(Math.random() * 2 ** 31));
const soaks = process.env['SUPERVENE_SOAK'] === '1' ? [] : ['**/*.soak.test.ts'];

// A search of many runs takes as long as it takes.
const propertyTimeoutMs = process.env['SUPERVENE_RUNS'] === undefined ? 60_000 : 3_600_000;

const suite = (name: string, timeoutMs: number, folder = `test/${name}`) => ({
  extends: true as const,
  test: {
    name,
    include: [`${folder}/**/*.test.ts`],
    exclude: [...configDefaults.exclude, ...soaks],
    testTimeout: timeoutMs,
    hookTimeout: timeoutMs,
  },
});

export default defineConfig({
  root: fileURLToPath(new URL('..', import.meta.url)),
  test: {
    // A process for each file: a test that leaks a handle or an environment variable harms no other.
    pool: 'forks',
    poolOptions: {
      // Integration and fault tests are mostly waiting for other processes, so three share two cores;
      // more workers than four only slow those processes down.
      forks: { minForks: 1, maxForks: Math.min(4, Math.max(3, availableParallelism())) },
    },
    teardownTimeout: 20_000,
    projects: [
      suite('unit', 20_000),
      suite('property', propertyTimeoutMs),
      suite('integration', 60_000),
      suite('faults', 120_000),
      suite('cluster', 120_000, 'test/cluster/netns'),
      suite('browser', 180_000),
    ],
  },
});
