/** Files made of templates, by the built agent and a real etcd: what they follow, and what they survive. */
import { mkdirSync, readdirSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { afterEach, describe, expect, it } from 'vitest';
import { shared } from '../../support/shared.ts';
import {
  both,
  listOf,
  startTemplateHosts,
  type TemplateWords,
} from '../../support/templateHost.ts';
import { waitFor } from '../../support/waitFor.ts';

const hosts = shared(startTemplateHosts);
afterEach(() => hosts().end());

const list: TemplateWords = { text: listOf('demo'), dest: 'out/list' };
const noted = { reload: 'echo reload >> reloads' };

describe('a template', () => {
  it('follows placement, states, drains and lost hosts', async () => {
    const host = await hosts().begin([list]);
    await host.waitForText('out/list', both);
    expect(statSync(host.path('out/list')).mode & 0o777).toBe(0o644);
    await host.report('web2', '10.0.0.2', { demo: 'STOPPED' });
    await host.waitForText('out/list', '10.0.0.1\n');
    await host.report('web2', '10.0.0.2', { demo: 'RUNNING' });
    await host.waitForText('out/list', both);
    await host.place('demo', '10.0.0.2');
    await host.waitForText('out/list', '10.0.0.2\n');
    await host.place('demo', '10.0.0.1 10.0.0.2');
    await host.waitForText('out/list', both);
    await host.lose('web1');
    await host.waitForText('out/list', '10.0.0.2\n');
    // Nobody is left whose agent answers: what ran, runs.
    await host.lose('web2');
    await host.waitForText('out/list', both);
    expect(readdirSync(host.path('out'))).toEqual(['list']);
  });

  it('is written with its mode and owner, over what was there', async () => {
    const dest = 'out/list';
    const host = await hosts().begin([
      { ...list, dest, more: 'mode = "0640"\nowner = "daemon"\n' },
    ]);
    await host.waitForText(dest, both);
    const { mode, uid } = statSync(host.path(dest));
    expect([mode & 0o777, uid]).toEqual([0o640, 1]);
  });

  it('is put back when it was edited, deleted or given away, and reloaded again', async () => {
    const host = await hosts().begin([{ ...list, ...noted }]);
    await host.waitForText('out/list', both);
    await waitFor('the reload', () => host.lines('reloads').length === 1);
    rmSync(host.path('out/list'));
    await host.waitForText('out/list', both);
    await waitFor('the reload', () => host.lines('reloads').length === 2);
    writeFileSync(host.path('out/list'), 'mine');
    await host.waitForText('out/list', both);
    await waitFor('the reload', () => host.lines('reloads').length === 3);
    expect(host.agent.output()).toContain('was changed or deleted, and is put back');
  }, 60_000);

  it('does nothing when its text stays the same, whatever else happens', async () => {
    const host = await hosts().begin([{ ...list, ...noted }]);
    await host.waitForText('out/list', both);
    await waitFor('the reload', () => host.lines('reloads').length === 1);
    await host.place('other', '10.0.0.1');
    await host.report('web1', '10.0.0.1', { demo: 'RUNNING', other: 'FATAL' });
    await host.report('web3', '10.0.0.3', { demo: 'RUNNING' });
    await host.place('demo', '10.0.0.2,10.0.0.1,10.0.0.3');
    await host.waitForText('out/list', `${both}10.0.0.3\n`);
    await waitFor('its reload', async () => {
      const [one] = await host.facts();
      return one?.isDone === true && one.reloads > 1;
    });
    expect(await host.facts()).toMatchObject([{ writes: 2, reloads: 2 }]);
    expect(host.lines('reloads')).toHaveLength(2);
  });

  it('is followed when it is edited', async () => {
    const host = await hosts().begin([list]);
    await host.waitForText('out/list', both);
    writeFileSync(host.path('t0.liquid'), 'x {{ app.demo.available.size }}');
    await host.waitForText('out/list', 'x 2');
  }, 60_000);

  it('never follows a link, nor replaces what is no file, and says so in the report', async () => {
    const host = await hosts().begin([
      { ...list, dest: 'out/link' },
      { ...list, dest: 'out/dir' },
      { ...list, dest: 'out/well' },
    ]);
    await host.waitForText('out/well', both);
    writeFileSync(host.path('secret'), 'secret');
    // What is deleted may be put back at any moment: then it is taken away again.
    const insteadOf = (path: string, make: () => void): Promise<unknown> =>
      waitFor(`something else at ${path}`, () => {
        rmSync(path, { force: true });
        try {
          make();
          return true;
        } catch {
          return false;
        }
      });
    const [link, dir] = [host.path('out/link'), host.path('out/dir')];
    await insteadOf(link, () => symlinkSync(host.path('secret'), link));
    await insteadOf(dir, () => mkdirSync(dir));
    await host.report('web2', '10.0.0.2', { demo: 'STOPPED' });
    await host.waitForText('out/well', '10.0.0.1\n');
    await waitFor(
      'both to fail',
      async () => (await host.facts()).filter((one) => one.fault).length === 2,
    );
    const [linked, blocked, well] = await host.facts();
    expect(linked?.fault?.detail).toContain('is a symbolic link, which is not followed');
    expect(blocked?.fault?.detail).toContain('is a directory');
    expect(well).toMatchObject({ isDone: true });
    expect(host.read('secret')).toBe('secret');
    const metrics = await (await fetch(`${host.agent.url}/metrics`)).text();
    expect(metrics).toContain(`supervene_template_done{dest="${host.path('out/link')}"} 0`);
    expect(metrics).toContain(`supervene_template_done{dest="${host.path('out/well')}"} 1`);
    const prefix = host.agent.environment['SUPERVENE_FLEET_PREFIX'] ?? '';
    await waitFor('the report', async () =>
      (await hosts().etcd.get(`${prefix}/hosts/proxy`))?.includes('TemplateFailed: '),
    );
  });
});
