/**
 * `npm run audit:runtime`: what the registry knows against the packages that the agent runs with. A
 * finding of high or critical severity fails, unless test/setup/auditAnswers.json answers it; a
 * registry that gives no answer is said and passes.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { judgeAudit } from './judgeAudit.js';

const answersPath = fileURLToPath(new URL('auditAnswers.json', import.meta.url));
const answers = JSON.parse(readFileSync(answersPath, 'utf8'));
const { stdout = '' } = spawnSync('npm', ['audit', '--omit=dev', '--json', '--audit-level=none'], {
  cwd: fileURLToPath(new URL('../..', import.meta.url)),
  encoding: 'utf8',
  maxBuffer: 64 * 1024 * 1024,
  timeout: 120_000,
});
const { isGood, lines } = judgeAudit(stdout, answers);
for (const line of lines) console.log(`audit: ${line}`);
process.exit(isGood ? 0 : 1);
