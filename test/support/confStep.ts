/** A plan's step that puts a file with a true marker in place. */
import { createHash } from 'node:crypto';
import { formatMarker } from '../../src/domain/content/marker.ts';
import { type PlanStep } from '../../src/domain/plan.ts';
import { type AppName, type Revision, type Sha256 } from '../../src/domain/types.ts';

export function writeStep(
  name: string,
  body = '[program:x]\ncommand=true\n',
): Extract<PlanStep, { type: 'WriteFile' }> {
  const app = name as AppName;
  const revision = '7' as Revision;
  const sha256 = createHash('sha256').update(body).digest('hex') as Sha256;
  const text = `${formatMarker({ app, revision, sha256 })}\n${body}`;
  return { type: 'WriteFile', app, revision, sha256, text, because: 'the test says so' };
}
