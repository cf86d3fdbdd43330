/** What adoption does, for people and as JSON. Pure. */
import { basename } from 'node:path';
import { readConfSections } from '../../domain/supervisorConf.ts';
import { paint, visible } from '../textTable.ts';
import { colourDiff, unifiedDiff } from '../unifiedDiff.ts';
import { type AdoptedApp, type Adoption, describeChange, type OtherGroup } from './adoption.ts';
import type { OptionChange } from './compareOptions.ts';
import type { FoundFile } from './findOldFiles.ts';
import { formatSection } from './oldFile.ts';

export interface AdoptionReport {
  readonly host: string;
  readonly revision: string;
  readonly files: readonly {
    readonly path: string;
    readonly aside: string;
    /** Where what is not taken over goes; null when nothing is left. */
    readonly rest: string | null;
  }[];
  readonly apps: readonly ReportedApp[];
  readonly others: readonly OtherGroup[];
  readonly leftToAgent: readonly string[];
  readonly warnings: readonly string[];
}

interface ReportedApp {
  readonly app: string;
  readonly revision: string;
  readonly file: string;
  readonly changes: readonly OptionChange[];
  /** Unified, from the old sections to the new ones; empty when the options stay the same. */
  readonly diff: string;
}

export function reportAdoption(
  adoption: Adoption,
  files: readonly FoundFile[],
  confDir: string,
  known: Pick<AdoptionReport, 'host' | 'revision' | 'warnings'>,
): AdoptionReport {
  return {
    ...known,
    files: files.map(({ path, aside, restPath }) => {
      const left = adoption.files.find((file) => file.path === path)?.rest;
      return { path, aside, rest: left === undefined ? null : restPath };
    }),
    apps: adoption.apps.map((app) => reportApp(app, confDir)),
    others: adoption.others,
    leftToAgent: adoption.leftToAgent,
  };
}

function reportApp(adopted: AdoptedApp, confDir: string): ReportedApp {
  const { app, revision, changes, old, text } = adopted;
  const file = `${confDir}/${app}.supervene.conf`;
  const sections = old.group === undefined ? old.programs : [old.group, ...old.programs];
  const before = sections.map(formatSection).join('');
  const after = readConfSections(text).map(formatSection).join('');
  const names = [basename(old.path), basename(file)] as const;
  const diff = changes.length === 0 ? '' : unifiedDiff(app, before, after, names);
  return { app, revision, file, changes, diff };
}

export function describeAdoption(report: AdoptionReport, hasColours: boolean): string {
  const { files, apps, others, leftToAgent } = report;
  if (files.length === 0) {
    return 'nothing to take over: no other file defines an app that etcd places on this host\n';
  }
  const lines: string[] = [];
  for (const { app, revision, changes, diff } of apps) {
    const word = changes.length === 0 ? 'as it is' : changes.map(describeChange).join('; ');
    lines.push(`${paint(hasColours, 'bold', app)}  revision ${revision}, ${visible(word)}`);
    if (diff !== '') lines.push(colourDiff(visible(diff), hasColours).trimEnd());
  }
  for (const { group, reason } of others)
    lines.push(`${visible(group)}  stays: ${visible(reason)}`);
  if (leftToAgent.length > 0) {
    lines.push(`the agent will start: ${leftToAgent.join(', ')} (placed here, in no file)`);
  }
  lines.push('');
  if (apps.length > 0) lines.push(`write ${apps.map(({ file }) => basename(file)).join(' ')}`);
  for (const { path, aside, rest } of files) {
    if (rest !== null) lines.push(`write ${basename(rest)} with what stays`);
    lines.push(`rename ${path} to ${basename(aside)}`);
  }
  return `${lines.join('\n')}\n`;
}
