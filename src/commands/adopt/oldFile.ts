/**
 * The file of the replaced system as the groups that supervisord makes of it, or everything in it
 * that is for no app. Pure.
 *
 * confd's template writes a `[group:x]` and a `[program:x]` for each app into one file. What people
 * have added by hand may look different: a program without a group, a group of several programs.
 */
import { type ConfSection, readConfSections } from '../../domain/supervisorConf.ts';

export interface OldGroup {
  readonly name: string;
  /** The file that defines it. */
  readonly path: string;
  /** Undefined for a program without a group: supervisord makes one of the same name. */
  readonly group: ConfSection | undefined;
  readonly programs: readonly ConfSection[];
}

export interface OldFile {
  readonly path: string;
  readonly groups: readonly OldGroup[];
  /** Why it cannot be taken over as a whole; sentences without a full stop. */
  readonly problems: readonly string[];
}

export function readOldFile(path: string, text: string): OldFile {
  const problems: string[] = [];
  const sections = readConfSections(text, ({ line, text: found }) => {
    problems.push(`line ${String(line)} is neither option nor section: ${found.slice(0, 60)}`);
  });
  const programs = new Map<string, ConfSection>();
  const groups = new Map<string, ConfSection>();
  for (const section of sections) {
    const [kind, name] = splitName(section.name);
    if (kind === 'program') programs.set(name, section);
    else if (kind === 'group') groups.set(name, section);
    else problems.push(`[${section.name}] is no app: move that section to a file of its own`);
  }
  const grouped = new Set<string>();
  const found: OldGroup[] = [];
  for (const [name, group] of groups) {
    const members = programNames(group);
    const known = members.flatMap((member) => programs.get(member) ?? []);
    const missing = members.filter((member) => !programs.has(member));
    if (members.length === 0) problems.push(`[group:${name}] names no program`);
    for (const member of missing) {
      problems.push(`[group:${name}] names the program ${member}, which is not in this file`);
    }
    for (const member of members) grouped.add(member);
    found.push({ name, path, group, programs: known });
  }
  for (const [name, program] of programs) {
    if (!grouped.has(name)) found.push({ name, path, group: undefined, programs: [program] });
  }
  return { path, groups: found.sort((a, b) => (a.name < b.name ? -1 : 1)), problems };
}

/** Of a `[group:x]`, as supervisor's `list_of_strings` reads it. */
export function programNames(group: ConfSection): readonly string[] {
  const text = group.options.get('programs') ?? '';
  const names = text.split(',').map((name) => name.trim());
  return names.filter((name) => name !== '');
}

/** The sections of these groups as a file of their own: read back, they are the same. */
export function formatGroups(groups: readonly OldGroup[]): string {
  const sections = groups.flatMap(({ group, programs }) =>
    group === undefined ? programs : [group, ...programs],
  );
  return sections.map(formatSection).join('\n');
}

/** Nothing stands around the `=`: a value that begins with `;` would become a comment. */
export function formatSection({ name, options }: ConfSection): string {
  const lines = [...options].map(
    ([key, value]) => `${key}=${value.replaceAll(/\n(?!\n)/g, '\n    ')}`,
  );
  return `[${name}]\n${lines.map((line) => `${line}\n`).join('')}`;
}

function splitName(section: string): readonly [kind: string, name: string] {
  const colon = section.indexOf(':');
  if (colon === -1) return [section, ''];
  return [section.slice(0, colon), section.slice(colon + 1).trim()];
}
