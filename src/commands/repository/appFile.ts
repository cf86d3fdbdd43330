/**
 * One app in one file: `; hosts: 10.0.0.1, 10.0.0.2` in the first line, and below it the body of its
 * section, as it is. For supervisor the first line is a comment. Pure.
 */
import { type Result, err, ok } from '../../domain/result.ts';
import type { Problem } from '../../domain/types.ts';
import { placementItems } from '../assessApp.ts';

export interface AppFile {
  readonly hosts: string;
  readonly body: string;
}

/** The lines above the body. */
export const headerLines = 1;

export function formatAppFile({ hosts, body }: AppFile): string {
  return `${`; hosts: ${placementItems(hosts).join(', ')}`.trimEnd()}\n${body}`;
}

/** Refuses with `E_NO_HOSTS`. */
export function parseAppFile(text: string): Result<AppFile, Problem> {
  const end = text.indexOf('\n');
  const first = end < 0 ? text : text.slice(0, end);
  const match = /^;[ \t]*hosts[ \t]*:(.*)$/s.exec(first);
  if (match === null) return err(noHosts);
  return ok({ hosts: match[1] ?? '', body: end < 0 ? '' : text.slice(end + 1) });
}

const noHosts: Problem = {
  code: 'E_NO_HOSTS',
  line: 1,
  message: 'the first line does not say where the app runs',
  remedy:
    'Write "; hosts: 10.0.0.1, 10.0.0.2" there, with a placement as --hosts of publish takes.',
};
