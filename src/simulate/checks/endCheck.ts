/**
 * What must be true of a host when all is healed and quiet: etcd, disk and supervisord agree, app by
 * app, by an oracle that does not ask the reducers.
 */
import type { HeldCode, Plan } from '../../domain/plan.ts';
import type { ProcessStatus } from '../../domain/types.ts';
import type { InvariantName } from '../invariants.ts';
import type { Ought } from '../world/oracle.ts';

export interface HostPicture {
  readonly apps: readonly string[];
  /** An operator stopped or started it at some time. */
  readonly isOperated: (app: string) => boolean;
  readonly oughtOf: (app: string) => Ought;
  /** Below the marker; undefined when there is no file. */
  readonly bodyOf: (app: string) => string | undefined;
  /** What the content becomes on disk, below the marker; undefined when refused. */
  readonly wantedBodyOf: (app: string, content: string) => string | undefined;
  /** Of the group, as supervisord shows it now. */
  readonly processesOf: (app: string) => readonly ProcessStatus[];
  /** supervisord has the group from somebody else's file, which is gone since. */
  readonly isOfOthers: (app: string) => boolean;
  readonly plan: Plan;
  /** What supervisord would say to `reread` now; undefined when it is content. */
  readonly rereadFault: () => string | undefined;
}

export interface EndFault {
  readonly invariant: InvariantName;
  readonly detail: string;
}

export function findEndFaults(picture: HostPicture): readonly EndFault[] {
  const faults: EndFault[] = [];
  const fault = picture.rereadFault();
  if (fault !== undefined) faults.push({ invariant: 'NoPoison', detail: fault });
  if (picture.plan.steps.length > 0) {
    const steps = picture.plan.steps.map(({ type }) => type).join(', ');
    faults.push({ invariant: 'Convergence', detail: `still to do: ${steps}` });
  }
  for (const app of picture.apps) {
    const found = faultOf(app, picture);
    if (found !== undefined) faults.push({ ...found, detail: `${app}: ${found.detail}` });
  }
  return faults;
}

/** An operator's stop is told before what is wrong with the content. */
const refusalCodes: readonly HeldCode[] = ['Refused', 'Quarantined', 'OperatorStop'];

/** What an operator has stopped does not fail. */
const failureCodes: readonly HeldCode[] = ['Quarantined', 'Failed', 'OperatorStop'];

function faultOf(app: string, picture: HostPicture): EndFault | undefined {
  const ought = picture.oughtOf(app);
  const body = picture.bodyOf(app);
  const processes = picture.processesOf(app);
  if (ought.type === 'Open') return undefined;
  if (ought.type === 'Absent') {
    if (body !== undefined) return { invariant: 'Convergence', detail: 'its file is still there' };
    if (processes.length === 0 || picture.isOfOthers(app)) return undefined;
    return { invariant: 'Convergence', detail: 'its processes are still there' };
  }
  const codes = picture.plan.held.filter((held) => held.app === app).map(({ code }) => code);
  if (codes.includes('OperatorStop') && !picture.isOperated(app)) {
    return { invariant: 'OperatorStop', detail: 'it is held, and no operator has stopped it' };
  }
  switch (ought.fate) {
    case 'Refused':
    case 'RefusedHere':
      if (refusalCodes.some((code) => codes.includes(code))) return undefined;
      return { invariant: 'NoLostUpdate', detail: 'refused content is not told as held' };
    case 'Fails':
      if (failureCodes.some((code) => codes.includes(code))) return undefined;
      return {
        invariant: 'NoLostUpdate',
        detail: `failing content is not told: ${say(processes)}`,
      };
    case 'Runs':
    case 'Ends':
      return faultOfGood(app, ought, picture);
  }
}

function faultOfGood(
  app: string,
  { content, fate }: Extract<Ought, { type: 'Wanted' }>,
  picture: HostPicture,
): EndFault | undefined {
  // Not the body of a hold: whatever an operator stopped was started again.
  const wanted = picture.wantedBodyOf(app, content);
  const body = picture.bodyOf(app);
  const held = picture.plan.held.filter((item) => item.app === app);
  const told = held.map(({ code, reason }) => `${code}: ${reason}`).join('; ');
  if (wanted === undefined) return { invariant: 'PolicyTotal', detail: 'good content is refused' };
  if (body !== wanted) {
    const what = body === undefined ? 'there is no file' : 'its file is not of the last content';
    return { invariant: 'NoLostUpdate', detail: `${what} (${told})` };
  }
  const processes = picture.processesOf(app);
  if (processes.length === 0) return { invariant: 'NoLostUpdate', detail: `no process (${told})` };
  const isFine = processes.every(({ state }) =>
    fate === 'Runs' ? state === 'RUNNING' : state !== 'FATAL' && state !== 'STOPPED',
  );
  return isFine ? undefined : { invariant: 'NoLostUpdate', detail: `${say(processes)} (${told})` };
}

function say(processes: readonly ProcessStatus[]): string {
  return processes.map(({ id, state }) => `${id} ${state}`).join(', ');
}
