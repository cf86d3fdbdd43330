/** Whether each template can be read and makes sense, and its file can be written and reloaded. */
import { constants } from 'node:fs';
import { access, lstat, readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { findProgram } from '../../../effects/drivers/findProgram.ts';
import { lookUpOwner } from '../../agent/fileOwner.ts';
import type { Hook, Template } from '../../domain/template/template.ts';
import { type Check, checkerFor } from './check.ts';

const check = checkerFor('templates');

export async function checkTemplates(templates: readonly Template[]): Promise<readonly Check[]> {
  const checks: Check[] = [];
  for (const template of templates) {
    const found = [
      ...(await checkSource(template)),
      ...(await checkDest(template)),
      ...(await checkOwner(template)),
      ...(await checkHook('check', template.check)),
      ...(await checkHook('reload', template.reload)),
    ];
    const { src, dest } = template;
    checks.push(...(found.length > 0 ? found : [check.ok(`${src} can be made into ${dest}`)]));
  }
  return checks;
}

async function checkSource({ src }: Template): Promise<readonly Check[]> {
  let text: string;
  try {
    text = await readFile(src, 'utf8');
  } catch (error) {
    const remedy = 'write it, or correct src in supervene.toml';
    return [check.problem(`${src} cannot be read: ${codeOf(error)}`, remedy)];
  }
  const { createTemplateEngine } = await import('../../../effects/templates/templateEngine.ts');
  const compiled = createTemplateEngine().compile(text);
  if (compiled.ok) return [];
  return [check.problem(`${src}: ${compiled.error.detail}`, 'correct it: see docs/templates.md')];
}

async function checkDest({ dest }: Template): Promise<readonly Check[]> {
  const dir = dirname(dest);
  try {
    await access(dir, constants.W_OK | constants.X_OK);
  } catch (error) {
    const remedy = 'make the directory, or run the agent as somebody who may write there';
    return [check.problem(`${dir} cannot be written: ${codeOf(error)}`, remedy)];
  }
  const found = await lstat(dest).catch(() => undefined);
  if (found === undefined || found.isFile()) return [];
  const what = found.isSymbolicLink() ? 'a symbolic link' : 'not a regular file';
  return [check.problem(`${dest} is ${what}: it is not replaced`, 'move it away, or correct dest')];
}

async function checkOwner({ owner }: Template): Promise<readonly Check[]> {
  const found = await lookUpOwner(owner, 'template.owner');
  if (!found.ok) return [check.problem(found.error, 'correct owner in supervene.toml')];
  const own = process.getuid?.() ?? 0;
  const uid = found.value.uid ?? own;
  if (own === 0 || own === uid) return [];
  const message = `files cannot be given to user id ${String(uid)} by user id ${String(own)}`;
  return [check.problem(message, 'run the agent as root, or set owner to its user')];
}

async function checkHook(name: string, hook: Hook | undefined): Promise<readonly Check[]> {
  const [program] = hook?.words ?? [];
  if (program === undefined) return [];
  const found = await findProgram(program, process.env);
  return found.ok
    ? []
    : [check.problem(`${name}: ${found.error}`, `install it, or correct ${name}`)];
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : String(error);
}
