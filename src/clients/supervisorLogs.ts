/**
 * The logs of processes: where supervisord writes them, and pieces of them by XML-RPC.
 *
 * supervisord answers a piece that is not whole UTF-8 with HTTP 500 and a traceback in its own log;
 * whoever can read the file itself should (`effects/host/readLogFile.ts`).
 */
import type { CallError } from '../domain/event.ts';
import { err, ok, type Result } from '../domain/result.ts';
import { createXmlRpc, type XmlRpcOptions } from './xmlRpc.ts';

export type LogStream = 'stdout' | 'stderr';

export interface LogPlaces {
  /** As supervisord has it now; '' for none. */
  readonly stdout: string;
  readonly stderr: string;
}

export interface SupervisorLogs {
  /** Of a process by its `group:name`. */
  places(id: string): Promise<Result<LogPlaces, CallError>>;
  /** In bytes. */
  size(id: string, stream: LogStream): Promise<Result<number, CallError>>;
  /** From an offset in bytes; shorter at the end. */
  read(
    id: string,
    stream: LogStream,
    offset: number,
    length: number,
  ): Promise<Result<Uint8Array, CallError>>;
  close(): void;
}

export function createSupervisorLogs(options: XmlRpcOptions): SupervisorLogs {
  const rpc = createXmlRpc(options);
  const methodOf = (verb: string, stream: LogStream): string =>
    `supervisor.${verb}Process${stream === 'stdout' ? 'Stdout' : 'Stderr'}Log`;
  return {
    places: async (id) => {
      const info = await rpc.call('supervisor.getProcessInfo', [id], { isRead: true });
      if (!info.ok) return info;
      const fields = new Map<string, unknown>(Object.entries(info.value ?? {}));
      const [stdout, stderr] = [fields.get('stdout_logfile'), fields.get('stderr_logfile')];
      if (typeof stdout !== 'string' || typeof stderr !== 'string') {
        return err({ type: 'Malformed', detail: 'getProcessInfo: no log files' });
      }
      return ok({ stdout, stderr });
    },
    size: async (id, stream) => {
      const reply = await rpc.call(methodOf('tail', stream), [id, 0, 0], { isRead: true });
      if (!reply.ok) return reply;
      const size: unknown = Array.isArray(reply.value) ? reply.value[1] : undefined;
      if (typeof size === 'number' && size >= 0) return ok(size);
      return err({ type: 'Malformed', detail: 'a tail without its offset' });
    },
    read: async (id, stream, offset, length) => {
      const params = [id, offset, length];
      const reply = await rpc.call(methodOf('read', stream), params, {
        isRead: true,
        scan: scanString,
      });
      if (!reply.ok) return reply;
      if (typeof reply.value === 'string') return ok(Buffer.from(reply.value, 'utf8'));
      return err({ type: 'Malformed', detail: 'a log that is no text' });
    },
    close: rpc.close,
  };
}

/** A log may hold what XML may not: escape sequences, NUL. supervisord sends it all the same. */
function scanString(reply: string): string | undefined {
  const found = /<param>\s*<value><string>([^<]*)<\/string><\/value>\s*<\/param>/.exec(reply)?.[1];
  return found?.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&');
}
