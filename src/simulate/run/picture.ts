/** One host as it stands, for the judgement at the end. */
import type { HostPicture } from '../checks/endCheck.ts';
import type { Plan } from '../../domain/plan.ts';
import type { Identity, Revision, PlanId } from '../../domain/types.ts';
import { confDir, hostSettings } from '../world/hostSettings.ts';
import { belowMarker, bodyOf, oughtOf } from '../world/oracle.ts';
import type { World, WorldHost } from '../world/world.ts';

const noPlan: Plan = {
  ...{ id: 'plan-0' as PlanId, revision: '0' as Revision },
  ...{ steps: [], held: [], wakeAtMs: undefined },
};

/** Looked at again and again while a cluster heals; the settings are always the same. */
const bodies = new Map<string, readonly [string, string]>();

export function pictureOf({ etcd }: World, host: WorldHost, apps: readonly string[]): HostPicture {
  const settings = hostSettings(host.id, { driver: 'rpc' });
  const identity: Identity = {
    ...{ hostId: host.id, hostNames: [host.id], addresses: host.addresses },
  };
  const processes = host.supervisord.list();
  return {
    apps,
    oughtOf: (app) => oughtOf(etcd, settings, app, identity),
    bodyOf: (app) => readBody(host, app),
    bodiesOf: (app, content) => {
      const key = `${app}\n${content}`;
      const known = bodies.get(key);
      if (known !== undefined) return known;
      const body = bodyOf(app, content, settings, false);
      const held = bodyOf(app, content, settings, true);
      if (body === undefined || held === undefined) return undefined;
      const both: readonly [string, string] = [body, held];
      bodies.set(key, both);
      return both;
    },
    processesOf: (app) => processes.filter(({ group }) => group === app),
    plan: host.loop()?.current().plan ?? noPlan,
    rereadFault: () => {
      if (host.supervisord.reachability() !== 'Answers') return 'supervisord is away';
      const reply = host.supervisord.calls.reloadConfig();
      return reply.ok ? undefined : reply.error.text;
    },
  };
}

function readBody({ disk }: WorldHost, app: string): string | undefined {
  try {
    return belowMarker(disk.readText(`${confDir}/${app}.supervene.conf`));
  } catch {
    return undefined;
  }
}
