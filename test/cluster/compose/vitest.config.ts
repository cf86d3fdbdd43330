/** The test of docker-compose.yml, one step after the other: a step that fails ends the walk. */
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  root: fileURLToPath(new URL('../../..', import.meta.url)),
  test: {
    include: ['test/cluster/compose/**/*.test.ts'],
    pool: 'forks',
    bail: 1,
    testTimeout: 180_000,
    // The engine, the base images and the build: npm's and Debian's packages are fetched.
    hookTimeout: 1_200_000,
    teardownTimeout: 60_000,
  },
});
