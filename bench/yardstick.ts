/** What everything else is compared with: `supervisorctl update` with nothing to do, ten programs. */
import { startSupervisord } from '../test/support/supervisord.ts';
import type { Measurement } from './measurement.ts';

const runs = 15;
const programs = 10;

export async function measureYardstick(): Promise<Measurement> {
  const confs = Array.from({ length: programs }, (_, index) => {
    const name = `idle-${String(index)}`;
    return [`${name}.conf`, `[program:${name}]\ncommand=/bin/sleep 1000000\nstartsecs=0\n`];
  });
  const supervisord = await startSupervisord({
    confs: Object.fromEntries(confs) as Record<string, string>,
  });
  try {
    const samples: number[] = [];
    for (let run = 0; run < runs; run += 1) {
      const startMs = performance.now();
      const { code } = await supervisord.supervisorctl('update');
      if (code !== 0) throw new Error(`supervisorctl update ended with ${String(code)}`);
      samples.push(performance.now() - startMs);
    }
    return { name: 'supervisorctl update, nothing to do', samples, unit: 'ms', budget: undefined };
  } finally {
    await supervisord.stop();
  }
}
