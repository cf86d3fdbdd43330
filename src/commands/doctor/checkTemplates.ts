/** Whether each template can be read and makes sense, and its file can be written and reloaded. */
import { constants } from 'node:fs';
import { access, lstat, readFile, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { findProgram } from '../../../effects/drivers/findProgram.ts';
import { type TakenFiles, whyTaken } from '../../../effects/templates/takenFiles.ts';
import { usualLimits } from '../../../effects/templates/templateLimits.ts';
import { lookUpOwner } from '../../agent/fileOwner.ts';
import { nodeFileSystem } from '../../clients/fileSystem.ts';
import type { Hook, Template } from '../../domain/template/template.ts';
import type { Settings } from '../../settings/settings.ts';
import { type Check, checkerFor } from './check.ts';

const check = checkerFor('templates');

export async function checkTemplates({
  templates,
  configPath,
  files,
}: Pick<Settings, 'templates' | 'configPath' | 'files'>): Promise<readonly Check[]> {
  const checks: Check[] = [];
  for (const [index, template] of templates.entries()) {
    const dests = templates.slice(0, index).map(({ dest }) => dest);
    const taken = { dests, configPath, confDir: files.dir };
    const found = [
      ...(await checkSource(template)),
      ...(await checkDest(template, taken)),
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
  const { sourceMax } = usualLimits;
  const unfit = (what: string): readonly Check[] => [
    check.problem(`${src} ${what}`, 'correct it, or src in supervene.toml'),
  ];
  let text: string;
  try {
    // A pipe would be waited for, and a device has no end.
    const found = await stat(src);
    if (!found.isFile()) return unfit('is not a regular file');
    if (found.size > sourceMax) return unfit(`has more than ${String(sourceMax)} bytes`);
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

async function checkDest({ dest }: Template, taken: TakenFiles): Promise<readonly Check[]> {
  const dir = dirname(dest);
  try {
    await access(dir, constants.W_OK | constants.X_OK);
  } catch (error) {
    const remedy = 'make the directory, or run the agent as somebody who may write there';
    return [check.problem(`${dir} cannot be written: ${codeOf(error)}`, remedy)];
  }
  const why = await whyTaken(nodeFileSystem, dest, taken);
  if (why !== undefined) return [check.problem(why, 'write the text to another file')];
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
