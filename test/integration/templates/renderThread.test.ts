/** The thread that renders, as it is built: what runs away in it harms neither the agent nor other templates. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { asyncScheduler } from 'rxjs';
import { afterEach, describe, expect, it } from 'vitest';
import { createRenderThread, type RenderThread } from '../../../effects/templates/renderThread.ts';
import { createTemplateEngine } from '../../../effects/templates/templateEngine.ts';
import { usualLimits } from '../../../effects/templates/templateLimits.ts';
import { threadBeginner } from '../../../src/agent/templates/beginRenderThread.ts';
import { parsePlacement } from '../../../src/domain/placement.ts';
import { ok } from '../../../src/domain/result.ts';
import {
  makeTemplateData,
  makeTemplateSource,
  type TemplateFacts,
} from '../../../src/domain/template/makeTemplateData.ts';
import { rev } from '../../support/etcdValues.ts';
import { findProjectRoot } from '../../support/findProjectRoot.ts';
import { appReport, hostReport } from '../../support/fleetValues.ts';
import { shared } from '../../support/shared.ts';
import { both, listOf, startTemplateHosts, type TemplateHost } from '../../support/templateHost.ts';
import { waitFor } from '../../support/waitFor.ts';

const forEver =
  '{% for a in (1..100000) %}{% for b in (1..100000) %}{% assign c = a %}{% endfor %}{% endfor %}';

describe('the rendering thread', () => {
  const threads: RenderThread[] = [];
  afterEach(async () => {
    for (const thread of threads.splice(0)) await thread.close();
  });

  const url = pathToFileURL(join(findProjectRoot(), 'dist/src/agent/templates/renderWorker.js'));
  const begin = ({ heapMaxMb = 512, limits = usualLimits, renderMs = 30_000 }): RenderThread => {
    const beginThread = threadBeginner({ limits, heapMaxMb, url });
    const thread = createRenderThread({ scheduler: asyncScheduler, beginThread }, { renderMs });
    threads.push(thread);
    return thread;
  };
  const patient = { ...usualLimits, renderMs: 1_000_000 };

  const factsOf = (appCount: number): TemplateFacts => {
    const names = Array.from({ length: appCount }, (_, n) => `app${String(n)}`);
    const apps = names.map((name) => ({
      ...appReport(name, 'converged'),
      processes: [{ id: name, state: 'RUNNING' as const, pid: 1, startSec: 1 }],
    }));
    const hosts = [1, 2].map((n) => {
      const host = `web${String(n)}`;
      const word = ok({ report: hostReport(host, `10.0.0.${String(n)}`, 9, apps), faults: [] });
      return { host, live: word, known: word };
    });
    const placement = parsePlacement('*');
    return {
      own: { hostId: 'proxy', hostNames: [], addresses: ['10.0.0.9'] },
      apps: names.map((app) => ({ app, placement, revision: rev(7) })),
      ...{ hosts, drains: [] },
    };
  };
  const few = makeTemplateSource(factsOf(2));
  const all =
    '{% for a in apps %}{{ a.name }}{{ a.revision }}{{ a.items }}{% for i in a.available %} {{ i.urlAddress }}{{ i.wantedRevision }}{% endfor %}\n{% endfor %}' +
    '{% for h in hosts %}{{ h.id }} {{ h.isHere }} {{ h.apps }}\n{% endfor %}{{ host.id }} {{ app.app1.name }} {{ app.none.isPublished }}';

  it('makes what the engine makes in the same thread, of more apps than one page has', async () => {
    const facts = factsOf(450);
    const compiled = createTemplateEngine().compile(all);
    if (!compiled.ok) throw new Error(compiled.error.detail);
    const expected = compiled.value(makeTemplateData(facts));
    expect(expected).toMatchObject({
      ok: true,
      value: expect.stringContaining('app449') as string,
    });
    const thread = begin({});
    const text = { name: 'a', text: all };
    expect(await thread.makeText(text, makeTemplateSource(facts))).toEqual(expected);
    expect(await thread.makeText({ ...text, text: '{{ x }}' }, few)).toEqual({
      ok: false,
      error: { type: 'Failed', detail: 'undefined variable: x, line:1, col:4' },
    });
  });

  it('is ended when it takes too long, also while it asks; another one makes what waits', async () => {
    const thread = begin({ limits: patient, renderMs: 300 });
    const asks =
      '{% for a in (1..100000) %}{% for b in (1..100000) %}{% assign n = "x" | append: a | append: b %}{% assign c = app[n].name %}{% endfor %}{% endfor %}';
    const made = await Promise.all([
      thread.makeText({ name: 'a', text: forEver }, few),
      thread.makeText({ name: 'b', text: asks }, few),
      thread.makeText({ name: 'c', text: 'x' }, few),
    ]);
    const detail = 'it takes longer than 300 ms, and was ended';
    const fault = { ok: false, error: { type: 'TooMuch', detail } };
    expect(made).toEqual([fault, fault, ok('x')]);
  });

  it('that comes to the end of its memory takes nobody with it', async () => {
    const capture = (n: number): string =>
      `{% capture c${String(n)} %}{% for a in (1..100000) %}{{ a }}-{% endfor %}{% endcapture %}`;
    const text = Array.from({ length: 60 }, (_, n) => capture(n)).join('');
    const thread = begin({ limits: patient, heapMaxMb: 32 });
    const made = await Promise.all([
      thread.makeText({ name: 'a', text }, few),
      thread.makeText({ name: 'b', text: 'x' }, few),
    ]);
    const detail = 'it takes more than 32 MiB of memory';
    expect(made).toEqual([{ ok: false, error: { type: 'TooMuch', detail } }, ok('x')]);
  });

  it('has no piece of memory that V8 would end the whole process for', async () => {
    const double = (filter: string, times: number): string =>
      `{% for a in (1..${String(times)}) %}{% assign s = s | ${filter}: s %}{% endfor %}`;
    const thread = begin({ heapMaxMb: 32 });
    const texts = [
      '{% for a in (1..60000000) %}{% endfor %}',
      `{% assign s = "0123456789" %}${double('append', 24)}{% assign l = s | split: "" %}`,
      `{% assign s = "0123456789" | split: "" %}${double('concat', 24)}`,
      // Made in full before it is counted.
      `{% assign s = "0123456789" %}${double('append', 15)}{% assign s = s | append: s | append: s | append: s | split: "," %}${double('concat', 9)}{% capture c %}{{ s }}{% endcapture %}`,
      `{% capture c %}{% for a in (1..1000) %}${'x'.repeat(100_000)}{% endfor %}{% endcapture %}{{ c contains "y" }}`,
    ];
    for (const text of texts) {
      expect(await thread.makeText({ name: 'a', text }, few)).toMatchObject({
        error: {
          type: 'TooMuch',
          detail: expect.stringMatching(/limit exceeded|characters/) as string,
        },
      });
    }
  });

  it('that is not there is said, and is nobody else’s matter', async () => {
    const beginThread = threadBeginner({
      ...{ limits: usualLimits, heapMaxMb: 64 },
      url: new URL('none.js', url),
    });
    const thread = createRenderThread({ scheduler: asyncScheduler, beginThread }, usualLimits);
    expect(await thread.makeText({ name: 'a', text: 'x' }, few)).toMatchObject({
      error: {
        type: 'BrokenDown',
        detail: expect.stringContaining('Cannot find module') as string,
      },
    });
    await thread.close();
  });
});

describe('the agent', () => {
  const hosts = shared(startTemplateHosts);
  afterEach(() => hosts().end());

  const well = { text: listOf('demo'), dest: 'out/well' };
  const failuresOf = async (host: TemplateHost): Promise<number> =>
    (await host.facts()).reduce((sum, { failures }) => sum + (failures['Render'] ?? 0), 0);

  it('answers, reads etcd and makes files while endless templates are tried again and again', async () => {
    const endless = [1, 2, 3, 4].map((n) => ({ text: forEver, dest: `out/e${String(n)}` }));
    const host = await hosts().begin([...endless, well]);
    await host.waitForText('out/well', both);
    // Where they are rendered in the agent's own thread a few answers come between two of them.
    let [answers, failures] = [0, await failuresOf(host)];
    await waitFor('many answers between two failures', async () => {
      const now = await failuresOf(host);
      answers = now === failures ? answers + 1 : 0;
      failures = now;
      // After the last one nothing is under way, for a while.
      return answers >= 8 && failures > 0 && failures % endless.length !== 0;
    });
    await host.report('web2', '10.0.0.2', { demo: 'FATAL' });
    await host.place('mine', '10.0.0.9');
    await host.waitForText('out/well', '10.0.0.1\n');
    await waitFor('the publish', async () =>
      JSON.stringify(await host.agent.state()).includes('mine'),
    );
    const before = await failuresOf(host);
    await waitFor('them to be tried again', async () => (await failuresOf(host)) > before);
    expect((await fetch(`${host.agent.url}/healthz`)).status).toBe(200);
    await host.agent.terminate();
    expect(readdirSync(host.path('out'))).toEqual(['well']);
  });

  it('has no thread for it once nothing is rendered', async () => {
    const host = await hosts().begin([well]);
    await host.waitForText('out/well', both);
    const status = `/proc/${String(host.agent.pid)}/status`;
    const threads = (): number =>
      Number(/^Threads:\t(\d+)$/m.exec(readFileSync(status, 'utf8'))?.[1]);
    // It was just used.
    await host.report('web2', '10.0.0.2', { demo: 'FATAL' });
    await host.waitForText('out/well', '10.0.0.1\n');
    const used = threads();
    await waitFor('a thread to end', () => threads() < used);
    await host.report('web2', '10.0.0.2', { demo: 'RUNNING' });
    await host.waitForText('out/well', both);
  });
});
