/**
 * One host of a soak: link to etcd, supervisord with a foreign group, the built agent, a journal on a
 * small disk of its own where that is permitted; and each way to break one of them, with its way back.
 */
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type AgentHost, startAgentHost } from '../../support/agentHost.ts';
import type { Etcd } from '../../support/etcd.ts';
import { signal } from '../../support/managedPids.ts';
import { type ProcessInfo, startSupervisord } from '../../support/supervisord.ts';
import { createTempDir } from '../../support/tempDir.ts';
import { waitFor } from '../../support/waitFor.ts';
import { fillUp, type Mounts } from '../../faults/support/mounts.ts';
import { startLink } from './link.ts';
import type { Fault } from './script.ts';

export interface SoakHost {
  readonly name: string;
  readonly host: AgentHost;
  /** What the script has done to it since the round began: a fault's first word, `app` for files. */
  readonly touched: Set<string>;
  /** What links are made to: not supervene's. */
  readonly victim: string;
  /** True while the script keeps it down or stopped. */
  readonly isAway: { agent: boolean; supervisord: boolean };
  /** All processes, asked from supervisord itself; rejects when it does not answer within 3 s. */
  processes(): Promise<readonly ProcessInfo[]>;
  /** Resolves when it is broken. */
  harm(fault: Fault): Promise<void>;
  heal(fault: Fault): Promise<void>;
  /** After every heal: whatever does not run although it should is started. */
  revive(): Promise<void>;
  stop(): Promise<void>;
}

export const foreignName = 'zz-foreign.conf';
export const foreignText = '[program:foreign]\ncommand=/bin/sleep 100000\nstartsecs=0\n';
export const victimText = 'nobody may write here\n';
const brokenName = 'zz-broken.conf';

export async function startSoakHost(
  etcd: Etcd,
  name: string,
  mounts: Mounts | undefined,
): Promise<SoakHost> {
  const dir = await createTempDir(`soak-${name}`);
  const link = await startLink(etcd.port);
  const disk = join(dir.path, 'disk');
  mkdirSync(disk);
  const victim = join(dir.path, 'victim');
  writeFileSync(victim, victimText);
  if (mounts !== undefined) mounts.tmpfs(disk, '48m');
  const host = await startAgentHost({
    etcd,
    name: `soak-${name}`,
    etcdEndpoint: `http://127.0.0.1:${String(link.port)}`,
    supervisord: await startSupervisord({ confs: { [foreignName]: foreignText } }),
    journalDir: join(disk, 'journal'),
    environment: {
      SUPERVENE_PREFIX: soakPrefix,
      SUPERVENE_HOST: name,
      SUPERVENE_JOURNAL_KEEP: String(24 * 1024 * 1024),
    },
  });
  const touched = new Set<string>();
  const isAway = { agent: false, supervisord: false };
  const parts = { host, link, disk, touched, isAway, victim };
  const { harm, heal } = createFaults(parts);
  return {
    ...{ name, host, touched, isAway, victim, harm, heal },
    processes: () =>
      Promise.race([
        host.supervisord.processes(),
        sleep(3_000).then(() => Promise.reject(new Error('supervisord does not answer'))),
      ]),
    revive: () => revive(parts),
    stop: async () => {
      await host.stop();
      await link.stop();
      if (mounts !== undefined) mounts.undo(disk);
      await dir.remove();
    },
  };
}

/** All hosts of a soak share it. */
export const soakPrefix = '/soak/apps';

interface Parts {
  readonly host: AgentHost;
  readonly link: Awaited<ReturnType<typeof startLink>>;
  readonly disk: string;
  readonly victim: string;
  readonly touched: Set<string>;
  readonly isAway: { agent: boolean; supervisord: boolean };
}

