/** A model supervisord on a kernel of its own, with an agent's way to it. */
import { createKernel, type Due, type Kernel } from '../../../src/simulate/kernel/kernel.ts';
import { createRng } from '../../../src/simulate/kernel/rng.ts';
import { createSupervisord } from '../../../src/simulate/model/supervisord.ts';
import {
  calmWire,
  createSupervisordClient,
  type SupervisordClient,
  type SupervisordWire,
} from '../../../src/simulate/model/supervisordClient.ts';
import { plainHost } from '../../../src/simulate/model/supervisordHost.ts';
import type { SupervisordModel } from '../../../src/simulate/model/supervisordModel.ts';
import type { ProcessNews } from '../../../src/simulate/model/supervisordProcess.ts';

export type ModelHost = ReturnType<typeof createModelHost>;

/** What `onDue` of the model wants: one timer, which looks again when it was too early. */
function advanceWhenDue(kernel: Kernel, model: () => SupervisordModel): () => void {
  let timer: Due | undefined;
  let atMs = Infinity;
  const look = (): void => {
    const dueMs = model().nextDueMs() ?? Infinity;
    if (dueMs >= atMs) return;
    timer?.cancel();
    atMs = dueMs;
    timer = kernel.after(dueMs - kernel.now(), () => {
      atMs = Infinity;
      model().advance(kernel.now());
      look();
    });
  };
  return look;
}

/** Texts by file name; undefined is a file that cannot be read. */
export function createModelHost(
  confs: Readonly<Record<string, string>> = {},
  isReapedLate: () => boolean = () => false,
) {
  const kernel = createKernel(1_700_000_000_000);
  const files = new Map<string, string | undefined>(Object.entries(confs));
  const news: ProcessNews[] = [];
  const model: SupervisordModel = createSupervisord({
    now: kernel.now,
    host: plainHost,
    readConfs: () => [
      { path: '/etc/supervisord.conf', text: '[supervisord]\n' },
      ...[...files]
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([name, text]) => ({ path: `/etc/conf.d/${name}`, text })),
    ],
    isReapedLate,
    onNews: (item) => news.push(item),
    onDue: () => onDue(),
  });
  const onDue = advanceWhenDue(kernel, () => model);
  const scheduler = kernel.schedulerFor(() => false);
  const wire: SupervisordWire = calmWire();
  const connect = (): SupervisordClient =>
    createSupervisordClient({ model, scheduler, rng: createRng('a test'), wire });
  const pass = (ms: number): Promise<void> => kernel.run(kernel.now() + ms);
  /** Runs the kernel until it settles; a minute at most. */
  const settled = async <Value>(promise: Promise<Value>): Promise<Value> => {
    let outcome: { readonly value: Value } | undefined;
    void promise.then((value) => (outcome = { value }));
    await kernel.run(kernel.now() + 60_000, () => outcome !== undefined);
    if (outcome === undefined) throw new Error('it has not settled within a minute');
    return outcome.value;
  };
  const state = (id: string): string =>
    model.list().find((process) => process.id === id)?.state ?? 'none';
  return { kernel, files, news, model, scheduler, wire, connect, pass, settled, state };
}
