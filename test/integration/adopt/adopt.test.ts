/** `supervene adopt` on hosts of the replaced system, with a real etcd and a real supervisord. */
import { copyFileSync, renameSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type Etcd, startEtcd } from '../../support/etcd.ts';
import {
  type ReplacedHost,
  seedBody,
  startReplacedHost,
  templateFile,
  templateSection,
} from '../../support/replacedHost.ts';
import { createTempDir } from '../../support/tempDir.ts';
import { waitFor } from '../../support/waitFor.ts';

let etcd: Etcd;
let host: ReplacedHost;
beforeAll(async () => {
  etcd = await startEtcd();
});
afterAll(() => etcd.stop());
afterEach(() => host.stop());

const three = { demo1: seedBody(), demo2: seedBody('/bin/sleep 2000'), web: seedBody() };

interface Report {
  readonly done: boolean;
  readonly error?: string;
  readonly remedy?: string;
  readonly files: readonly {
    readonly path: string;
    readonly aside: string;
    readonly rest: unknown;
  }[];
  readonly apps: readonly { readonly app: string; readonly changes: readonly unknown[] }[];
  readonly others: readonly { readonly group: string; readonly reason: string }[];
  readonly leftToAgent: readonly string[];
  readonly warnings: readonly string[];
}

async function adoptJson(...args: readonly string[]) {
  const { code, stdout, stderr } = await host.adopt('--json', ...args);
  return { code, stderr, report: JSON.parse(stdout) as Report };
}

/** Nothing of it happened: the same files, the same processes. */
async function expectRefused(what: RegExp, ...args: readonly string[]): Promise<Report> {
  const before = { files: host.files(), pids: await host.pids() };
  const { code, report, stderr } = await adoptJson(...args);
  expect(stderr).toMatch(what);
  expect({ code, done: report.done ?? false }).toEqual({ code: 1, done: false });
  expect({ files: host.files(), pids: await host.pids() }).toEqual(before);
  return report;
}

async function expectNothingToDo(): Promise<void> {
  const { code, stdout, stderr } = await host.run('plan');
  expect({ code, stdout, stderr }).toMatchObject({ code: 0, stderr: '' });
  expect(stdout).toMatch(/^nothing to do/);
}

