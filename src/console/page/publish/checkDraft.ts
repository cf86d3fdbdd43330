/**
 * What is wrong with what is typed, by the rules that agents go by. The text goes the way that it will
 * go: as base64, decoded and parsed like what stands in etcd. Pure.
 */
import { decodeBase64 } from '../../../domain/content/base64.ts';
import { decodeContent } from '../../../domain/content/decodeContent.ts';
import { parseProgram } from '../../../domain/content/parseProgram.ts';
import { programOptionsByName } from '../../../domain/content/programOptions.ts';
import { nearest } from '../../../domain/nearest.ts';
import { parsePlacement } from '../../../domain/placement.ts';
import { err, type Result } from '../../../domain/result.ts';
import type { AppName, Problem } from '../../../domain/types.ts';
import { decodeUtf8 } from '../../../domain/utf8.ts';

/** Warnings, or what it is refused for. */
export function checkText(
  app: AppName,
  text: string,
): Result<readonly Problem[], readonly Problem[]> {
  const decoded = decodeContent({ type: 'Text', text: text.trim() === '' ? '' : toBase64(text) });
  if (!decoded.ok) return err([decoded.error]);
  const parsed = parseProgram(app, decoded.value, { unknownOptions: 'refuse' });
  return parsed.ok ? { ok: true, value: parsed.value.warnings } : parsed;
}

/** Errors and warnings in the order of their lines. */
export function problemsOfText(app: AppName, text: string): readonly Problem[] {
  const checked = checkText(app, text);
  return checked.ok ? checked.value : checked.error;
}

export function isRefusal({ code }: Problem): boolean {
  return code.startsWith('E_');
}

/** What is wrong, and what to do about it. */
export function sentencesOf({ message, remedy }: Problem): string {
  return `${message}${/[.?!]$/.test(message) ? '' : '.'} ${remedy}`;
}

/** What was probably meant by an option that there is none of; undefined for everything else. */
export function meantOption({ code }: Problem, line: string): string | undefined {
  if (code !== 'E_UNKNOWN_OPTION' && code !== 'E_NO_COMMAND') return undefined;
  const name = nameIn(line)?.name.toLowerCase();
  if (name === undefined || programOptionsByName.has(name) || name.length > 64) return undefined;
  const known = code === 'E_NO_COMMAND' ? ['command'] : programOptionsByName.keys();
  return nearest(name, known);
}

/** The name of an option at the start of a line, and where it ends. */
export function nameIn(line: string): { readonly name: string; readonly end: number } | undefined {
  const name = /^\s*([^=:;#[\s][^=:]*?)\s*[=:]/.exec(line)?.[1];
  return name === undefined ? undefined : { name, end: line.indexOf(name) + name.length };
}

export interface CheckedPlacement {
  readonly warnings: readonly Problem[];
  /** Why no agent would do as it says. */
  readonly refusal: Problem | undefined;
}

export function checkPlacement(ips: string): CheckedPlacement {
  const { warnings, isUnintelligible } = parsePlacement(ips);
  return isUnintelligible
    ? { warnings: [], refusal: warnings[0] }
    : { warnings, refusal: undefined };
}

/**
 * The program in what was pasted from a key editor, as base64; undefined when it is none. Text that
 * can be read as options is what it seems to be.
 */
export function unpackBase64(text: string): string | undefined {
  const packed = text.trim();
  if (packed.length < 8 || /[:=][^=\s]/.test(packed)) return undefined;
  const decoded = decodeBase64(packed.replaceAll(/\s/g, ''));
  if (!('bytes' in decoded)) return undefined;
  const unpacked = decodeUtf8(decoded.bytes);
  if (!('text' in unpacked)) return undefined;
  return /^\s*\w+\s*[=:]/m.test(unpacked.text) ? unpacked.text : undefined;
}

function toBase64(text: string): string {
  const bytes = new TextEncoder().encode(text);
  let binary = '';
  for (let at = 0; at < bytes.length; at += 8192) {
    binary += String.fromCharCode(...bytes.subarray(at, at + 8192));
  }
  return btoa(binary);
}
