/** The etcd, the hosts and the script of a soak, and what the rounds do with them. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Etcd } from '../../support/etcd.ts';
import { createExpectation, type Version } from './expectation.ts';
import { type SoakHost, soakPrefix } from './host.ts';
import { versionOf } from './look.ts';
import { findUnrest } from './rest.ts';
import type { Fault, Input, Script } from './script.ts';

export interface Stage {
  readonly hosts: readonly SoakHost[];
  readonly script: Script;
  /** Every app there ever was, sorted. */
  readonly apps: () => readonly string[];
  readonly harm: (fault: Fault) => Promise<void>;
  readonly heal: (fault: Fault) => Promise<void>;
  /** In their order, each at its time or when etcd is there again. */
  readonly play: (inputs: readonly Input[]) => Promise<void>;
  /** Of all hosts. */
  readonly unrest: () => Promise<readonly string[]>;
  /** Remembers what runs, now that all is quiet. */
  readonly noteRest: () => Promise<void>;
  readonly isUntouched: (host: string, app: string, inputs: readonly Input[]) => boolean;
}

/** Values of the two leaves; undefined for one that is not there. */
type Leaves = Readonly<{ ips: string | undefined; content: string | Uint8Array | undefined }>;

const nothing: Leaves = { ips: undefined, content: undefined };

export function createStage(etcd: Etcd, hosts: readonly SoakHost[], script: Script): Stage {
  const names = hosts.map(({ name }) => name);
  const expectation = createExpectation(script.apps);
  const leaves = new Map<string, Leaves>();
  const resting = new Map<string, Version>();
  let revision = '0';
  let isEtcdAway = false;

  /** All of these at one revision; as often as it takes. */
  const write = async (apps: readonly string[], read: (app: string) => Leaves): Promise<void> => {
    const changes = Object.fromEntries(
      apps.flatMap((app) => {
        const { ips, content } = read(app);
        return [
          [`${soakPrefix}/${app}/ips`, ips],
          [`${soakPrefix}/${app}/content`, content],
        ];
      }),
    );
    for (;;) {
      while (isEtcdAway) await sleep(20);
      try {
        revision = await etcd.txn(changes);
        return;
      } catch {
        await sleep(50);
      }
    }
  };
  const put = (app: string, value: Leaves): Promise<void> => {
    leaves.set(app, value);
    return write([app], () => value);
  };
  const playOne = async (input: Input): Promise<void> => {
    switch (input.type) {
      case 'Publish':
        return put(input.app, { ips: input.hosts.join(','), content: input.body.value });
      case 'Rapid':
        for (const { value } of input.bodies) {
          await put(input.app, { ips: input.hosts.join(','), content: value });
        }
        return;
      case 'Again':
        return put(input.app, leaves.get(input.app) ?? nothing);
      case 'Halve':
        return put(input.app, { ...(leaves.get(input.app) ?? nothing), [input.leaf]: undefined });
      case 'Delete':
        return put(input.app, nothing);
      case 'DeleteAll': {
        const gone = [...leaves.keys()].filter((app) => app !== input.spared);
        await write(gone, () => nothing);
        await sleep(input.restoreAfterMs);
        return write(gone, (app) => leaves.get(app) ?? nothing);
      }
    }
  };
  const onEtcd = async (kind: Fault['kind'], isHarm: boolean): Promise<void> => {
    if (kind === 'etcd-compacted')
      return isHarm ? etcd.compact().catch(() => undefined) : undefined;
    if (isHarm) isEtcdAway = true;
    if (kind === 'etcd-killed') await (isHarm ? etcd.kill() : etcd.start());
    if (kind === 'etcd-stopped') (isHarm ? etcd.pause : etcd.resume)();
    if (!isHarm) isEtcdAway = false;
  };
  const hostOf = (fault: Fault): SoakHost | undefined =>
    hosts.find(({ name }) => name === fault.host);

  return {
    hosts,
    script,
    apps: () => [...leaves.keys()].sort(),
    harm: (fault) => hostOf(fault)?.harm(fault) ?? onEtcd(fault.kind, true),
    heal: (fault) => hostOf(fault)?.heal(fault) ?? onEtcd(fault.kind, false),
    play: async (inputs) => {
      const beganMs = performance.now();
      for (const input of inputs) {
        await sleep(Math.max(0, input.atMs - (performance.now() - beganMs)));
        expectation.onInput(input, names);
        await playOne(input);
      }
    },
    unrest: async () => {
      const found = await Promise.all(
        hosts.map(async (host) => {
          const unrest = await findUnrest({
            ...{ host, expectation, revision, apps: [...leaves.keys()] },
            isStopped: (app) => script.stopped().has(`${host.name}/${app}`),
            isFailing: (app) => script.apps().get(app)?.body.fate === 'Fails',
          });
          return unrest.map((what) => `${host.name}: ${what}`);
        }),
      );
      return found.flat();
    },
    noteRest: async () => {
      for (const host of hosts) {
        const processes = await host.processes().catch(() => []);
        for (const app of leaves.keys()) {
          const found = versionOf(processes, app) ?? 'None';
          // What does not stay up runs now and then: that is no rest.
          const runs = expectation.expected(host.name, app).has(found) ? found : 'None';
          resting.set(`${host.name}/${app}`, runs);
          // What an operator keeps stopped is not gone.
          if (script.stopped().has(`${host.name}/${app}`)) continue;
          expectation.onRest(host.name, app, runs, performance.now());
        }
      }
    },
    isUntouched: (host, app, inputs) => {
      const runs = resting.get(`${host}/${app}`) ?? 'None';
      const isSteady = runs !== 'None' && !script.stopped().has(`${host}/${app}`);
      return isSteady && expectation.isUntouched(host, app, runs, inputs);
    },
  };
}
