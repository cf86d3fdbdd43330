/** Templates, checks and reloads that go wrong: each harms itself alone, and what is owed stays owed. */
import { chmodSync, existsSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { afterEach, describe, expect, it } from 'vitest';
import { startEtcd } from '../../support/etcd.ts';
import { shared } from '../../support/shared.ts';
import {
  both,
  listOf,
  pidsWith,
  startTemplateHosts,
  type TemplateHost,
  type TemplateWords,
} from '../../support/templateHost.ts';
import { waitFor } from '../../support/waitFor.ts';

const hosts = shared(startTemplateHosts);
afterEach(() => hosts().end());

const list: TemplateWords = { text: listOf('demo'), dest: 'out/list' };
const well: TemplateWords = { text: listOf('demo'), dest: 'out/well' };

const faultOf = async (host: TemplateHost, at: string): Promise<string> =>
  waitFor(`a fault at ${at}`, async () => {
    const fault = (await host.facts())[0]?.fault;
    return fault?.at === at ? fault.detail : undefined;
  });

describe('a check', () => {
  it('that fails keeps the old file, byte for byte, until there is a text that is good', async () => {
    const check = 'echo no good line 3 >&2; ! grep -q 10.0.0.2 "$1"';
    const host = await hosts().begin([{ ...list, check, reload: 'echo r >> reloads' }, well]);
    writeFileSync(host.path('out/list'), 'old\u0000\n');
    await host.waitForText('out/well', both);
    expect(await faultOf(host, 'Check')).toMatch(/ended with 1: no good line 3/);
    expect(host.read('out/list')).toBe('old\u0000\n');
    expect(existsSync(host.path('reloads'))).toBe(false);
    await host.report('web2', '10.0.0.2', { demo: 'FATAL' });
    await host.waitForText('out/list', '10.0.0.1\n');
    await host.waitForText('out/well', '10.0.0.1\n');
    await waitFor('the reload', () => host.lines('reloads').length === 1);
    expect(readdirSync(host.path('out')).sort()).toEqual(['list', 'well']);
  });

  it('that hangs is ended with all it started, and holds up nobody else', async () => {
    const mark = `9${String(process.pid)}1`;
    const check = `sleep ${mark} & echo $$ > started; sleep ${mark}; wait`;
    const host = await hosts().begin([{ ...list, check, more: 'checkTimeout = "300ms"\n' }, well]);
    await host.waitForText('out/well', both);
    expect(await faultOf(host, 'Check')).toContain('did not end within 300 ms');
    expect(host.read('out/list')).toBeUndefined();
    await host.agent.terminate();
    expect(pidsWith(`sleep ${mark}`)).toEqual([]);
    expect(readdirSync(host.path('out'))).toEqual(['well']);
  });

  it('that changes the file has failed, and nothing is reloaded', async () => {
    const check = 'echo formatted >> "$1"';
    const host = await hosts().begin([{ ...list, check, reload: 'echo r >> reloads' }, well]);
    await host.waitForText('out/well', both);
    expect(await faultOf(host, 'Check')).toBe('its check changed the file');
    expect(host.read('out/list')).toBeUndefined();
    expect(host.read('reloads')).toBeUndefined();
  });

  it('and a reload that leave something behind have ended when they end', async () => {
    const mark = `9${String(process.pid)}2`;
    const leave = `setsid sleep ${mark} & exit 0`;
    const host = await hosts().begin([
      { ...list, check: leave, reload: `echo r >> reloads; ${leave}` },
    ]);
    try {
      await waitFor('it to be done', async () => (await host.facts())[0]?.isDone === true);
      expect(await host.facts()).toMatchObject([{ writes: 1, reloads: 1, failures: {} }]);
      expect(host.lines('reloads')).toHaveLength(1);
      expect(pidsWith(`sleep ${mark}`)).toHaveLength(2);
    } finally {
      for (const line of pidsWith(`sleep ${mark}`)) process.kill(Number.parseInt(line, 10));
    }
  });

  it('that cannot be started is said, and tried again', async () => {
    const host = await hosts().begin([{ ...list, more: 'check = "/nowhere/check {staged}"\n' }]);
    expect(await faultOf(host, 'Check')).toBe('/nowhere/check is no program');
    expect(host.read('out/list')).toBeUndefined();
  });

  it('that anybody may write is not run', async () => {
    const host = await hosts().begin([{ ...list, check: 'touch ran' }]);
    await host.waitForText('out/list', both);
    chmodSync(host.path('check0.sh'), 0o777);
    rmSync(host.path('ran'));
    await host.report('web2', '10.0.0.2', { demo: 'FATAL' });
    expect(await faultOf(host, 'Check')).toContain('is not run: others than root');
    expect(host.read('ran')).toBeUndefined();
    expect(host.read('out/list')).toBe(both);
  });
});

describe('a reload', () => {
  it('that fails three times is owed until it works, and then done once', async () => {
    const reload = 'echo r >> reloads; [ "$(wc -l < reloads)" -gt 3 ]';
    const host = await hosts().begin([{ ...list, reload }]);
    await host.waitForText('out/list', both);
    await waitFor('four reloads', () => host.lines('reloads').length === 4);
    await waitFor('it to be done', async () => (await host.facts())[0]?.isDone === true);
    expect(await host.facts()).toMatchObject([
      { isReloadOwed: false, writes: 1, reloads: 1, failures: { Reload: 3 } },
    ]);
  });

  it('that was owed when the agent was killed is done by the next one', async () => {
    const reload = 'echo r >> tries; [ -e may ] && echo r >> reloads';
    const host = await hosts().begin([{ ...list, reload }]);
    await host.waitForText('out/list', both);
    await waitFor('a try', () => host.lines('tries').length > 0);
    await host.agent.kill();
    writeFileSync(host.path('may'), '');
    const tried = host.lines('tries').length;
    host.agent.start();
    await waitFor('the reload', () => host.lines('reloads').length === 1);
    await waitFor('it to be done', async () => (await host.facts())[0]?.isReloadOwed === false);
    await host.agent.terminate();
    host.agent.start();
    await waitFor('it to be done', async () => (await host.facts())[0]?.isDone === true);
    // Nothing is owed, and nothing is done: the file is as it was.
    expect(host.lines('reloads')).toHaveLength(1);
    expect(host.lines('tries')).toHaveLength(tried + 1);
  });

  it('is owed by a file that was replaced right before the agent died', async () => {
    const reload = 'echo r >> tries; kill -9 $PPID; sleep 1; exit 1';
    const host = await hosts().begin([{ ...list, reload }]);
    await waitFor('the agent to be killed', () => !host.agent.isRunning);
    expect(host.read('out/list')).toBe(both);
    writeFileSync(host.path('reload0.sh'), `#!/bin/sh\necho r >> '${host.path('reloads')}'\n`);
    host.agent.start();
    await waitFor('the reload', () => host.lines('reloads').length === 1);
  });

  it('goes on without etcd, and over a note that cannot be read', async () => {
    const own = await startEtcd();
    const host = await hosts().begin([{ ...list, reload: 'echo r >> reloads' }], own);
    await host.waitForText('out/list', both);
    await waitFor('the reload', () => host.lines('reloads').length === 1);
    await host.agent.kill();
    await own.stop();
    writeFileSync(host.path('journal/templates.json'), 'torn');
    host.agent.start();
    await waitFor('the reload', () => host.lines('reloads').length === 2);
    expect(host.read('out/list')).toBe(both);
  });
});

describe('etcd that is away, emptied or restored', () => {
  it('leaves the file as it is, and it is still put back', async () => {
    const own = await startEtcd();
    const host = await hosts().begin([list], own);
    await host.waitForText('out/list', both);
    own.pause();
    await waitFor(
      'the silence to be noticed',
      async () => {
        const state = (await host.agent.state()) as {
          readonly templates: { readonly stale?: string };
        };
        return state.templates.stale !== undefined;
      },
      { timeoutMs: 40_000 },
    );
    expect(host.read('out/list')).toBe(both);
    rmSync(host.path('out/list'));
    await host.waitForText('out/list', both);
    own.resume();
    await host.report('web2', '10.0.0.2', { demo: 'FATAL' });
    await host.waitForText('out/list', '10.0.0.1\n');
    await own.stop();
  }, 90_000);

  it('does not send traffic nowhere when all apps are gone at one stroke', async () => {
    const host = await hosts().begin([list]);
    await host.place('other', '10.0.0.1');
    await host.waitForText('out/list', both);
    const prefix = host.agent.environment['SUPERVENE_PREFIX'] ?? '';
    hosts().etcd.etcdctl('del', '--prefix', prefix);
    await host.report('web2', '10.0.0.2', { demo: 'FATAL' });
    await host.waitForText('out/list', '10.0.0.1\n');
    // But an app that is unpublished among others is gone.
    await host.place('other', '10.0.0.1');
    await host.place('demo', '10.0.0.1');
    hosts().etcd.etcdctl('del', '--prefix', `${prefix}/demo/`);
    await host.waitForText('out/list', '');
  });

  it('does not believe an etcd without any app over a restart, while there is a file', async () => {
    const host = await hosts().begin([
      list,
      { ...list, text: 'n {{ apps.size }}', dest: 'out/count' },
    ]);
    await host.waitForText('out/list', both);
    await host.waitForText('out/count', 'n 1');
    await host.agent.terminate();
    hosts().etcd.etcdctl('del', '--prefix', host.agent.environment['SUPERVENE_PREFIX'] ?? '');
    rmSync(host.path('out/count'));
    host.agent.start();
    await host.waitForText('out/count', 'n 0');
    await waitFor('both to be looked at', async () =>
      (await host.facts()).every((one) => one.isDone),
    );
    expect(host.read('out/list')).toBe(both);
    await host.place('demo', '10.0.0.1');
    await host.waitForText('out/list', '10.0.0.1\n');
  });
});

describe('a template that is wrong', () => {
  it('harms itself alone: unknown names, no end, huge output, none at all', async () => {
    const forEver =
      '{% for a in (1..100000) %}{% for b in (1..100000) %}{% assign c = a %}{% endfor %}{% endfor %}';
    const huge = `{% for a in (1..1000000) %}${'x'.repeat(10_000)}{% endfor %}`;
    const host = await hosts().begin([
      { text: 'a\n{{ ap.demo }}', dest: 'out/a' },
      { text: '{% include "/etc/passwd" %}', dest: 'out/b' },
      { text: forEver, dest: 'out/c' },
      { text: huge, dest: 'out/d' },
      { text: 'x', dest: 'none/e' },
      { text: 'x', dest: 'out/f', more: 'owner = "nobody-of-that-name"\n' },
      well,
    ]);
    await host.waitForText('out/well', both);
    const faults = await waitFor('all to fail', async () => {
      const all = (await host.facts()).map(({ fault }) => fault?.detail ?? '');
      return all.slice(0, 6).every((one) => one !== '') ? all : undefined;
    });
    expect(faults).toEqual([
      expect.stringContaining('undefined variable: ap, line:2, col:4'),
      expect.stringContaining('tag "include" not found, line:1, col:1'),
      expect.stringContaining('limit exceeded'),
      expect.stringContaining('more than 8388608 characters'),
      expect.stringContaining('it does not exist'),
      expect.stringContaining('there is no user nobody-of-that-name'),
      '',
    ]);
    await host.report('web2', '10.0.0.2', { demo: 'STOPPED' });
    await host.waitForText('out/well', '10.0.0.1\n');
    expect(readdirSync(host.path('out'))).toEqual(['well']);
    expect((await fetch(`${host.agent.url}/healthz`)).status).toBe(200);
  });
});

describe('two templates for one file, by way of a link', () => {
  it('are told apart: the first has it, and the other says why not', async () => {
    const host = await hosts().begin([
      { text: 'first', dest: 'out/x' },
      { text: 'second', dest: 'link/x' },
      { text: 'third', dest: 'link/y' },
    ]);
    symlinkSync('out', host.path('link'));
    const detail = await waitFor('the second to be refused', async () => {
      const fault = (await host.facts())[1]?.fault?.detail;
      return fault?.includes('another template') === true ? fault : undefined;
    });
    expect(detail).toBe(
      `${host.path('link/x')} is ${host.path('out/x')}, which another template makes`,
    );
    await host.waitForText('link/y', 'third');
    await host.waitForText('out/x', 'first');
  });
});
