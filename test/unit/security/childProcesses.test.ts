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
const usesShell =
  /\b(?:exec|execSync|spawnSync|fork)\b(?=[^;]*child_process)|\bshell: |['"`](?:\/\S*\/)?(?:ba|da|z)?sh['"`]/;
const runsText =
  /\beval\s*\(|new Function\b|\bFunction\s*\(|node:vm\b|set(?:Timeout|Interval)\(\s*['"`]/;

function filesWith(pattern: RegExp): readonly string[] {
  return files.filter((path) => pattern.test(readFileSync(join(root, path), 'utf8'))).sort();
}

describe('the production code', () => {
  it('starts processes in one place; the pager is started by people, on their terminal', () => {
    expect(filesWith(startsProcesses)).toEqual([
      'effects/drivers/runCommand.ts',
      'src/commands/pager.ts',
    ]);
  });

  it('uses no shell', () => {
    expect(filesWith(usesShell)).toEqual([]);
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
    [usesShell, "spawn('x', { shell: true })"],
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
