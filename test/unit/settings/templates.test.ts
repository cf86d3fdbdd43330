/** `[[template]]` in supervene.toml: what it may say, and what is said of what it may not. */
import { describe, expect, it } from 'vitest';
import { ok } from '../../../src/domain/result.ts';
import { readSettings } from '../../../src/settings/readSettings.ts';

const path = '/etc/supervene/supervene.toml';

function read(text: string) {
  return readSettings({
    flags: new Map(),
    env: {},
    readText: () => ok(text),
    workingDir: '/cwd',
    hostName: 'web1',
    isTerminal: false,
  });
}

function templatesOf(text: string) {
  const settings = read(text);
  if (!settings.ok) throw new Error(JSON.stringify(settings.error));
  return settings.value.templates;
}

/** `source: message (remedy)` for each. */
function faultsOf(text: string): readonly string[] {
  const settings = read(text);
  if (settings.ok) return [];
  return settings.error.map(({ source, message, remedy }) => `${source}: ${message} (${remedy})`);
}

const plain = '[[template]]\nsrc = "/a.liquid"\ndest = "/a"\n';

describe('[[template]]', () => {
  it('has defaults for all but its two files', () => {
    expect(templatesOf(plain)).toEqual([
      {
        src: '/a.liquid',
        dest: '/a',
        mode: 0o644,
        owner: { user: 'root', group: undefined },
        check: undefined,
        reload: undefined,
      },
    ]);
  });

  it('reads everything, relative to the file, and cuts commands without a shell', () => {
    const text = `
      [[template]]
      src = "nginx.liquid"
      dest = "/etc/nginx/nginx.conf"
      mode = "0640"
      owner = "root:adm"
      check = "nginx -t -q -c '{staged}'"
      checkTimeout = "3s"
      reload = '/usr/sbin/nginx -g "a b" -s reload'
      reloadTimeout = "1m"
      ${plain}`;
    expect(templatesOf(text)[0]).toEqual({
      src: '/etc/supervene/nginx.liquid',
      dest: '/etc/nginx/nginx.conf',
      mode: 0o640,
      owner: { user: 'root', group: 'adm' },
      check: { words: ['nginx', '-t', '-q', '-c', '{staged}'], timeoutMs: 3_000 },
      reload: { words: ['/usr/sbin/nginx', '-g', 'a b', '-s', 'reload'], timeoutMs: 60_000 },
    });
    expect(templatesOf(text)).toHaveLength(2);
  });

  it('names what it does not know, where it stands, and the nearest', () => {
    expect(faultsOf(`${plain}relaod = "x"\n[etcd]\nprefix = "/a"\n${plain}moode = "1"`)).toEqual([
      `${path}:4: unknown setting template.relaod (did you mean reload?)`,
      `${path}:10: unknown setting template.moode (did you mean mode?)`,
    ]);
    expect(faultsOf('[[templates]]\nsrc = "/a"')).toEqual([
      `${path}:1: unknown setting templates (did you mean template?)`,
    ]);
    expect(faultsOf('[template]\nsrc = "/a"')).toEqual([
      `${path}:1: template is not a list of tables (begin each with [[template]])`,
    ]);
  });

  it('refuses what is malformed or missing, all of it at once', () => {
    const text = `
[[template]]
dest = 3
mode = "0444"
owner = ""
check = "'open"
checkTimeout = "10"
reload = "bin/reload"
[[template]]
reload = "touch {staged}"
checkTimeout = "1s"
src = ""`;
    expect(faultsOf(text).map((fault) => fault.replace(/ \(.*\)$/, ''))).toEqual([
      `${path}:3: template.dest: it is not a text in quotes`,
      `${path}:2: template.src is missing`,
      `${path}:6: template.check: "'open" is not a command: a quote or a backslash has no end`,
      `${path}:7: template.checkTimeout: "10" is not a duration: it lacks a unit`,
      `${path}:8: template.reload: "bin/reload" is not a command with an absolute path, or a plain name`,
      `${path}:4: template.mode: "0444" is not a mode that lets the owner read and write`,
      `${path}:5: template.owner: "" is not an owner such as root, root:adm or 1000:1000`,
      `${path}:12: template.src: "" is not a path`,
      `${path}:9: template.dest is missing`,
      `${path}:11: template.checkTimeout is given without template.check`,
      `${path}:10: template.reload: "touch {staged}" is not a command that can run: the new text is in place by then, write {dest}`,
    ]);
  });

  it('refuses two templates for one file, and one that would overwrite itself', () => {
    expect(faultsOf(`${plain}${plain}`)).toEqual([
      `${path}:6: template.dest /a is that of the template at line 1 (give each a file of its own)`,
    ]);
    expect(faultsOf('[[template]]\nsrc = "/a"\ndest = "/b/../a"')).toEqual([
      `${path}:3: template.dest is the template itself (write the text to another file)`,
    ]);
  });

  it('refuses a command with a mark that is none, and leaves other braces to the program', () => {
    const fault = (key: string, text: string, why: string): readonly string[] => [
      `${path}:4: template.${key}: ${JSON.stringify(text)} is not a command: ${why} (correct it, or leave it out)`,
    ];
    const one = (key: string, text: string): readonly string[] =>
      faultsOf(`${plain}${key} = '${text}'\n`);
    const alone = (word: string): string => `a brace of ${word} stands alone`;
    const both = (mark: string): string => `there is no ${mark}, but {staged} and {dest}`;
    for (const key of ['check', 'reload'] as const) {
      expect(one(key, 'nginx -c {dest')).toEqual(fault(key, 'nginx -c {dest', alone('{dest')));
    }
    expect(one('check', 'a {staged')).toEqual(fault('check', 'a {staged', alone('{staged')));
    expect(one('check', 'a staged}{')).toEqual(fault('check', 'a staged}{', alone('staged}{')));
    expect(one('check', 'a -c={stage}')).toEqual(fault('check', 'a -c={stage}', both('{stage}')));
    expect(one('check', 'a {{staged}}')).toEqual(
      fault('check', 'a {{staged}}', both('{{staged}}')),
    );
    expect(one('reload', 'a {x}')).toEqual(fault('reload', 'a {x}', 'there is no {x}, but {dest}'));
    expect(one('check', `awk "{print \\$1}" --at={staged}:{dest} {}`)).toEqual([]);
  });

  it("refuses to make what is the agent's own", () => {
    const to = (dest: string): string => `[[template]]\nsrc = "/a.liquid"\ndest = "${dest}"\n`;
    expect(faultsOf(to('supervene.toml'))).toEqual([
      `template.dest: ${path} is the file of settings itself (write the text to another file)`,
    ]);
    const apps = '[files]\ndir = "/apps.d"\n';
    expect(faultsOf(`${apps}${to('/apps.d/web.supervene.conf')}`)).toEqual([
      'template.dest: /apps.d/web.supervene.conf is in /apps.d, where files of that name are those of apps (write the text to another file)',
    ]);
    expect(faultsOf(`${apps}${to('/apps.d/web.conf')}${to('/web.supervene.conf')}`)).toEqual([]);
  });
});
