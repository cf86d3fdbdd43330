/**
 * Makes a fresh machine able to run the tests, the demo and the bench: Node, npm packages, etcd and
 * supervisor, the build. Plain JavaScript on Node's own modules only, because nothing else may be
 * there yet. What cannot be done here ends the process with 1 and says what to do by hand.
 */
import process from 'node:process';
import { ensureBuild } from './build.js';
import { ensureNode, ensurePackages } from './packages.js';
import { ensureTools } from './tools.js';

/** Brings everything up to the named build; `isBuilt` is false when the compiler found errors. */
export function ensureReady({ builds = ['dist'] } = {}) {
  try {
    ensureNode();
    ensurePackages();
    ensureTools();
    const isBuilt = builds.map((name) => ensureBuild(name)).every(Boolean);
    return { isBuilt };
  } catch (error) {
    console.error(`set-up: ${error instanceof Error ? error.message : String(error)}`);
    return process.exit(1);
  }
}
