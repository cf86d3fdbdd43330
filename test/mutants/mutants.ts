/**
 * Every bug that is planted, the replaced system's own among them. A mutant that no longer applies
 * is a failure: write it anew for the code as it is now.
 */
import { desiredMutants } from './list/desired.ts';
import { etcdMutants } from './list/etcd.ts';
import { fileMutants } from './list/files.ts';
import { journalMutants } from './list/journal.ts';
import { judgementMutants } from './list/judgement.ts';
import { processMutants } from './list/processes.ts';
import { turnMutants } from './list/turns.ts';
import type { Mutant } from './mutant.ts';

export const mutants: readonly Mutant[] = [
  ...etcdMutants,
  ...desiredMutants,
  ...fileMutants,
  ...journalMutants,
  ...processMutants,
  ...judgementMutants,
  ...turnMutants,
];
