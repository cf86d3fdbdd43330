/** The plan of an apply in words. */
import { type CommandIo, type Fault, tellWarning } from '../commandIo.ts';
import { problemLine } from '../checkContent.ts';
import { paint, visible } from '../textTable.ts';
import { colourDiff, unifiedDiff } from '../unifiedDiff.ts';
import type { FileProblem } from './parseAppDir.ts';
import type { Step } from './signPlan.ts';

const warningsMax = 20;

/** Those of 200 apps by the same rule are not all worth a line. */
export function tellWarnings(io: CommandIo, warnings: readonly Fault[]): void {
  for (const warning of warnings.slice(0, warningsMax)) tellWarning(io, warning);
  const more = warnings.length - warningsMax;
  if (more > 0) tellWarning(io, { message: `and ${String(more)} more warnings` });
}

/** One line, whatever the file is called. */
export function visibleLine({ file, problem }: FileProblem): string {
  return visible(problemLine(file, problem)).replaceAll('\n', '\\n');
}

export function tellSteps(io: CommandIo, steps: readonly Step[], isSummary: boolean): void {
  for (const step of steps) {
    io.writeOut(`${paint(io.outHasColours, 'bold', `${step.action} ${step.app}`)}\n`);
    if (!isSummary) io.writeOut(colourDiff(diffOf(step), io.outHasColours));
  }
}

export function diffOf({ app, action, entry, change }: Step): string {
  if (change !== undefined) return change.diff;
  const { ips } = entry;
  if (action !== 'remove' || ips?.value.type !== 'Text') return '';
  return unifiedDiff(`${app}/ips`, ips.value.text.split(/[\s,]+/).join('\n'), '');
}

/** `2 to create, 1 to remove, 197 unchanged`. */
export function summaryText(steps: readonly Step[], unchanged: number, isDone: boolean): string {
  const count = (action: Step['action']): number =>
    steps.filter((step) => step.action === action).length;
  const words = isDone
    ? { create: 'created', change: 'changed', sign: 'signed', remove: 'removed' }
    : { create: 'to create', change: 'to change', sign: 'to sign', remove: 'to remove' };
  const parts = (['create', 'change', 'sign', 'remove'] as const)
    .filter((action) => count(action) > 0)
    .map((action) => `${String(count(action))} ${words[action]}`);
  return [...parts, `${String(unchanged)} unchanged`].join(', ');
}
