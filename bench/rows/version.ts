/** The shortest a command can take: `supervene --version`, from start to end of the process. */
import { runSupervene } from '../../test/support/agent.ts';
import type { Measurement } from '../measurement.ts';

const runs = 20;

export async function benchVersion(): Promise<readonly Measurement[]> {
  const samples: number[] = [];
  for (let run = 0; run < runs; run += 1) {
    const startMs = performance.now();
    const { code, stderr } = await runSupervene(['--version']);
    if (code !== 0) throw new Error(`supervene --version: ${stderr}`);
    samples.push(performance.now() - startMs);
  }
  return [{ name: 'supervene --version', samples, unit: 'ms', budget: 100 }];
}
