/**
 * The types of events that this version knows, for who reads a journal: a later version may have
 * written others, and must not be taken for a fault of the reducers.
 */
import type { Event } from './event.ts';

const known = {
  AgentStarted: true,
  DesiredListed: true,
  DesiredChanged: true,
  DesiredLost: true,
  IdentityObserved: true,
  ProcessesListed: true,
  ProcessesChanged: true,
  SupervisorLost: true,
  ConfFilesListed: true,
  ConfFilesChanged: true,
  ConfDirLost: true,
  PlanStarted: true,
  HostProbed: true,
  FileWritten: true,
  FileRemoved: true,
  FileFailed: true,
  RereadDone: true,
  RereadRefused: true,
  RereadFailed: true,
  StopsRequested: true,
  StopsFailed: true,
  GroupsUpdated: true,
  StartsRequested: true,
  StartsFailed: true,
  PlanFinished: true,
  TurnAwaited: true,
  TurnTaken: true,
  TurnEnded: true,
  HealthChecked: true,
  RetryRequested: true,
  RemovalsConfirmed: true,
  Ticked: true,
} satisfies Readonly<Record<Event['type'], true>>;

const types: ReadonlySet<string> = new Set(Object.keys(known));

/** Completes "line 7: …"; undefined for an event that is known. */
export function unknownEvent({ type }: Pick<Event, 'type'>): string | undefined {
  return types.has(type)
    ? undefined
    : `events of type ${type} are not known to this supervene: a later version wrote it`;
}
