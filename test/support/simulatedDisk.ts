/** Lives of processes on one model disk, each of which may end at a chosen call. */
import { type SchedulerLike } from 'rxjs';
import { type FileDeps } from '../../src/clients/fileSystem.ts';
import { createKernel } from '../../src/simulate/kernel/kernel.ts';
import { type Rng } from '../../src/simulate/kernel/rng.ts';
import { createFileSystemModel } from '../../src/simulate/model/fileSystem.ts';
import { createFileFaults, type FileCall } from '../../src/simulate/model/fileSystemFaults.ts';
import { createFileSystemWire } from '../../src/simulate/model/fileSystemWire.ts';

export interface CrashPlan {
  /** Of the calls that change something, from 0. */
  readonly atCall: number;
  readonly when: 'before' | 'after';
  readonly how: 'Kill' | 'PowerCut';
  /** Chooses what a power cut leaves. */
  readonly rng: Rng;
}

export interface Life {
  readonly files: FileDeps;
  readonly scheduler: SchedulerLike;
  readonly calls: readonly FileCall[];
  readonly isOver: () => boolean;
  /** Without a crash at a call. */
  readonly end: () => void;
}

export function createSimulatedDisk() {
  const kernel = createKernel(Date.UTC(2026, 0));
  const model = createFileSystemModel({ nowMs: kernel.now });
  const faults = createFileFaults();
  let nonces = 0;

  const beginLife = (plan?: CrashPlan, latencyMs?: () => number): Life => {
    const calls: FileCall[] = [];
    let isOver = false;
    const scheduler = kernel.schedulerFor(() => isOver);
    const strikeIf = (when: CrashPlan['when'], index: number): void => {
      if (isOver || plan?.when !== when || plan.atCall !== index) return;
      isOver = true;
      wire.kill();
      if (plan.how === 'PowerCut') model.crash(plan.rng);
    };
    const wire = createFileSystemWire({
      model,
      scheduler,
      faults,
      ...(latencyMs === undefined ? {} : { latencyMs }),
      before: (call) => {
        calls.push(call);
        strikeIf('before', calls.length - 1);
      },
      after: () => strikeIf('after', calls.length - 1),
    });
    const nonce = (): string => (nonces++).toString(16).padStart(16, '0');
    const { fileSystem } = wire;
    const end = (): void => {
      isOver = true;
      wire.kill();
    };
    return { files: { fileSystem, nonce }, scheduler, calls, isOver: () => isOver, end };
  };

  /** What it resolves with, unless its life ends before. */
  const settle = async <T>(
    life: Life,
    promise: Promise<T>,
    ms = 60_000,
  ): Promise<T | undefined> => {
    let value: T | undefined;
    let isSettled = false;
    const noted = promise.then((result) => {
      value = result;
      isSettled = true;
    });
    await kernel.run(kernel.now() + ms, () => isSettled || life.isOver());
    if (!isSettled && !life.isOver()) throw new Error('it neither settles nor dies');
    if (isSettled) await noted;
    return value;
  };

  return { kernel, model, faults, beginLife, settle };
}