function createFaults(parts: Parts) {
  const { host, link, touched, isAway } = parts;
  const { agent, supervisord } = host;
  const away = (part: 'agent' | 'supervisord', is: boolean): void => {
    isAway[part] = is;
  };
  const harm = async ({ kind, app, forMs }: Fault): Promise<void> => {
    touched.add(app ?? kind.split('-')[0] ?? kind);
    const path = host.filePath(app ?? '');
    switch (kind) {
      case 'agent-killed':
        away('agent', true);
        return agent.kill();
      case 'agent-stopped':
        away('agent', true);
        return void signal(agent.pid, 'SIGSTOP');
      case 'supervisord-killed':
        away('supervisord', true);
        await supervisord.kill();
        // As after a crash of the host: what it had started is gone, too.
        return void supervisord.managedPids().forEach((pid) => signal(pid, 'SIGKILL'));
      case 'supervisord-restarted':
        away('supervisord', true);
        return supervisord.shutdown();
      case 'supervisord-stopped':
        away('supervisord', true);
        return supervisord.pause();
      case 'update-killed':
        return void huntUpdates(agent, forMs);
      case 'link-cut':
        return link.set('Cut');
      case 'link-silent':
        return link.set('Silent');
      case 'link-slow':
        return link.set('Slow');
      case 'journal-full':
        return void fillUp(parts.disk);
      case 'file-edited':
        return change(path, () => writeFileSync(path, 'edited by hand\n', { flag: 'a' }));
      case 'file-cut':
        return change(path, () => truncateSync(path, lstatSync(path).size >> 1));
      case 'file-deleted':
        return change(path, () => rmSync(path));
      case 'file-chmodded':
        return change(path, () => chmodSync(path, 0o666));
      case 'file-linked':
        return change(path, () => {
          // In one move: the agent would be quicker in between.
          const link = join(supervisord.dir, 'link');
          symlinkSync(parts.victim, link);
          renameSync(link, path);
        });
      case 'foreign-broken':
        return writeFileSync(join(supervisord.confDir, brokenName), 'half an edi');
      case 'etcd-killed':
      case 'etcd-stopped':
      case 'etcd-compacted':
        throw new Error(`${kind} is no fault of a host`);
    }
  };
  const heal = async ({ kind, app }: Fault): Promise<void> => {
    if (kind.startsWith('link-')) link.set('Open');
    if (kind === 'journal-full') rmSync(join(parts.disk, 'filler'), { force: true });
    if (kind === 'foreign-broken') rmSync(join(supervisord.confDir, brokenName), { force: true });
    if (kind === 'file-linked') unlinkLink(host.filePath(app ?? ''));
    if (kind === 'agent-stopped') {
      signal(agent.pid, 'SIGCONT');
      away('agent', false);
    }
    if (kind === 'agent-killed') {
      agent.start();
      away('agent', false);
    }
    if (kind === 'supervisord-stopped') {
      supervisord.resume();
      away('supervisord', false);
    }
    if (kind === 'supervisord-killed' || kind === 'supervisord-restarted') {
      // It may not want to, while a file is broken: see `revive`.
      const isUp = await supervisord.restart().then(
        () => true,
        () => false,
      );
      away('supervisord', !isUp);
    }
  };
  return { harm, heal };
}

async function revive({ host, isAway }: Parts): Promise<void> {
  if (!isAway.supervisord) return;
  await waitFor(
    'supervisord to start again',
    async () => {
      await host.supervisord.restart();
      return true;
    },
    { timeoutMs: 60_000, intervalMs: 200 },
  );
  isAway.supervisord = false;
}

/** A file of ours that stands there; one that does not is left alone. */
function change(path: string, how: () => void): void {
  const stats = lstatSync(path, { throwIfNoEntry: false });
  if (stats?.isFile() !== true) return;
  try {
    how();
  } catch (error) {
    // The agent was quicker.
    if (!String(error).includes('ENOENT')) throw error;
  }
}

function unlinkLink(path: string): void {
  if (lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() === true) rmSync(path);
}

/** Kills the first two `supervisorctl` that the agent starts within this time. */
async function huntUpdates(agent: AgentHost['agent'], forMs: number): Promise<void> {
  const endMs = performance.now() + forMs;
  let killed = 0;
  while (performance.now() < endMs && killed < 2) {
    for (const pid of childrenOf(agent.pid)) {
      if (!commandOf(pid).includes('supervisorctl')) continue;
      // Not at once: half way is where it hurts.
      await sleep(50 + (pid % 200));
      if (signal(pid, 'SIGKILL')) killed += 1;
    }
    await sleep(10);
  }
}

function childrenOf(pid: number): readonly number[] {
  const path = `/proc/${String(pid)}/task/${String(pid)}/children`;
  if (!existsSync(path)) return [];
  try {
    return readFileSync(path, 'utf8').split(' ').filter(Boolean).map(Number);
  } catch {
    return [];
  }
}

function commandOf(pid: number): string {
  try {
    return readFileSync(`/proc/${String(pid)}/cmdline`, 'utf8');
  } catch {
    return '';
  }
}

/** Names in the conf directory. */
export function listConfs({ supervisord }: AgentHost): readonly string[] {
  return readdirSync(supervisord.confDir);
}
