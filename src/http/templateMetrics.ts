/** The metrics of template files: `supervene_template_…`, one of each for a file. */
import { Counter, Gauge, type Registry } from 'prom-client';

export interface TemplateCounts {
  readonly dest: string;
  readonly isDone: boolean;
  readonly isReloadOwed: boolean;
  readonly writes: number;
  readonly reloads: number;
  /** By what failed. */
  readonly failures: Readonly<Record<string, number>>;
}

export function createTemplateMetrics(registers: Registry[]): {
  readonly set: (counts: readonly TemplateCounts[]) => void;
} {
  const gauge = (name: string, help: string): Gauge =>
    new Gauge({ name: `supervene_template_${name}`, help, labelNames: ['dest'], registers });
  const counter = (name: string, help: string, ...labelNames: string[]): Counter =>
    new Counter({
      ...{ name: `supervene_template_${name}_total`, help, registers },
      labelNames: ['dest', ...labelNames],
    });
  const done = gauge('done', '1 while the file is as it is to be, its reload done; otherwise 0.');
  const owed = gauge('reload_owed', '1 while the file is in place and its reload is not done.');
  const writes = counter('writes', 'How often the file was replaced.');
  const reloads = counter('reloads', 'How often its reload succeeded.');
  const failures = counter('failures', 'What failed of it, by what it was.', 'at');
  return {
    set: (templates) => {
      for (const one of [done, owed, writes, reloads, failures]) one.reset();
      for (const { dest, isDone, isReloadOwed, ...counts } of templates) {
        done.set({ dest }, isDone ? 1 : 0);
        owed.set({ dest }, isReloadOwed ? 1 : 0);
        writes.inc({ dest }, counts.writes);
        reloads.inc({ dest }, counts.reloads);
        for (const [at, count] of Object.entries(counts.failures))
          failures.inc({ dest, at }, count);
      }
    },
  };
}
