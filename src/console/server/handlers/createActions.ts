/** The handlers of apps, orders, logs, keys and the audit trail, over the one client of the console. */
import type { ConsoleDeps, Handlers } from '../handlers.ts';
import { createAuditRoute } from './auditRoute.ts';
import { createHosts } from './hosts.ts';
import { createKeys } from './keys.ts';
import { createLogs } from './logs.ts';
import { createOrders } from './orders.ts';
import { createHandlerDeps } from './parts.ts';
import { createPublish } from './publish.ts';
import { createReadApp } from './readApp.ts';
import { createRollout } from './rollout.ts';

export type ActionRoute =
  | ('app' | 'history' | 'publish' | 'unpublish' | 'rollBack' | 'rollout')
  | ('orders' | 'forgetHost' | 'log' | 'followLog')
  | ('keys' | 'key' | 'writeKey' | 'audit');

/** `hostName`: of the machine that the console runs on, for the records. */
export function createActions(deps: ConsoleDeps, hostName: string): Pick<Handlers, ActionRoute> {
  const shared = createHandlerDeps(deps, hostName);
  return {
    ...createReadApp(shared),
    ...createPublish(shared),
    ...createRollout(shared),
    ...createOrders(shared),
    ...createHosts(shared),
    ...createLogs(shared),
    ...createKeys(shared),
    ...createAuditRoute(shared),
  };
}