describe('supervene adopt', () => {
  it('takes over the replaced layout with no process restarted, now and after a restart', async () => {
    host = await startReplacedHost(etcd, three);
    const pids = await host.pids();
    const old = host.files()['app.conf'];
    const { code, stdout, stderr } = await host.adopt();
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain('demo1  revision');
    expect(stdout).toContain('done: supervisord sees no difference');

    const files = host.files();
    const [aside] = Object.keys(files).filter((name) => name.startsWith('app.conf.adopted-'));
    expect(Object.keys(files).filter((name) => name.endsWith('.conf'))).toEqual([
      'demo1.supervene.conf',
      'demo2.supervene.conf',
      'web.supervene.conf',
    ]);
    expect(files[aside ?? '']).toBe(old);
    const { mode, uid } = statSync(join(host.supervisord.confDir, 'web.supervene.conf'));
    expect({ mode: mode & 0o777, uid }).toEqual({ mode: 0o600, uid: 0 });
    expect(await host.supervisord.rpc('reloadConfig')).toEqual([[[], [], []]]);
    await expectNothingToDo();

    const agent = await host.startAgent();
    await agent.waitUntilReady();
    expect(await host.pids()).toEqual(pids);
    expect(await agent.state()).toMatchObject({ plan: { steps: [] }, held: [] });
    await agent.terminate();

    await host.supervisord.restart();
    await host.supervisord.waitForState('web:web', 'RUNNING');
    expect(Object.keys(await host.pids()).sort()).toEqual(['demo1', 'demo2', 'web']);
    await expectNothingToDo();
  });

  it('finds nothing to do the second time', async () => {
    host = await startReplacedHost(etcd, three);
    await host.adopt();
    const before = { files: host.files(), pids: await host.pids() };
    const { code, stdout } = await host.adopt();
    expect({ code, stdout }).toMatchObject({ code: 0, stdout: /nothing to take over/ as unknown });
    expect({ files: host.files(), pids: await host.pids() }).toEqual(before);
    expect((await host.adopt('--dry-run')).code).toBe(0);
  });

  it('can be taken back by hand: the old file under its own name, and those of the apps away', async () => {
    host = await startReplacedHost(etcd, three);
    const before = { files: host.files(), pids: await host.pids() };
    await host.adopt();
    const path = (name: string): string => join(host.supervisord.confDir, name);
    for (const name of Object.keys(host.files())) {
      if (name.includes('.adopted-')) renameSync(path(name), path('app.conf'));
      else rmSync(path(name));
    }
    expect((await host.supervisord.supervisorctl('update')).stdout).toBe('');
    expect({ files: host.files(), pids: await host.pids() }).toEqual(before);
  });

  it('shows with --dry-run what it would do, and touches nothing', async () => {
    host = await startReplacedHost(etcd, three);
    const before = { files: host.files(), pids: await host.pids() };
    const { code, stdout } = await host.adopt('--dry-run');
    expect(code).toBe(3);
    expect(stdout).toMatch(/^write demo1\.supervene\.conf demo2\.supervene\.conf/m);
    expect(stdout).toMatch(/^rename .*app\.conf to app\.conf\.adopted-\d{8}T\d{6}Z$/m);
    const { report } = await adoptJson('--dry-run');
    expect(report).toMatchObject({ done: false, others: [], leftToAgent: [] });
    expect(report.apps.map(({ app, changes }) => [app, changes])).toEqual([
      ['demo1', []],
      ['demo2', []],
      ['web', []],
    ]);
    expect({ files: host.files(), pids: await host.pids() }).toEqual(before);
  });

  it('goes on where a run was cut off: files of ours beside the old one', async () => {
    host = await startReplacedHost(etcd, three);
    const pids = await host.pids();
    const old = host.files()['app.conf'] ?? '';
    await host.adopt();
    const [aside] = Object.keys(host.files()).filter((name) => name.includes('adopted'));
    const path = (name: string): string => join(host.supervisord.confDir, name);
    renameSync(path(aside ?? ''), path('app.conf'));
    expect(await host.supervisord.rpc('reloadConfig')).toEqual([[[], [], []]]);
    expect((await host.adopt()).code).toBe(0);
    expect(host.files()['app.conf']).toBeUndefined();
    expect(Object.values(host.files())).toContain(old);
    expect(await host.pids()).toEqual(pids);
    await expectNothingToDo();
  });

  it('leaves apps that are in no file to the agent', async () => {
    const inEtcd = { ...three, fresh: seedBody() };
    host = await startReplacedHost(etcd, three, { inEtcd });
    const pids = await host.pids();
    const { code, report } = await adoptJson();
    expect({ code, left: report.leftToAgent }).toEqual({ code: 0, left: ['fresh'] });
    const agent = await host.startAgent();
    await host.supervisord.waitForState('fresh:fresh', 'RUNNING');
    await agent.waitUntilReady();
    expect(await host.pids()).toMatchObject(pids);
  });

  it('leaves a process stopped that an operator stopped before', async () => {
    host = await startReplacedHost(etcd, three);
    await host.supervisord.supervisorctl('stop', 'web:web');
    const pids = await host.pids();
    expect((await host.adopt()).code).toBe(0);
    expect(await host.pids()).toEqual(pids);
    const agent = await host.startAgent();
    await waitFor('the agent to have looked', async () => {
      const { held, plan } = (await agent.state()) as {
        readonly held: readonly { readonly app?: string; readonly code: string }[];
        readonly plan: { readonly steps: readonly unknown[] };
      };
      return plan.steps.length === 0 && held.some((one) => one.code === 'OperatorStop');
    });
    expect(await host.pids()).toEqual(pids);
    expect(host.files()['web.supervene.conf']).toContain('autostart=false');
  });
});

