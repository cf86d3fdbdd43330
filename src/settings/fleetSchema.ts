/** The settings of what an agent tells the fleet, and what it lets itself be asked. */
import { setting } from './setting.ts';
import { duration, oneOf } from './settingTypes.ts';

/** On or off, as one of two words. */
type Switch = 'on' | 'off';

export const fleetSchema = {
  fleetReport: setting<Switch>(
    'fleet.report',
    '--fleet-report',
    'agent',
    oneOf('on', 'off'),
    'on',
    'tell in etcd how far this host is with each app',
  ),
  fleetTtl: setting(
    'fleet.ttl',
    '--fleet-ttl',
    'agent',
    duration(5_000, 600_000),
    20_000,
    'without a word from the agent for so long, the host counts as lost',
  ),
  fleetRequests: setting<Switch>(
    'fleet.requests',
    '--fleet-requests',
    'agent',
    oneOf('on', 'off'),
    'on',
    'act on what is asked of this host through etcd',
  ),
};
