/**
 * What `supervene/simulate` exports: a cluster for one's own tests, and whole simulations from a
 * seed. See docs/simulation.md.
 */
export { createCluster } from './createCluster.ts';
export type { Cluster, ClusterHost, ClusterOptions } from './createCluster.ts';
export type { ClusterEtcd, ClusterValue } from './clusterEtcd.ts';
export { type Invariant, type InvariantName, invariants, type Violation } from './invariants.ts';
export { simulate } from './run/simulate.ts';
export type { SimulationOptions, SimulationResult } from './run/simulate.ts';
export type { Action, DiskFault, EtcdFault, ScriptedAction } from './script/action.ts';
export { describeAction } from './script/describeAction.ts';
export { type FaultName, faultNames, faultTexts } from './script/faults.ts';
