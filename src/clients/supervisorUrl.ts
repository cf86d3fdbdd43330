/** Where supervisord listens: `unix:///path` or `http://host:port`, as in `[supervisorctl]`. */
import { err, ok, type Result } from '../domain/result.ts';

export type SupervisorAddress =
  | Readonly<{ type: 'Unix'; socketPath: string; name: string }>
  | Readonly<{ type: 'Tcp'; host: string; port: number; name: string }>;

/** The error is a sentence for a person. `name` has no credentials in it. */
export function parseSupervisorUrl(url: string): Result<SupervisorAddress, string> {
  const unix = /^unix:\/\/(\/.+)$/.exec(url)?.[1];
  if (unix !== undefined) return ok({ type: 'Unix', socketPath: unix, name: unix });
  const tcp = /^http:\/\/(?:\[([0-9A-Fa-f:.]+)\]|([^/:@[\]]+))(?::(\d{1,5}))?(?:\/(?:RPC2)?)?$/;
  const match = tcp.exec(url);
  const host = match?.[1] ?? match?.[2];
  const port = Number(match?.[3] ?? 9001);
  if (host === undefined || port < 1 || port > 65_535) {
    return err('the supervisor URL must be unix:///path/to/socket or http://host:port');
  }
  const name = host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
  return ok({ type: 'Tcp', host, port, name });
}
