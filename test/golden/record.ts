/**
 * Records golden journals: `node --import ./test/support/runTs.js test/golden/record.ts [NAME]…`, as
 * root, with a build of what is to be recorded. Journals that are there already are kept as they are:
 * what an old version wrote is what they are for. Remove one by hand to have it recorded anew.
 *
 * Paths and the name of the machine become those of an imagined host, so that a journal says nothing
 * of where it was recorded; every line is sealed anew.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { encodeLine } from '../../src/journal/line.ts';
import { type AgentHost, startAgentHost } from '../support/agentHost.ts';
import { startEtcd } from '../support/etcd.ts';
import { scenarios } from '../support/goldenScenarios.ts';
import { createTempDir } from '../support/tempDir.ts';

const here = fileURLToPath(new URL('.', import.meta.url));
const wanted = process.argv.slice(2);
const names = wanted.length > 0 ? wanted : Object.keys(scenarios);
for (const name of names) {
  if (existsSync(join(here, name))) console.log(`${name}: kept`);
  else await record(name);
}
process.exit();

async function record(name: string): Promise<void> {
  const scenario = scenarios[name];
  if (scenario === undefined) throw new Error(`there is no scenario ${name}`);
  const temp = await createTempDir('golden');
  const journalDir = join(temp.path, 'journal');
  const cleanups: (() => unknown)[] = [];
  const etcd = await startEtcd();
  const hosts: AgentHost[] = [];
  try {
    await scenario({
      etcd,
      journalDir,
      dir: temp.path,
      later: (cleanup) => cleanups.push(cleanup),
      start: async (options) => {
        const host = await startAgentHost({ etcd, name: 'web1-02', journalDir, ...options });
        hosts.push(host);
        return host;
      },
    });
    for (const host of hosts) if (host.agent.isRunning) await host.agent.terminate();
    keep(name, journalDir, hosts);
    console.log(`${name}: recorded`);
  } catch (error) {
    console.log(`${name}: failed: ${String(error)}\n${hosts[0]?.agent.output().slice(-2_000) ?? ''}`);
  } finally {
    for (const host of hosts) await host.stop().catch(() => undefined);
    await etcd.stop();
    for (const cleanup of cleanups.reverse()) await cleanup();
    await temp.remove().catch(() => undefined);
  }
}

function keep(name: string, journalDir: string, hosts: readonly AgentHost[]): void {
  const target = join(here, name);
  mkdirSync(target);
  const replacements = [
    ...hosts.map(({ supervisord }): [string, string] => [supervisord.dir, '/etc/supervisor']),
    [journalDir, '/var/lib/supervene'] as const,
  ];
  try {
    for (const file of readdirSync(journalDir).filter((each) => each.endsWith('.jsonl'))) {
      const lines = readFileSync(join(journalDir, file), 'utf8').split('\n');
      const tail = lines.pop() ?? '';
      const text = lines.map((line) => reseal(imagine(line, replacements))).join('');
      if (text.includes(tmpdir()) || text.includes(JSON.stringify(hostname()))) {
        throw new Error(`${file} tells where it was recorded`);
      }
      writeFileSync(join(target, file), text + tail);
    }
  } catch (error) {
    rmSync(target, { recursive: true });
    throw error;
  }
}

function imagine(line: string, replacements: readonly (readonly [string, string])[]): string {
  let text = line;
  for (const [from, to] of replacements) text = text.replaceAll(from, to);
  return text
    .replaceAll(new RegExp(`${tmpdir()}/sv-[A-Za-z0-9-]+`, 'g'), '/srv')
    .replaceAll(JSON.stringify(hostname()), '"web1"')
    .replaceAll(JSON.stringify(hostname().toLowerCase()), '"web1"');
}

function reseal(line: string): string {
  const { sum: _, ...value } = JSON.parse(line) as Record<string, unknown>;
  return encodeLine(value);
}
