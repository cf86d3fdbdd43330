/**
 * `supervene replay` of a million events of a host with 50 apps, folded, and with every plan verified:
 * time from the start of the process to its end, and the most memory it had. The journal is made
 * first and takes longer.
 */
import { spawn } from 'node:child_process';
import process from 'node:process';
import { mainPath } from '../../test/support/agent.ts';
import { createTempDir } from '../../test/support/tempDir.ts';
import { makeJournal } from '../journal/makeJournal.ts';
import type { Measurement } from '../measurement.ts';
import { cpuMs, peakRssMb } from '../processCost.ts';

const events = 1_000_000;
const apps = 50;

export async function benchReplay(): Promise<readonly Measurement[]> {
  const temp = await createTempDir('bench-replay');
  try {
    const made = makeJournal(temp.path, events, apps);
    const folded = await replay(temp.path, '--state');
    const { tookMs, peakMb, cpu } = await replay(temp.path, '--verify');
    const size = `${String(Math.round(made.bytes / 1e6))} MB, ${String(made.plans)} plans verified`;
    return [
      {
        name: 'replay of 1,000,000 events: folded',
        samples: [folded.tookMs],
        unit: 'ms',
        budget: 10_000,
      },
      {
        name: 'replay of 1,000,000 events: every plan verified too',
        samples: [tookMs],
        unit: 'ms',
        budget: undefined,
        note: size,
      },
      {
        name: 'replay of 1,000,000 events: CPU',
        samples: [cpu],
        unit: 'ms',
        budget: undefined,
        note: 'what it takes whatever else the machine does',
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

interface Cost {
  readonly peakMb: number;
  /** Milliseconds of all its threads. */
  readonly cpu: number;
}

function replay(
  dir: string,
  what: '--state' | '--verify',
): Promise<Cost & { readonly tookMs: number }> {
  return new Promise((resolve, reject) => {
    const startMs = performance.now();
    const child = spawn(process.execPath, [mainPath, 'replay', dir, what], {
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    let peakMb = 0;
    let cpu = 0;
    const watch = setInterval(() => {
      const cost = costOf(child.pid ?? 0);
      peakMb = Math.max(peakMb, cost.peakMb);
      cpu = Math.max(cpu, cost.cpu);
    }, 50);
    child.on('error', reject);
    child.on('exit', (code) => {
      clearInterval(watch);
      const tookMs = performance.now() - startMs;
      if (code === 0) resolve({ tookMs, peakMb, cpu });
      else reject(new Error(`replay ${what} ended with ${String(code)}`));
    });
  });
}

/** Nothing of a process that has just ended. */
function costOf(pid: number): Cost {
  try {
    const [peakMb, cpu] = [peakRssMb(pid), cpuMs(pid)];
    return { peakMb: Number.isFinite(peakMb) ? peakMb : 0, cpu: Number.isFinite(cpu) ? cpu : 0 };
  } catch {
    return { peakMb: 0, cpu: 0 };
  }
}
