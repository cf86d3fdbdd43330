/** A host with a policy: what it refuses harms nobody else, and what ran goes on running. */
import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type AgentHost, startAgentHost } from '../../support/agentHost.ts';
import { type Etcd, startEtcd } from '../../support/etcd.ts';
import { createTempDir } from '../../support/tempDir.ts';
import { waitFor } from '../../support/waitFor.ts';

const strict = (dir: string): string =>
  `[policy]
mode = "strict"
users = ["nobody"]
commandPrefixes = ["/bin", "${dir}/bin"]
`;
const lawful = (n: number, more = ''): string =>
  `command=/bin/sleep 1000\nstartsecs=0\nuser=nobody\nenvironment=N="${String(n)}"\n${more}`;
const asRoot = 'command=/bin/sleep 1000\nstartsecs=0\n';

let dir: Awaited<ReturnType<typeof createTempDir>>;
let etcd: Etcd;
let host: AgentHost | undefined;
let configPath: string;

beforeEach(async () => {
  [dir, etcd] = await Promise.all([createTempDir('policy'), startEtcd()]);
  mkdirSync(join(dir.path, 'bin'), { mode: 0o755 });
  configPath = join(dir.path, 'supervene.toml');
  // What `nobody` is to run lies in there.
  chmodSync(dir.path, 0o755);
});
afterEach(async () => {
  await host?.stop();
  host = undefined;
  await etcd.stop();
  await dir.remove();
});

async function startHost(config: string): Promise<AgentHost> {
  writeFileSync(configPath, config, { mode: 0o644 });
  host = await startAgentHost({ etcd, environment: { SUPERVENE_CONFIG: configPath } });
  return host;
}

const quarantineOf = async (on: AgentHost, app: string): Promise<string | undefined> =>
  (await on.view()).quarantined.find((each) => each.app === app)?.code;

async function warningsOf(on: AgentHost, app: string): Promise<readonly string[]> {
  const { desired } = (await on.agent.state()) as {
    readonly desired: {
      readonly apps: readonly {
        readonly app: string;
        readonly warnings?: readonly { readonly code: string }[];
      }[];
    };
  };
  return desired.apps.find((each) => each.app === app)?.warnings?.map(({ code }) => code) ?? [];
}

describe('the agent under a strict policy', () => {
  it('keeps the last good version of what it refuses, and goes on with the others', async () => {
    const on = await startHost(strict(dir.path));
    await on.publish(['web', 'api'], lawful(1));
    const before = await on.waitForState('web', 'RUNNING');
    await on.waitForState('api', 'RUNNING');
    const refused = [
      [asRoot, 'E_POLICY_ROOT'],
      [lawful(2, 'stdout_logfile=/etc/cron.d/x\n'), 'E_POLICY_LOG_PATH'],
      [lawful(2, 'comand=x\n'), 'E_UNKNOWN_OPTION'],
      [lawful(2, '[program:x]junk ;x\n'), 'E_SECTION_HEADER'],
    ] as const;
    for (const [body, code] of refused) {
      await on.publish('web', body);
      await waitFor(code, async () => (await quarantineOf(on, 'web')) === code);
      // The reason follows when the quiet window is over.
      await waitFor(`web to be held: ${code}`, async () =>
        (await on.waitUntilHeld('web', 'Refused')).startsWith(`${code}: `),
      );
    }
    await on.waitUntilApplied(await on.publish('api', lawful(2)));
    expect(await on.waitForState('api', 'RUNNING')).toMatchObject({ group: 'api' });
    expect(await on.process('web')).toMatchObject({ statename: 'RUNNING', pid: before.pid });
    expect(on.fileText('web')).toContain('N="1"');
    await on.waitUntilApplied(await on.publish('web', lawful(3)));
    expect(on.fileText('web')).toContain('N="3"');
  });

  it('asks the host where links lead and who may write, and again until it is mended', async () => {
    const on = await startHost(strict(dir.path));
    const script = '#!/bin/sh\nexec /bin/sleep 1000\n';
    writeFileSync(join(dir.path, 'outside'), script, { mode: 0o755 });
    symlinkSync('../outside', join(dir.path, 'bin', 'link'));
    const open = join(dir.path, 'bin', 'open');
    writeFileSync(open, script, { mode: 0o755 });
    chmodSync(open, 0o777);
    const runs = (program: string): string =>
      `command=${dir.path}/bin/${program}\nstartsecs=0\nuser=nobody\n`;
    await on.publish('web', lawful(1));
    await on.publish('link', runs('link'));
    await on.publish('open', runs('open'));
    await on.publish('none', runs('none'));
    const expected = {
      link: 'E_POLICY_COMMAND_LINK',
      open: 'E_POLICY_COMMAND_WRITABLE',
      none: 'E_POLICY_COMMAND_MISSING',
    };
    for (const [app, code] of Object.entries(expected)) {
      await waitFor(`${app}: ${code}`, async () => (await quarantineOf(on, app)) === code);
      expect(on.fileText(app)).toBeUndefined();
    }
    await on.waitForState('web', 'RUNNING');
    chmodSync(open, 0o755);
    await on.waitForState('open', 'RUNNING');
    expect(await quarantineOf(on, 'link')).toBe('E_POLICY_COMMAND_LINK');
  });

  it('does not start on settings that others can write', async () => {
    const on = await startHost(strict(dir.path));
    await on.agent.waitUntilReady();
    await on.agent.terminate();
    chmodSync(configPath, 0o666);
    on.agent.start();
    await waitFor('the agent to end', () => !on.agent.isRunning);
    expect(await on.agent.terminate()).toBe(2);
    expect(on.agent.output()).toMatch(/others than root can change it.*\n.*chmod go-w/);
    chmodSync(configPath, 0o644);
    on.agent.start();
    await on.agent.waitUntilReady();
  });
});

describe('the agent under a compat policy', () => {
  it('runs everything and says what strict would refuse; becoming strict stops nothing', async () => {
    const on = await startHost('');
    chmodSync(configPath, 0o666);
    await on.publish(['web', 'api'], asRoot);
    const before = await on.waitForState('web', 'RUNNING');
    await waitFor('warnings', async () => (await warningsOf(on, 'web')).includes('W_POLICY_ROOT'));
    expect(await warningsOf(on, 'web')).toContain('W_POLICY_COMMAND_PREFIX');
    await on.agent.terminate();
    on.agent.start();
    await waitFor('a warning', () => on.agent.output().includes('others than root can change it'));
    await on.agent.waitUntilReady();
    await on.agent.terminate();
    writeFileSync(configPath, strict(dir.path));
    chmodSync(configPath, 0o644);
    on.agent.start();
    expect(await on.waitUntilHeld('web', 'Refused')).toContain('E_POLICY_ROOT');
    await on.waitUntilApplied(await on.publish('api', lawful(1)));
    await on.waitForState('api', 'RUNNING');
    expect(await on.process('web')).toMatchObject({ statename: 'RUNNING', pid: before.pid });
  });
});
