/**
 * What a command may touch: its texts, its streams, and what it needs to know of the machine.
 *
 * Tests give their own; `main.ts` makes the real one.
 */
import { type Result } from '../domain/result.ts';
import type { Pager } from './pager.ts';

export interface CommandIo {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly workingDir: string;
  readonly hostName: string;
  /** Colours are welcome there: a terminal, and NO_COLOR not set. */
  readonly outHasColours: boolean;
  readonly errorHasColours: boolean;
  /** Standard error is a terminal. */
  readonly isErrorTerminal: boolean;
  readonly writeOut: (text: string) => void;
  /** To standard output as they are. */
  readonly writeBytes?: (bytes: Uint8Array) => void;
  /** Of any kind. */
  readonly isOutTerminal?: boolean;
  readonly writeError: (text: string) => void;
  /** `ok(undefined)` when there is no such file; the error says why it cannot be read. */
  readonly readText: (path: string) => Result<string | undefined, string>;
  /** At most `maxBytes` + 1 bytes; `-` is standard input. The error says why not. */
  readonly readInput: (path: string, maxBytes: number) => Promise<Result<Uint8Array, string>>;
  /** Without showing what is typed; undefined where there is no terminal. The error: given up. */
  readonly askSecret?: ((prompt: string) => Promise<Result<string, string>>) | undefined;
  /** For output that may be long; undefined where it is to go straight out. */
  readonly openPager?: () => Pager | undefined;
  /** Resolves when what was written has left this process, so that memory stays bounded. */
  readonly flush?: () => Promise<void>;
  /** Standard output; undefined when it is no terminal, or one that cannot move its cursor. */
  readonly terminal?: Terminal | undefined;
  /** Acts when people or the system want this to end (Ctrl-C, SIGTERM, a closed terminal). */
  readonly onEnd?: (act: () => void) => Undo;
}

export interface Terminal {
  readonly columns: () => number;
  readonly rows: () => number;
  readonly onResize: (act: () => void) => Undo;
}

/** From now on as if nothing had been asked for. */
export type Undo = () => void;

/** What happened, and what to do about it. */
export interface Fault {
  readonly message: string;
  readonly remedy?: string | undefined;
}

export const exitDone = 0;
export const exitFailed = 1;
export const exitUsedWrongly = 2;
export const exitDifferent = 3;

/** People's text, on standard error. */
export function tellFault(io: CommandIo, fault: Fault): void {
  const label = io.errorHasColours ? '\u001b[1;31merror:\u001b[0m' : 'error:';
  io.writeError(`${label} ${fault.message}\n`);
  if (fault.remedy !== undefined) io.writeError(`  ${fault.remedy}\n`);
}

export function tellWarning(io: CommandIo, fault: Fault): void {
  const label = io.errorHasColours ? '\u001b[1;33mwarning:\u001b[0m' : 'warning:';
  io.writeError(`${label} ${fault.message}\n`);
  if (fault.remedy !== undefined) io.writeError(`  ${fault.remedy}\n`);
}

export function writeJson(io: CommandIo, document: unknown): void {
  io.writeOut(`${JSON.stringify(document, undefined, 2)}\n`);
}

/** Ends a command that failed: the fault for people, and with `--json` for programs too. */
export function fail(
  io: CommandIo,
  isJson: boolean,
  fault: Fault & Readonly<Record<string, unknown>>,
): number {
  tellFault(io, fault);
  const { message, ...rest } = fault;
  if (isJson) writeJson(io, { error: message, ...rest });
  return exitFailed;
}

export function misuse(io: CommandIo, fault: Fault): number {
  tellFault(io, fault);
  return exitUsedWrongly;
}
