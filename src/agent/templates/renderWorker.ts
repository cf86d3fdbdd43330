/** The thread that makes texts of templates: what it is given becomes a text or a fault, one by one. */
import { parentPort, workerData } from 'node:worker_threads';
import {
  askedData,
  type RenderJob,
  type RenderThreadData,
  type ThreadWord,
} from '../../../effects/templates/renderTalk.ts';
import {
  type CompiledTemplate,
  createTemplateEngine,
} from '../../../effects/templates/templateEngine.ts';
import type { TemplateFault } from '../../../effects/templates/templateLimits.ts';
import type { Result } from '../../domain/result.ts';

interface Parsed {
  readonly text: string;
  readonly compiled: Result<CompiledTemplate, TemplateFault>;
}

const data = workerData as RenderThreadData;
const engine = createTemplateEngine(data.limits);
const parsedByName = new Map<string, Parsed>();
const say = (word: ThreadWord): void => parentPort?.postMessage(word);

function parse({ name, text }: RenderJob): Result<CompiledTemplate, TemplateFault> {
  const before = parsedByName.get(name);
  if (before?.text === text) return before.compiled;
  const compiled = engine.compile(text);
  parsedByName.set(name, { text, compiled });
  return compiled;
}

parentPort?.on('message', (job: RenderJob) => {
  const template = parse(job);
  const result = template.ok ? template.value(askedData(job.host, data, say)) : template;
  say({ type: 'Made', result });
});
say({ type: 'Ready' });
