/** The console itself, in the foreground, until a signal ends it. */
import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { etcdConnection } from '../../settings/connections.ts';
import type { CommandInput } from '../command.ts';
import { exitDone, exitFailed, misuse, tellFault } from '../commandIo.ts';
import { consoleFault } from './consoleFault.ts';

/** Whatever etcd does. */
const closeMaxMs = 2_000;
const flagNames = ['role', 'apps', 'hosts', 'also', 'password-file', 'json'];

export async function serveConsole({ io, options, settings, version }: CommandInput) {
  const stray = flagNames.find((name) => options.has(name));
  if (stray !== undefined) return misuse(io, { message: `--${stray} belongs to console user` });
  const fault = consoleFault(settings);
  if (fault !== undefined) return misuse(io, fault);
  const connection = etcdConnection(settings);
  if (!connection.ok) {
    tellFault(io, { message: connection.error, remedy: 'correct etcd.passwordFile' });
    return exitFailed;
  }
  // Whatever is made without a mode of its own is nobody else's.
  process.umask(0o077);
  const { createLog } = await import('../../log/createLog.ts');
  const { level, format } = settings.log;
  const log = createLog({ level, format, hasColours: io.errorHasColours });
  const { createEtcdClient } = await import('../../clients/etcd.ts');
  const client = createEtcdClient(connection.value);
  const { createConsole } = await import('../../console/server/createConsole.ts');
  const { createAudit } = await import('../../console/server/audit/auditTrail.ts');
  const nowMs = (): number => Date.now();
  const { etcd } = settings;
  const later = (ms: number, run: () => void): void => void setTimeout(run, ms).unref();
  const audit = createAudit({ client, etcd, nowMs, sleep, later, random: Math.random });
  const instance = randomBytes(8).toString('hex');
  const made = await createConsole({ settings, version, instance, log, nowMs, client, audit });
  if (!made.ok) {
    client.close();
    tellFault(io, { message: made.error });
    return exitFailed;
  }
  const { url, setUpUrl, close } = made.value;
  io.writeOut(`console ${url}\n`);
  if (setUpUrl !== undefined) {
    io.writeOut(`there are no users yet; make the first one here, once:\n  ${setUpUrl}\n`);
  }
  await new Promise<void>((resolve) => {
    if (io.onEnd === undefined) resolve();
    else io.onEnd(resolve);
  });
  await close();
  await Promise.race([audit.close(), sleep(closeMaxMs, undefined, { ref: false })]);
  client.close();
  return exitDone;
}
