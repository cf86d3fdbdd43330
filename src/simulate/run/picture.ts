/** One host as it stands, for the judgement at the end. */
import type { HostPicture } from '../checks/endCheck.ts';
import type { Plan } from '../../domain/plan.ts';
import type { Identity, Revision, PlanId } from '../../domain/types.ts';
import { createConfigReader } from '../model/supervisordConfig.ts';
import { createConfReader } from '../world/confReader.ts';
import { hostOf } from '../world/hostFacts.ts';
import { confDir, hostSettings } from '../world/hostSettings.ts';
import { foreignCommand } from '../world/operator.ts';
import { belowMarker, bodyOf, oughtOf } from '../world/oracle.ts';
import type { World, WorldHost } from '../world/world.ts';

const noPlan: Plan = {
  ...{ id: 'plan-0' as PlanId, revision: '0' as Revision },
  ...{ steps: [], held: [], wakeAtMs: undefined },
};

/** Looked at again and again while a cluster heals; the settings are always the same. */
const bodies = new Map<string, string>();

export function pictureOf(
  { etcd }: World,
  host: WorldHost,
  apps: readonly string[],
  operated: ReadonlySet<string>,
): HostPicture {
  const settings = hostSettings(host.id, { driver: 'rpc' });
  const identity: Identity = {
    ...{ hostId: host.id, hostNames: [host.id], addresses: host.addresses },
  };
  const processes = host.supervisord.list();
  return {
    apps,
    isOperated: (app) => operated.has(`${host.id} ${app}`),
    oughtOf: (app) => oughtOf(etcd, settings, app, identity),
    bodyOf: (app) => readBody(host, app),
    wantedBodyOf: (app, content) => {
      const key = `${app}\n${content}`;
      const body = bodies.get(key) ?? bodyOf(app, content, settings, false);
      if (body !== undefined) bodies.set(key, body);
      return body;
    },
    processesOf: (app) => processes.filter(({ group }) => group === app),
    isOfOthers: (app) => host.supervisord.commandsOf(app).every((one) => one === foreignCommand),
    plan: host.loop()?.current().plan ?? noPlan,
    rereadFault: () => {
      if (host.supervisord.reachability() !== 'Answers') return 'supervisord is away';
      // Read beside supervisord: to ask it for a reread would do the agent's work.
      const groups = createConfigReader(hostOf(host.id))(createConfReader(host.disk)());
      return groups.ok ? undefined : groups.error;
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
