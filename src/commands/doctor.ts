/** `supervene doctor`: looks at everything the agent needs on this host. Changes nothing. */
import { exitDone, exitFailed, writeJson } from './commandIo.ts';
import type { CommandRun } from './command.ts';
import { type Check } from './doctor/check.ts';
import { checkApps } from './doctor/checkApps.ts';
import { checkEtcd } from './doctor/checkEtcd.ts';
import { checkFiles } from './doctor/checkFiles.ts';
import { checkHost } from './doctor/checkHost.ts';
import { checkSupervisor } from './doctor/checkSupervisor.ts';
import { checkTemplates } from './doctor/checkTemplates.ts';
import { checkTrust } from './doctor/checkTrust.ts';
import { hostIdentity } from './hostIdentity.ts';
import { paint, visible } from './textTable.ts';

export const runDoctor: CommandRun = async ({ io, options, settings }) => {
  const identity = hostIdentity(settings, io.hostName);
  const [host, etcd, supervisor] = await Promise.all([
    checkHost(settings, identity),
    checkEtcd(settings, identity),
    checkSupervisor(settings),
  ]);
  const apps = checkApps(etcd.apps ?? []);
  const files = await checkFiles(settings, apps.here);
  const appLines = etcd.apps === undefined ? [] : apps.checks;
  const trust = await checkTrust(settings.trust);
  const templates = await checkTemplates(settings);
  const checks = [
    ...host,
    ...etcd.checks,
    ...supervisor,
    ...files,
    ...trust,
    ...templates,
    ...appLines,
  ];
  const problems = checks.filter(({ status }) => status === 'problem').length;
  if (options.has('json')) writeJson(io, { ok: problems === 0, host: identity, checks });
  else {
    const lines = checks.map((check) => formatCheck(check, io.outHasColours));
    io.writeOut(`${lines.join('\n')}\n\n${summary(problems)}\n`);
  }
  return problems === 0 ? exitDone : exitFailed;
};

const colours = { ok: 'green', warning: 'yellow', problem: 'red' } as const;

function formatCheck({ area, status, message, remedy }: Check, hasColours: boolean): string {
  const label = paint(hasColours, colours[status], status.padEnd(7));
  const line = `${label}  ${area.padEnd(11)}  ${visible(message)}`;
  return remedy === null ? line : `${line}\n${' '.repeat(22)}${visible(remedy)}`;
}

function summary(problems: number): string {
  if (problems === 0) return 'no problems';
  return problems === 1 ? '1 problem' : `${problems} problems`;
}
