/**
 * The log of the agent, to standard error: lines for people on a terminal, JSON otherwise.
 *
 * Written synchronously, so that the last line before an end is there. Secrets are taken out.
 */
import { type Writable } from 'node:stream';
import { pino } from 'pino';
import { formatLogLine } from './formatLogLine.ts';
import { type Log } from './log.ts';
import { redactFields, redactText } from './redact.ts';

export interface LogOptions {
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  readonly format: 'pretty' | 'json';
  readonly hasColours: boolean;
  /** Standard error unless given; tests give their own. */
  readonly destination?: Writable;
}

export function createLog(options: LogOptions): Log {
  const stream = openStream(options);
  const { level } = options;
  const logger = pino({ level, base: null, timestamp: pino.stdTimeFunctions.isoTime }, stream);
  return {
    debug: (fields, message) => logger.debug(redactFields(fields), oneLine(message)),
    info: (fields, message) => logger.info(redactFields(fields), oneLine(message)),
    warn: (fields, message) => logger.warn(redactFields(fields), oneLine(message)),
    error: (fields, message) => logger.error(redactFields(fields), oneLine(message)),
  };
}

function openStream(options: LogOptions): pino.DestinationStream {
  const destination = options.destination ?? standardError();
  if (options.format === 'json') return destination;
  const { hasColours } = options;
  return { write: (json) => void destination.write(formatLogLine(json, hasColours)) };
}

function standardError(): ReturnType<typeof pino.destination> {
  const destination = pino.destination({ fd: 2, sync: true });
  // Nobody reads any more; the agent goes on all the same.
  destination.on('error', () => undefined);
  return destination;
}

/** Text from outside cannot fake a second line, nor move the cursor. */
function oneLine(message: string): string {
  return redactText(message).replaceAll(/\p{Cc}+/gu, ' ');
}
