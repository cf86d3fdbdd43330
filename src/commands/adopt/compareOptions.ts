/**
 * What differs between an app in the file of the replaced system and its own file: by what the
 * values mean to supervisor, not by how they are written. Pure.
 *
 * It says beforehand, and in words, what supervisord would only call "changed"; and it sees what
 * supervisord does not look at, such as a log file that becomes AUTO.
 */
import { parseEnvironment } from '../../domain/content/environment.ts';
import {
  readAutorestart,
  readBoolean,
  readByteSize,
  readExitCodes,
  readInteger,
  readLogFile,
  readUmask,
} from '../../domain/content/optionValues.ts';
import {
  type OptionType,
  programOptions,
  programOptionsByName,
} from '../../domain/content/programOptions.ts';
import { type ConfSection, readConfSections } from '../../domain/supervisorConf.ts';
import { type OldGroup, programNames } from './oldFile.ts';

export interface OptionChange {
  /** Of the program; `group priority` and `group programs` of its group. */
  readonly option: string;
  /** As written; null where it is not set. */
  readonly before: string | null;
  readonly after: string | null;
}

/** Of a group in the old file and the text of the app's own file; empty when nothing would change. */
export function compareGroup(old: OldGroup, text: string): readonly OptionChange[] {
  const sections = readConfSections(text);
  const group = sections.find(({ name }) => name === `group:${old.name}`);
  const program = sections.find(({ name }) => name === `program:${old.name}`);
  const [oldProgram] = old.programs;
  return [
    ...compareGroups(old, group),
    ...comparePrograms(oldProgram?.options ?? noOptions, program?.options ?? noOptions),
  ];
}

const noOptions: ReadonlyMap<string, string> = new Map();

/** supervisor's own, of a `[group:x]`. */
const groupPriorityByDefault = '999';

function compareGroups(old: OldGroup, after: ConfSection | undefined): readonly OptionChange[] {
  const changes: OptionChange[] = [];
  // A program without a group gives its own priority to the group that supervisord makes.
  const before = old.group?.options ?? old.programs[0]?.options ?? noOptions;
  const priorities = [before, after?.options ?? noOptions].map((options) =>
    options.get('priority'),
  );
  const [was, becomes] = priorities.map((text) => integerText(text ?? groupPriorityByDefault));
  if (was !== becomes) {
    changes.push(change('group priority', priorities[0], priorities[1]));
  }
  const members = old.group === undefined ? [old.name] : programNames(old.group);
  if (members.join() !== old.name) {
    changes.push(change('group programs', members.join(','), old.name));
  }
  return changes;
}

function comparePrograms(
  before: ReadonlyMap<string, string>,
  after: ReadonlyMap<string, string>,
): readonly OptionChange[] {
  return programOptions.flatMap(({ name }) => {
    if (meaning(name, before) === meaning(name, after)) return [];
    return [change(name, before.get(name), after.get(name))];
  });
}

/** Equal for two values exactly when supervisor makes the same of them. */
function meaning(name: string, options: ReadonlyMap<string, string>): string {
  const option = programOptionsByName.get(name);
  const text = options.get(name);
  if (text !== undefined) return readMeaning(option?.type ?? 'Text', text);
  // killasgroup follows stopasgroup where it is not set (supervisor manual).
  if (name === 'killasgroup') return meaning('stopasgroup', options);
  return option?.default === undefined ? 'unset' : readMeaning(option.type, option.default);
}

function readMeaning(type: OptionType, text: string): string {
  switch (type) {
    case 'Boolean':
      return String(readBoolean(text) ?? text);
    case 'Integer':
      return integerText(text);
    case 'ByteSize':
      return String(readByteSize(text) ?? text);
    case 'Autorestart':
      return readAutorestart(text) ?? text;
    case 'ExitCodes':
      return readExitCodes(text)?.join() ?? text;
    case 'Umask':
      return String(readUmask(text) ?? text);
    case 'Signal':
      return text.toUpperCase().replace(/^SIG/, '');
    case 'LogFile':
      return readLogFile(text) === 'Path' ? text : readLogFile(text);
    case 'Environment':
      return environmentText(text);
    case 'Command':
    case 'ProcessName':
    case 'User':
    case 'Path':
    case 'Text':
      return text;
  }
}

function integerText(text: string): string {
  return String(readInteger(text) ?? text);
}

function environmentText(text: string): string {
  const environment = parseEnvironment(text);
  if (!environment.ok) return text;
  return JSON.stringify([...environment.value.pairs].sort(([a], [b]) => (a < b ? -1 : 1)));
}

function change(option: string, before: string | undefined, after: string | undefined) {
  return { option, before: before ?? null, after: after ?? null };
}
