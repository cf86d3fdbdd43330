/**
 * `supervene replay --verify` of a million events of a host with 50 apps: time from the start of the
 * process to its end, and the most memory it had. The journal is made first and takes longer.
 */
import { spawn } from 'node:child_process';
import process from 'node:process';
import { mainPath } from '../../test/support/agent.ts';
import { createTempDir } from '../../test/support/tempDir.ts';
import { makeJournal } from '../journal/makeJournal.ts';
import type { Measurement } from '../measurement.ts';
import { peakRssMb } from '../processCost.ts';

const events = 1_000_000;
const apps = 50;

export async function benchReplay(): Promise<readonly Measurement[]> {
  const temp = await createTempDir('bench-replay');
  try {
    const made = makeJournal(temp.path, events, apps);
    const { tookMs, peakMb } = await verify(temp.path);
    const size = `${String(Math.round(made.bytes / 1e6))} MB, ${String(made.plans)} plans verified`;
    return [
      {
        name: 'replay of 1,000,000 events',
        samples: [tookMs],
        unit: 'ms',
        budget: 10_000,
        note: size,
      },
      {
        name: 'replay of 1,000,000 events: most memory',
        samples: [peakMb],
        unit: 'MB',
        budget: 256,
      },
    ];
  } finally {
    await temp.remove();
  }
}

function verify(dir: string): Promise<{ readonly tookMs: number; readonly peakMb: number }> {
  return new Promise((resolve, reject) => {
    const startMs = performance.now();
    const child = spawn(process.execPath, [mainPath, 'replay', dir, '--verify'], {
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    let peakMb = 0;
    const watch = setInterval(() => {
      try {
        peakMb = Math.max(peakMb, peakRssMb(child.pid ?? 0));
      } catch {
        // It has just ended.
      }
    }, 50);
    child.on('error', reject);
    child.on('exit', (code) => {
      clearInterval(watch);
      const tookMs = performance.now() - startMs;
      if (code === 0) resolve({ tookMs, peakMb });
      else reject(new Error(`replay --verify ended with ${String(code)}`));
    });
  });
}
