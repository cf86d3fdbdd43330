/** The hands of the agent: each kind of step bound to what carries it out on this host. */
import { asyncScheduler } from 'rxjs';
import type { ApplyPlanDeps } from '../../effects/applyPlan.ts';
import type { ConfFiles } from '../../effects/confFiles.ts';
import type { Driver } from '../../effects/drivers/driver.ts';
import { createRpcDriver } from '../../effects/drivers/rpcDriver.ts';
import { createSupervisorctlDriver } from '../../effects/drivers/supervisorctlDriver.ts';
import { createProbeHost } from '../../effects/probeHost.ts';
import { readSupervisorConfs } from '../../streams/conf/includes.ts';
import type { Supervisor } from '../clients/supervisor.ts';
import type { Settings } from '../settings/settings.ts';
import type { HostPorts } from './hostPorts.ts';

/**
 * A whole update, Python's start included; stops are over before it begins. Nothing else is done
 * meanwhile, so a child that hangs is not given long.
 */
export const updateTimeoutMs = 10_000;

/** Each kind of step, bound to what carries it out. */
export function bindHands(
  { supervisor, driver, probe }: Pick<HostPorts, 'supervisor' | 'driver' | 'probe'>,
  confFiles: ConfFiles,
): ApplyPlanDeps {
  return {
    probe,
    writeFiles: (steps) => confFiles.writeAll(steps),
    removeFiles: (steps) => confFiles.removeAll(steps),
    reread: () => reread(supervisor),
    stop: (processes) => supervisor.stopProcesses(processes),
    start: (processes) => supervisor.startProcesses(processes),
    update: (groups) => driver.updateGroups(groups),
  };
}

/** For this host, as the settings have it. */
export function createProbe(settings: Settings, supervisor: Supervisor): HostPorts['probe'] {
  return createProbeHost(
    {
      getSupervisordPid: async () => {
        const instance = await supervisor.getInstance();
        return instance.ok ? instance.value.pid : undefined;
      },
      readConfTexts: () => readSupervisorConfs(settings.supervisor.config),
    },
    { configPath: settings.supervisor.config, confDir: settings.files.dir },
  );
}

export async function reread(supervisor: Supervisor): ReturnType<ApplyPlanDeps['reread']> {
  const result = await supervisor.reloadConfig();
  if (result.ok) return { type: 'RereadDone', ...result.value };
  const { error } = result;
  if (error.type !== 'CantReread') return { type: 'RereadFailed', error };
  return { type: 'RereadRefused', detail: error.detail, file: error.file };
}

export function createDriver(settings: Settings, supervisor: Supervisor): Driver {
  const options = { timeoutMs: updateTimeoutMs };
  switch (settings.supervisor.driver) {
    case 'supervisorctl':
      return createSupervisorctlDriver(
        { scheduler: asyncScheduler, env: process.env },
        { ...options, configPath: settings.supervisor.config },
      );
    case 'rpc':
      return createRpcDriver({ ...supervisor, scheduler: asyncScheduler }, options);
  }
}
