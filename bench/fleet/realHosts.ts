/** Real hosts: a supervisord and the agent as users run it, for each, all on this machine. */
import { closeSync, openSync, readSync } from 'node:fs';
import { type Agent, startAgent } from '../../test/support/agent.ts';
import type { Etcd } from '../../test/support/etcd.ts';
import { startSupervisord, type Supervisord } from '../../test/support/supervisord.ts';
import { cpuMs, rssMb } from '../processCost.ts';
import type { BenchFleet } from './benchFleet.ts';

interface Host {
  readonly supervisord: Supervisord;
  readonly agent: Agent;
  /** Times of `entered RUNNING` by app, newest last. */
  readonly running: () => ReadonlyMap<string, readonly number[]>;
}

/** Starting all at once would measure this machine's start-up and nothing else. */
const atOnce = 4;

export async function startRealFleet(
  etcd: Etcd,
  hosts: number,
  environment: Readonly<Record<string, string>> = {},
): Promise<BenchFleet> {
  const started: Host[] = [];
  const stop = async (): Promise<void> => {
    while (started.length > 0) {
      await Promise.all(
        started.splice(-8).map(async ({ agent, supervisord }) => {
          await agent.stop();
          await supervisord.stop();
        }),
      );
    }
  };
  try {
    for (let first = 0; first < hosts; first += atOnce) {
      const indexes = Array.from({ length: Math.min(atOnce, hosts - first) }, (_, i) => first + i);
      started.push(
        ...(await Promise.all(
          indexes.map((index) => startHost(etcd.endpoint, index, environment)),
        )),
      );
    }
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    etcd,
    hosts,
    runningAt: (app, sinceMs) =>
      started.flatMap(({ running }) => {
        const times = running().get(app) ?? [];
        return times.filter((ms) => ms >= sinceMs).slice(0, 1);
      }),
    agentsCpuMs: () => started.reduce((sum, { agent }) => sum + cpuMs(agent.pid), 0),
    agentsRssMb: () => started.reduce((sum, { agent }) => sum + rssMb(agent.pid), 0),
    stop,
  };
}

async function startHost(
  etcdEndpoint: string,
  index: number,
  environment: Readonly<Record<string, string>>,
): Promise<Host> {
  const supervisord = await startSupervisord();
  const agent = await startAgent({
    ...{ etcdEndpoint, host: `host-${String(index)}`, supervisord },
    addresses: [`10.1.${String(index >> 8)}.${String(index & 255)}`],
    environment: { SUPERVENE_LOG_LEVEL: 'warn', SUPERVENE_LISTEN: 'off', ...environment },
  });
  return { supervisord, agent, running: followLog(supervisord.logPath) };
}

/** supervisord's own log says in which millisecond a process was RUNNING. */
function followLog(path: string): Host['running'] {
  const times = new Map<string, number[]>();
  const buffer = Buffer.alloc(64 * 1024);
  let position = 0;
  let rest = '';
  return () => {
    const fd = openSync(path, 'r');
    for (;;) {
      const length = readSync(fd, buffer, 0, buffer.length, position);
      if (length === 0) break;
      position += length;
      const lines = (rest + buffer.toString('utf8', 0, length)).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) {
        const app = /success: (\S+) entered RUNNING/.exec(line)?.[1];
        if (app === undefined) continue;
        times.set(app, [...(times.get(app) ?? []), parseLogTime(line)]);
      }
    }
    closeSync(fd);
    return times;
  };
}

/** `2026-11-22 14:58:01,234 INFO …`, local time. */
function parseLogTime(line: string): number {
  return new Date(line.slice(0, 23).replace(',', '.').replace(' ', 'T')).getTime();
}
