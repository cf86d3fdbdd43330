/** What the engine makes of templates, and what it says of those that are wrong. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createTemplateEngine } from '../../../effects/templates/templateEngine.ts';
import { usualLimits } from '../../../effects/templates/templateLimits.ts';
import type {
  TemplateApp,
  TemplateData,
  TemplateInstance,
} from '../../../src/domain/template/templateData.ts';
import { findProjectRoot } from '../../support/findProjectRoot.ts';
import { rev } from '../../support/etcdValues.ts';

function instance(host: string, address: string): TemplateInstance {
  return {
    host,
    ...{ address, urlAddress: address, addresses: [address] },
    ...{ state: 'RUNNING', condition: 'converged' },
    ...{ isLost: false, isBlind: false, isDraining: false, isPlaced: true, isAvailable: true },
    ...{ wantedRevision: rev(7), appliedRevision: undefined, sinceMs: 1 },
  };
}

function dataOf(...available: readonly TemplateInstance[]): TemplateData {
  const address = { address: '10.0.0.9', urlAddress: '10.0.0.9', addresses: ['10.0.0.9'] };
  const demo1: TemplateApp = {
    ...{ name: 'demo1', isPublished: true, revision: rev(7), items: ['*'] },
    ...{ instances: available, available },
  };
  return {
    apps: [demo1],
    appNamed: (name) => (name === 'demo1' ? demo1 : undefined),
    hosts: [
      { id: 'proxy', ...address, isLost: false, isHere: true, apps: [] },
      ...available.map(({ host, address: one, addresses }) => ({
        ...{ id: host, address: one, urlAddress: one, addresses },
        ...{ isLost: false, isHere: false, apps: ['demo1'] },
      })),
    ],
    host: { id: 'proxy', ...address },
  };
}

const web1 = instance('web1', '10.0.0.1');
const web2 = instance('web2', '10.0.0.2');

function render(text: string, data = dataOf(web1, web2), limits = usualLimits): string {
  const compiled = createTemplateEngine(limits).compile(text);
  if (!compiled.ok) return `${compiled.error.type} ${compiled.error.detail}`;
  const made = compiled.value(data);
  return made.ok ? made.value : `${made.error.type} ${made.error.detail}`;
}

describe('createTemplateEngine', () => {
  it('renders lists, apps by name, filters and conditions', () => {
    const text =
      '{% for one in app.demo1.available %}{{ one.address }}:{{ 80 | plus: 1 }} {% endfor %}';
    expect(render(text)).toBe('10.0.0.1:81 10.0.0.2:81 ');
    expect(render('{{ apps | map: "name" | join: "," }} {{ host.id }}')).toBe('demo1 proxy');
    expect(render('{% if app["demo1"].isPublished %}yes{% endif %}')).toBe('yes');
  });

  it('has an app of every name, that is nowhere when etcd knows none', () => {
    expect(render('{{ app.other.isPublished }} {{ app["a.b-c"].available.size }}')).toBe('false 0');
    expect(render('{{ app.constructor.isPublished }}{{ app.__proto__ }}')).toContain('Failed');
    expect(render('{{ app["../x"].name }}')).toMatch(/^Failed undefined variable: app.\.\.\/x/);
  });

  it('writes nothing for what is not known', () => {
    expect(render('[{{ app.demo1.available[0].appliedRevision }}]')).toBe('[]');
    expect(
      render('{% if app.demo1.available[0].appliedRevision %}x{% else %}none{% endif %}'),
    ).toBe('none');
  });

  it('says where a name is that does not exist, of a variable, a field, a filter or a tag', () => {
    expect(render('a\n{{ aps }}')).toBe('Failed undefined variable: aps, line:2, col:4');
    expect(render('\n\n {{ host.adress }}')).toBe(
      'Failed undefined variable: host.adress, line:3, col:5',
    );
    expect(render('{% if app.demo1.avialable %}{% endif %}')).toMatch(/^Failed undefined variable/);
    expect(render('{{ "a" | upcas }}')).toBe('Malformed undefined filter: upcas, line:1, col:1');
    expect(render('\n{% fro %}')).toMatch(/^Malformed tag "fro" not found, line:2, col:1/);
    expect(render('{% if true %}')).toMatch(/^Malformed .*line:1/);
    expect(render('{{ app.demo1 }}')).toMatch(/^Failed only texts and numbers.*line:1, col:1/);
  });

  it('reads no file, no clock and no chance', () => {
    for (const tag of ['include "/etc/passwd"', 'render "a"', 'layout "a"', 'block a']) {
      expect(render(`{% ${tag} %}`)).toMatch(/^Malformed tag .* not found/);
    }
    expect(render('{{ "now" | date: "%s" }}')).toMatch(/^Malformed undefined filter: date/);
    expect(render('{{ apps | sample }}')).toMatch(/^Malformed undefined filter: sample/);
  });

  it('ends what would run for ever, become huge or eat the memory', () => {
    const quick = { ...usualLimits, renderMs: 50, textMax: 1000 };
    const forEver =
      '{% for a in (1..100000) %}{% for b in (1..100000) %}{% assign c = a %}{% endfor %}{% endfor %}';
    expect(render(forEver, dataOf(), quick)).toMatch(/^TooMuch .*limit exceeded/);
    expect(render('{% for a in (1..999999999) %}{% endfor %}')).toMatch(/^TooMuch memory/);
    expect(render('{% for a in (1..1000) %}0123456789{% endfor %}', dataOf(), quick)).toMatch(
      /^TooMuch .*1000 characters/,
    );
    expect(render('x'.repeat(usualLimits.sourceMax + 1))).toMatch(/^TooMuch/);
  });

  it('gives filters no text that they would be long over, in one piece or in a list', () => {
    const limits = { ...usualLimits, pieceMax: 100 };
    const text = (size: number): string => `{% assign s = "${'x'.repeat(size)}" %}`;
    expect(render(`${text(100)}{{ s | strip | size }}`, dataOf(), limits)).toBe('100');
    expect(render(`${text(101)}{{ s | strip | size }}`, dataOf(), limits)).toMatch(
      /^TooMuch a filter takes no more than 100 characters, line:1/,
    );
    expect(render(`${text(101)}{{ "a" | replace: "a", s }}`, dataOf(), limits)).toMatch(
      /^TooMuch a filter takes/,
    );
    const list = '{% assign l = "" | split: "," | push: s | push: s %}';
    expect(render(`${text(60)}${list}{{ l | upcase }}`, dataOf(), limits)).toMatch(
      /^TooMuch a filter takes/,
    );
    expect(render('{% for a in (1..101) %}{% endfor %}', dataOf(), limits)).toMatch(
      /^TooMuch memory/,
    );
  });

  it('bounds what is captured like the whole', () => {
    const limits = { ...usualLimits, textMax: 100 };
    const captured = '{% capture c %}{% for a in (1..11) %}0123456789{% endfor %}{% endcapture %}';
    expect(render(captured, dataOf(), limits)).toMatch(/^TooMuch the text has more than 100 /);
    const list = '{% assign l = "0123456789" | split: "" | concat: l %}';
    expect(
      render(`{% assign l = "" | split: "" %}${list.repeat(11)}{{ l }}`, dataOf(), limits),
    ).toMatch(/^TooMuch the text has more than 100 /);
  });

  it('gives the same text for the same data', () => {
    const text = '{% for a in hosts %}{% cycle "x", "y" %}{{ a.id }}{% endfor %}';
    const compiled = createTemplateEngine().compile(text);
    if (!compiled.ok) throw new Error(compiled.error.detail);
    expect(compiled.value(dataOf(web1))).toEqual(compiled.value(dataOf(web1)));
  });
});

describe('nginx.conf.liquid', () => {
  const text = readFileSync(join(findProjectRoot(), 'deploy/nginx/nginx.conf.liquid'), 'utf8');

  it('has a server for everybody who is available', () => {
    const made = render(text);
    expect(made).toContain(
      '    server 10.0.0.1:8088 weight=50 max_fails=5 fail_timeout=10s; # web1\n' +
        '    server 10.0.0.2:8088 weight=50 max_fails=5 fail_timeout=10s; # web2\n',
    );
    // Nobody has named these as web hosts: no password of supervisor's pages goes there.
    expect(made).not.toContain(':9001');
    expect(made).not.toContain('10.0.0.9');
  });

  it('has no upstream that would be empty, and answers 503 instead', () => {
    const made = render(text, dataOf());
    expect(made).not.toMatch(/upstream (?:demo1|supervisor)|proxy_pass http:\/\/(?!127\.0\.0\.1)/);
    for (const told of ['demo1 is not running anywhere', "Supervisor's own pages are off"]) {
      expect(made).toContain(`return 503 "${told}`);
    }
  });
});
