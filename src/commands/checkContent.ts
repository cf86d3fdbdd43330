/** The content rules applied to bytes from a file or standard input, as the agent applies them. */
import { decodeContent } from '../domain/content/decodeContent.ts';
import { type ParsedProgram, parseProgram } from '../domain/content/parseProgram.ts';
import type { LeafValue } from '../domain/event.ts';
import { type Result, err, ok } from '../domain/result.ts';
import type { AppName, Problem } from '../domain/types.ts';

export interface CheckedContent {
  /** Decoded, line breaks made LF. */
  readonly text: string;
  readonly warnings: readonly Problem[];
  readonly program: ParsedProgram;
}

export function checkContent(
  app: AppName,
  value: LeafValue,
  unknownOptions: 'refuse' | 'warn',
): Result<CheckedContent, readonly Problem[]> {
  const decoded = decodeContent(value);
  if (!decoded.ok) return err([decoded.error]);
  const parsed = parseProgram(app, decoded.value, { unknownOptions });
  if (!parsed.ok) return parsed;
  const { warnings } = parsed.value;
  return ok({ text: decoded.value, warnings, program: parsed.value });
}

/** Null when it cannot be decoded, whether or not the program in it is refused. */
export function decodedText(value: LeafValue): string | null {
  const decoded = decodeContent(value);
  return decoded.ok ? decoded.value : null;
}

/** `FILE:LINE: CODE message. Remedy`; line 1 stands for the whole file. */
export function problemLine(file: string, { line, code, message, remedy }: Problem): string {
  const stop = /[.?!]$/.test(message) ? '' : '.';
  return `${file}:${Math.max(1, line)}: ${code} ${message}${stop} ${remedy}`;
}