describe('supervene adopt refuses', () => {
  it('while an agent holds the lock, and says that processes go on', async () => {
    host = await startReplacedHost(etcd, three);
    const agent = await host.startAgent();
    await waitFor('the agent to answer', async () => (await agent.state()) !== undefined);
    await expectRefused(/in use by process \d+.*\n.*stop it for the moment.*the processes go on/);
    await agent.terminate();
    expect((await host.adopt()).code).toBe(0);
  });

  it('groups that etcd does not place here, and keeps them with --keep-others', async () => {
    const bodies = { ...three, legacy: seedBody() };
    host = await startReplacedHost(etcd, bodies, { inEtcd: three });
    await host.publish({ moved: seedBody() }, '10.0.0.1');
    const pids = await host.pids();
    const refused = await expectRefused(/would be stopped by the next update:\n {2}legacy: etcd/);
    expect(refused.others).toMatchObject([{ group: 'legacy' }]);

    const { code, report } = await adoptJson('--keep-others');
    expect({ code, done: report.done }).toEqual({ code: 0, done: true });
    expect(host.files()['app.rest.conf']).toContain('[program:legacy]\ncommand=/bin/sleep 1000\n');
    expect(host.files()['app.rest.conf']).not.toContain('demo1');
    const agent = await host.startAgent();
    await agent.waitUntilReady();
    expect(await host.pids()).toEqual(pids);
    await expectNothingToDo();
  });

  it('apps whose options would change, and restarts just these with --allow-changes', async () => {
    const inEtcd = { ...three, web: `${seedBody()}\nstopwaitsecs=3\nstdout_logfile=/dev/null` };
    host = await startReplacedHost(etcd, three, { inEtcd });
    const pids = await host.pids();
    const refused = await expectRefused(
      /web: stopwaitsecs \(not set\) becomes 3; stdout_logfile \/dev\/stdout becomes \/dev\/null/,
    );
    expect(refused.apps.filter(({ changes }) => changes.length > 0)).toMatchObject([
      { app: 'web', diff: expect.stringContaining('+stopwaitsecs=3') as unknown },
    ]);
    expect((await host.adopt('--allow-changes')).code).toBe(0);
    expect(await host.pids()).toEqual(pids);
    const agent = await host.startAgent();
    await agent.waitUntilReady();
    await waitFor('web to be another process', async () => {
      const now = await host.pids();
      return now['web'] !== pids['web'] && now['web'] !== 0;
    });
    const { demo1, demo2 } = await host.pids();
    expect({ demo1, demo2 }).toEqual({ demo1: pids['demo1'], demo2: pids['demo2'] });
  });

  it('what supervisord has never been told of', async () => {
    host = await startReplacedHost(etcd, three);
    const more = { ...three, late: seedBody() };
    await host.publish(more);
    host.supervisord.writeConf('app.conf', templateFile(more));
    await expectRefused(/supervisord does not run what the old file says of late/);
    expect((await host.adopt('--allow-changes')).code).toBe(0);
    expect((await host.pids())['late']).toBeUndefined();
    const agent = await host.startAgent();
    await host.supervisord.waitForState('late:late', 'RUNNING');
    await agent.waitUntilReady();
  });

  it('what the agent would refuse', async () => {
    const inEtcd = { ...three, web: `${seedBody()}\nnumprocs=many` };
    host = await startReplacedHost(etcd, three, { inEtcd });
    await expectRefused(/web: E_[A-Z_]+: /);
  });

  it('a file with more in it than apps', async () => {
    const more = '[eventlistener:ear]\ncommand=/bin/cat\nevents=TICK_60\nautostart=false\n';
    host = await startReplacedHost(etcd, three);
    host.supervisord.writeConf('app.conf', `${templateFile(three)}\n${more}`);
    await expectRefused(/\[eventlistener:ear\] is no app/);
  });

  it('a file that supervisord itself refuses', async () => {
    host = await startReplacedHost(etcd, three);
    host.supervisord.writeConf('app.conf', `${templateFile(three)}\nnonsense\n`);
    await expectRefused(/supervisord cannot reread its files/);
  });

  it('a symbolic link', async () => {
    host = await startReplacedHost(etcd, three);
    const path = (name: string): string => join(host.supervisord.confDir, name);
    renameSync(path('app.conf'), path('elsewhere'));
    symlinkSync('elsewhere', path('app.conf'));
    await expectRefused(/app\.conf is a symbolic link/);
  });

  it('a file that is not included, and one that defines no app of etcd', async () => {
    host = await startReplacedHost(etcd, three, {
      more: { 'mine.conf': '[program:mine]\ncommand=/bin/sleep 1000\n' },
    });
    await expectRefused(/does not include \/nowhere\.conf/, '/nowhere.conf');
    const mine = join(host.supervisord.confDir, 'mine.conf');
    await expectRefused(/mine\.conf defines no app that etcd places/, mine, '--keep-others');
  });

  it('a group that stands in two files', async () => {
    host = await startReplacedHost(etcd, three, {
      more: { 'other.conf': templateSection('web', seedBody()) },
    });
    await expectRefused(/web is defined in .*app\.conf and in .*other\.conf/);
  });

  it('a file of an app that is not ours', async () => {
    host = await startReplacedHost(etcd, three, {
      more: { 'web.supervene.conf': '; somebody was here\n' },
    });
    await expectRefused(/web: .*web\.supervene\.conf is not a file of supervene's/);
  });

  it('a rest file that is somebody else’s', async () => {
    const bodies = { ...three, legacy: seedBody() };
    host = await startReplacedHost(etcd, bodies, {
      inEtcd: three,
      more: { 'app.rest.conf': ';\n' },
    });
    await expectRefused(/app\.rest\.conf is there already/, '--keep-others');
  });

  it('an include that would go on matching the old file', async () => {
    host = await startReplacedHost(etcd, three);
    const { configPath, confDir } = host.supervisord;
    const text = `[include]\nfiles=${confDir}/app*\n[supervisord]\n`;
    const config = join(confDir, '..', 'all.conf');
    writeFileSync(config, text);
    const before = host.files();
    const { code, stderr } = await host.adopt('--supervisor-config', config);
    expect({ code, files: host.files() }).toEqual({ code: 1, files: before });
    expect(stderr).toMatch(/would go on including app\.conf as app\.conf\.adopted-/);
    expect(configPath).not.toBe(config);
  });

  it('without etcd or without supervisord', async () => {
    host = await startReplacedHost(etcd, three);
    await expectRefused(/etcd does not answer/, '--etcd', 'http://127.0.0.1:1');
    await expectRefused(/supervisord does not answer/, '--supervisor', 'unix:///none.sock');
  });

  it('a program that a file which is not taken over changes', async () => {
    host = await startReplacedHost(etcd, three, {
      more: { 'b.conf': '[program:web]\nautorestart=false\n' },
    });
    const file = join(host.supervisord.confDir, 'app.conf');
    await expectRefused(/web is defined in .*app\.conf and in .*b\.conf/, file);
  });

  it('when supervisord’s own file cannot be read', async () => {
    host = await startReplacedHost(etcd, three);
    await expectRefused(/cannot read \/none\.conf/, '--supervisor-config', '/none.conf');
  });
});

describe('supervene adopt warns', () => {
  it('of a confd that runs', async () => {
    host = await startReplacedHost(etcd, three);
    const dir = await createTempDir('confd');
    const program = join(dir.path, 'confd');
    copyFileSync('/bin/sleep', program);
    const confd = spawn(program, ['1000'], { stdio: 'ignore' });
    try {
      await once(confd, 'spawn');
      const { report } = await adoptJson('--dry-run');
      expect(report.warnings.join()).toContain(`confd runs here`);
      expect(report.warnings.join()).toContain(String(confd.pid));
    } finally {
      confd.kill('SIGKILL');
      await dir.remove();
    }
  });
});
