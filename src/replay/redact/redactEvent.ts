/** One event without secrets. Plans are not made of the old ones: they are derived anew. */
import { assertNever } from '../../domain/assertNever.ts';
import type { CallError, DecisionSettings, Event } from '../../domain/event.ts';
import type { Plan } from '../../domain/plan.ts';
import type { AppName, ConfFile, ProcessStatus, Sha256 } from '../../domain/types.ts';
import type { Placeholders } from './placeholders.ts';
import { redactEntry } from './redactContent.ts';
import { redactOptions } from './redactOption.ts';
import { redactRefusal } from './redactRefusal.ts';

export interface Redaction {
  readonly placeholders: Placeholders;
  /** Of the hash of a file text: that of the redacted one, or of none that is known. */
  readonly hash: (sha256: Sha256) => Sha256;
}

/** `derivePlan` gives the plan of the redacted state. */
export function redactEvent(event: Event, redaction: Redaction, derivePlan: () => Plan): Event {
  const { placeholders, hash } = redaction;
  const { scrub } = placeholders;
  switch (event.type) {
    case 'AgentStarted':
      return { ...event, settings: redactSettings(event.settings, placeholders) };
    case 'DesiredListed':
    case 'DesiredChanged':
      return { ...event, entries: event.entries.map((entry) => redactEntry(entry, placeholders)) };
    case 'DesiredLost':
    case 'ConfDirLost':
      return { ...event, detail: scrub(event.detail) };
    case 'RereadRefused':
      return { ...event, detail: scrub(redactRefusal(event.detail)) };
    case 'ProcessesListed':
      return { ...event, processes: event.processes.map((each) => redactProcess(each, redaction)) };
    case 'ProcessesChanged':
      return { ...event, changed: event.changed.map((each) => redactProcess(each, redaction)) };
    case 'ConfFilesListed':
      return { ...event, files: event.files.map((file) => redactFile(file, redaction)) };
    case 'ConfFilesChanged':
      return { ...event, changed: event.changed.map((file) => redactFile(file, redaction)) };
    case 'PlanStarted':
      return { ...event, plan: derivePlan() };
    case 'HostProbed':
      return {
        ...event,
        contentSha256: hash(event.contentSha256),
        refusals: event.refusals.map(({ code, message, remedy }) => ({
          code,
          message: scrub(message),
          remedy: scrub(remedy),
        })),
      };
    case 'FileWritten':
      return { ...event, sha256: hash(event.sha256) };
    case 'FileFailed':
      return { ...event, error: { ...event.error, detail: scrub(event.error.detail) } };
    case 'SupervisorLost':
    case 'RereadFailed':
    case 'StopsFailed':
    case 'StartsFailed':
      return { ...event, error: redactError(event.error, placeholders) };
    case 'GroupsUpdated':
      return event.error === undefined
        ? event
        : { ...event, error: redactError(event.error, placeholders) };
    case 'StopsRequested':
    case 'StartsRequested':
      return { ...event, failures: event.failures.map(scrub) };
    case 'TurnAwaited':
      return { ...event, detail: scrub(event.detail) };
    case 'HealthChecked':
      return { ...event, contentSha256: hash(event.contentSha256), detail: scrub(event.detail) };
    case 'RetryRequested':
    case 'RemovalsConfirmed':
      return { ...event, by: scrub(event.by) };
    case 'IdentityObserved':
    case 'FileRemoved':
    case 'RereadDone':
    case 'PlanFinished':
    case 'TurnTaken':
    case 'TurnEnded':
    case 'Ticked':
      return event;
    default:
      return assertNever(event);
  }
}

export function redactSettings(
  settings: DecisionSettings,
  placeholders: Placeholders,
): DecisionSettings {
  const trust = redactTrust(settings.trust, placeholders);
  const programDefaults = redactOptions(anyApp, settings.programDefaults, placeholders);
  const { policy } = settings;
  if (policy === undefined) return { ...settings, ...trust, programDefaults };
  // Where placeholders lie is allowed: what the policy let through, it lets through in the copy.
  const places = { commandPrefixes: [placeholderRoot], logDirs: [placeholderRoot] };
  return { ...settings, ...trust, programDefaults, policy: { ...policy, ...places } };
}

function redactTrust(
  trust: DecisionSettings['trust'],
  { scrub }: Placeholders,
): Pick<DecisionSettings, 'trust'> {
  if (trust?.fault === undefined) return {};
  return { trust: { ...trust, fault: scrub(trust.fault) } };
}

const placeholderRoot = '/redacted';

const anyApp = 'app' as AppName;

export function redactError(error: CallError, { scrub }: Placeholders): CallError {
  return { ...error, detail: scrub(error.detail) };
}

export function redactProcess(process: ProcessStatus, { placeholders }: Redaction): ProcessStatus {
  return { ...process, spawnError: placeholders.scrub(process.spawnError) };
}

function redactFile(file: ConfFile, { placeholders, hash }: Redaction): ConfFile {
  switch (file.type) {
    case 'Ours':
      return { ...file, sha256: hash(file.sha256), markedSha256: hash(file.markedSha256) };
    case 'Blocked':
      return { ...file, detail: placeholders.scrub(file.detail) };
    case 'Foreign':
      return file;
    default:
      return assertNever(file);
  }
}
