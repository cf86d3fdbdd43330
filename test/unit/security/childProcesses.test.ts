/** No production file starts a process but through `runCommand`, and none runs text as code. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { findProjectRoot } from '../../support/findProjectRoot.ts';

const root = findProjectRoot();
const files = ['src', 'streams', 'reducers', 'effects'].flatMap((folder) =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => `${folder}/${name}`),
);

const startsProcesses = /child_process|node:cluster|worker_threads/;
const running = '(?:exec|execSync|spawnSync|fork)';
const usesShell = new RegExp(
  [
    // Imported by name, or called by way of whatever the module was named; `pattern.exec(text)` is
    // a regular expression's, in files that know no child_process.
    `\\b${running}\\b(?=[^;]*child_process)`,
    `child_process[^]*(?:\\.\\s*${running}\\b\\s*\\(|\\[\\s*['"\`]${running}['"\`])`,
    `[{,]\\s*['"]?shell['"]?\\s*(?::(?!\\s*false)|[,}])|\\.shell\\s*=(?!=)`,
    `['"\`](?:\\/\\S*\\/)?(?:ba|da|z)?sh['"\`]`,
  ].join('|'),
);
const runsText =
  /\beval\s*\(|new Function\b|\bFunction\s*\(|node:vm\b|set(?:Timeout|Interval)\(\s*['"`]/;

function filesWith(pattern: RegExp): readonly string[] {
  return files.filter((path) => pattern.test(readFileSync(join(root, path), 'utf8'))).sort();
}

describe('the production code', () => {
  it('starts processes in one place; the pager is started by people, on their terminal', () => {
    expect(filesWith(startsProcesses)).toEqual([
      'effects/drivers/runCommand.ts',
      // A thread, for templates: what it runs is this program's own.
      'effects/templates/renderTalk.ts',
      // Likewise, for copies of the journal without its secrets.
      'src/agent/journalCopies.ts',
      'src/agent/journalCopyWorker.ts',
      'src/agent/templates/beginRenderThread.ts',
      'src/agent/templates/renderWorker.ts',
      'src/commands/pager.ts',
      // A thread, for journals: the same.
      'src/console/server/time/foldThread.ts',
      'src/console/server/time/foldWorker.ts',
    ]);
  });

  it('uses no shell; one file has names of shells, in order to refuse them', () => {
    expect(filesWith(usesShell)).toEqual(['src/domain/policy/interpreters.ts']);
  });

  it('runs no text as code', () => {
    expect(filesWith(runsText)).toEqual([]);
  });
});

describe('this test', () => {
  it.each([
    [startsProcesses, "import { spawn } from 'node:child_process';"],
    [usesShell, "import { execSync } from 'node:child_process';"],
    [usesShell, "import { type ChildProcess, exec } from 'child_process';"],
    [usesShell, "import * as cp from 'node:child_process';\ncp.exec(text);"],
    [usesShell, "import cp from 'node:child_process';\ncp . execSync(text)"],
    [usesShell, "const cp = await import('node:child_process');\ncp.fork(path);"],
    [usesShell, "const { exec } = await import('child_process');"],
    [usesShell, "import * as cp from 'child_process';\ncp['exec'](text);"],
    [usesShell, "spawn('x', { shell: true })"],
    [usesShell, "spawn('x', { shell })"],
    [usesShell, "spawn('x', { cwd, shell, env })"],
    [usesShell, 'options.shell = true;'],
    [usesShell, "spawn('x', { 'shell': '/bin/x' })"],
    [usesShell, "spawn('sh', ['-c', text])"],
    [usesShell, 'spawn("/bin/bash", [])'],
    [runsText, 'eval(text)'],
    [runsText, "new Function('a', text)"],
    [runsText, "import { runInNewContext } from 'node:vm';"],
    [runsText, "setTimeout('text', 1)"],
  ])('notices %s in %j', (pattern, text) => {
    expect(text).toMatch(pattern);
  });
});
