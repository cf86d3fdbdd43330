/** What tests of the cluster wait for. */
import { waitFor } from '../../support/waitFor.ts';
import type { NetCluster } from './cluster.ts';
import type { ManagedHost } from './managedHost.ts';

/** Leases and the patience of nginx end in seconds. */
export const timing = { timeoutMs: 45_000, intervalMs: 100 };

/** Visits are answered by exactly these, and none of the visits by nobody. */
export async function waitForAnswersOf(
  { whoAnswers }: NetCluster,
  hosts: readonly ManagedHost[],
): Promise<void> {
  const names = hosts.map(({ name }) => name).join();
  await waitFor(
    `answers of ${names}`,
    async () => {
      const found = (await whoAnswers()).join();
      if (found !== names) throw new Error(`answers of ${found}`);
      return true;
    },
    timing,
  );
}

/** What `supervene status` says of the host. */
export async function waitForStatus(
  { supervene }: NetCluster,
  host: ManagedHost,
  condition: string,
): Promise<void> {
  const isSo = async (): Promise<boolean> => {
    const { hosts } = JSON.parse((await supervene(['status', '--json'])).stdout) as StatusView;
    return hosts.find(({ host: name }) => name === host.name)?.condition === condition;
  };
  await waitFor(`${host.name} to be ${condition}`, isSo, timing);
}

interface StatusView {
  readonly hosts: readonly { readonly host: string; readonly condition: string }[];
}

/** Where nginx sends visitors of the site: exactly there. */
export async function waitForUpstream(
  { proxy }: NetCluster,
  hosts: readonly ManagedHost[],
): Promise<void> {
  const wanted = hosts.map(({ host }) => `${host.address}:8088`).join();
  const isSo = (): boolean => {
    const found =
      proxy
        .read(nginxFile)
        .match(/(?<=server )[\d.]+:8088/g)
        ?.join() ?? '';
    if (found !== wanted) throw new Error(`an upstream of ${found}`);
    return true;
  };
  await waitFor(`an upstream of ${wanted}`, isSo, timing);
}

export const nginxFile = '/etc/nginx/live/nginx.conf';

export async function waitForProcess(host: ManagedHost, state = 'RUNNING'): Promise<number> {
  const isSo = async (): Promise<number | undefined> => {
    const found = await host.process('demo1');
    return found?.statename === state ? found.pid : undefined;
  };
  return waitFor(`demo1 on ${host.name} to be ${state}`, isSo, timing);
}
