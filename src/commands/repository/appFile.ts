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

/** Two in one line: what stands behind it is not meant for hosts. */
export function canBeHeader(hosts: string): boolean {
  return !hosts.includes(';');
}

/** Refuses with `E_NO_HOSTS`, and with `E_BOM`. */
export function parseAppFile(text: string): Result<AppFile, Problem> {
  const end = text.indexOf('\n');
  const first = end < 0 ? text : text.slice(0, end);
  const match = /^;[ \t]*hosts[ \t]*:(.*)$/s.exec(first);
  if (first.startsWith('\ufeff')) return err(hasBom);
  if (match === null) return err(noHosts);
  if (!canBeHeader(match[1] ?? '')) return err(hasComment);
  return ok({ hosts: match[1] ?? '', body: end < 0 ? '' : text.slice(end + 1) });
}

const noHosts: Problem = {
  code: 'E_NO_HOSTS',
  line: 1,
  message: 'the first line does not say where the app runs',
  remedy:
    'Write "; hosts: 10.0.0.1, 10.0.0.2" there, with a placement as --hosts of publish takes.',
};

const hasBom: Problem = {
  code: 'E_BOM',
  line: 1,
  message: 'there is a byte order mark (U+FEFF) before the first line',
  remedy: 'Save it as UTF-8 without BOM.',
};

const hasComment: Problem = {
  code: 'E_NO_HOSTS',
  line: 1,
  message: 'what stands behind the second ";" would be taken for hosts',
  remedy: 'Put comments on lines of their own, below the first.',
};
