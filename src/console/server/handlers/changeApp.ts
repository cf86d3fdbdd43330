/**
 * One way to change an app for `publish`, `unpublish` and `rollBack`: may they, is it still as they
 * saw it, is it to be signed; then judged by the agents' rules and written with its record.
 */
import type { AppReading } from '../../../commands/appStore.ts';
import { judgeTexts, type GivenTexts } from '../../../commands/judgeTexts.ts';
import { judgeCheck } from '../../../commands/judgeContent.ts';
import { type Change, planChange } from '../../../commands/planChange.ts';
import { type RecordWish, textsOf } from '../../../commands/recordChange.ts';
import type { AppMark, Conflict } from '../../../domain/console/api.ts';
import type { Role } from '../../../domain/console/roles.ts';
import { mayOnAllHosts, whyBeyond } from '../../../domain/console/scope.ts';
import type { AppTexts } from '../../../domain/fleet/publication.ts';
import { err, ok, type Result } from '../../../domain/result.ts';
import { type AppName, parseRevision, type Problem, type Revision } from '../../../domain/types.ts';
import type { Answer } from '../../../http/respond.ts';
import { type ConsoleAsk, faultAnswer } from '../handlers.ts';
import { appDocument, appMark, shortSummary } from './appDocument.ts';
import { type Decided, type Done, done, notDone } from './audited.ts';
import {
  deniedAnswer,
  etcdAnswer,
  type Fields,
  fieldsOf,
  type HandlerDeps,
  placeOf,
  wrongAnswer,
} from './parts.ts';

export interface ChangeWish {
  readonly app: AppName;
  readonly expected: AppMark;
  readonly message: string;
}

/** Of `expected` in a body. */
export function markIn(fields: Fields): Result<AppMark, Answer> {
  const given = fieldsOf(fields.get('expected'));
  const read = (leaf: keyof AppMark): Revision | null | undefined => {
    const value = given?.get(leaf);
    if (value === null) return null;
    return typeof value === 'string' ? parseRevision(value) : undefined;
  };
  const [ips, content] = [read('ips'), read('content')];
  const [signature, rollout] = [read('signature'), read('rollout')];
  const isRead = ips !== undefined && content !== undefined;
  if (isRead && signature !== undefined && rollout !== undefined) {
    return ok({ ips, content, signature, rollout });
  }
  return err(
    wrongAnswer(
      'expected does not name the revisions that ips, content, signature and rollout were read at',
    ),
  );
}

/** As it stands there now, for somebody who may change it to what it is to be: to `ips`, if given. */
export async function readToChange(
  deps: HandlerDeps,
  ask: ConsoleAsk,
  { app, expected }: ChangeWish,
  ips?: string,
): Promise<Result<AppReading, Answer>> {
  const reading = await deps.store.read(app);
  if (!reading.ok) return err(etcdAnswer(reading.error));
  const { entry } = reading.value;
  const placements = [placementOf(reading.value), ...(ips === undefined ? [] : [ips])];
  const beyond = await whyDenied(deps, ask, app, placements);
  if (beyond !== undefined) return err(beyond);
  const now = appMark(entry);
  const isSame = (['ips', 'content', 'signature', 'rollout'] as const).every(
    (leaf) => now[leaf] === expected[leaf],
  );
  if (!isSame) return err(conflictAnswer(ask, app, reading.value));
  if (entry.signature !== undefined) return err(signedAnswer(app));
  return reading;
}

/** Empty: there is none; undefined: nobody can read it. */
export function placementOf({ entry }: AppReading): string | undefined {
  if (entry.ips === undefined) return '';
  return entry.ips.value.type === 'Text' ? entry.ips.value.text : undefined;
}

/** The grants must reach every host that any of the placements may mean. Undefined: they do. */
export async function whyDenied(
  { fleet }: HandlerDeps,
  { principal: { grants } }: ConsoleAsk,
  app: AppName,
  placements: readonly (string | undefined)[],
  role: Role = 'publisher',
): Promise<Answer | undefined> {
  if (mayOnAllHosts(grants, role, app)) return undefined;
  const reading = await fleet.read('HostsOnly');
  if (!reading.ok) return etcdAnswer(reading.error);
  const hosts = reading.value.view.hosts.flatMap(({ host, report }) =>
    report === undefined
      ? []
      : { hostId: host, hostNames: report.hostNames, addresses: report.addresses },
  );
  const why = whyBeyond({ grants, role, app, placements, hosts });
  return why === undefined ? undefined : deniedAnswer(why);
}

function conflictAnswer({ principal }: ConsoleAsk, app: AppName, now: AppReading): Answer {
  const conflict: Conflict = {
    code: 'Conflict',
    error: `${app} was changed by somebody else meanwhile; nothing was written`,
    remedy: 'look at what stands there now, and publish again',
    now: appDocument(app, now, principal.grants),
  };
  return faultAnswer(409, conflict);
}

function signedAnswer(app: AppName): Answer {
  return faultAnswer(422, {
    code: 'Signed',
    error: `${app} is signed; hosts that enforce signatures would refuse it without one`,
    remedy: `the console has no keys: supervene publish ${app} --sign KEYFILE, from where the key is`,
  });
}

export function refusedAnswer(app: AppName, problems: readonly Problem[]): Answer {
  const [first] = problems;
  const error = `${app}: not published, it is refused: ${first?.message ?? ''}`;
  return faultAnswer(422, { code: first?.code ?? 'Refused', error, problems });
}

export interface PublishWish extends ChangeWish {
  readonly given: GivenTexts;
  readonly unknownOptions: 'refuse' | 'warn';
  readonly action: RecordWish['action'];
  /** Of a rollback. */
  readonly to?: Revision | undefined;
}

/** Judges, and leaves the writing to be done: what was read must still be so then. */
export async function decidePublish(
  deps: HandlerDeps,
  ask: ConsoleAsk,
  reading: AppReading,
  wish: PublishWish,
): Promise<Decided> {
  const { app, given } = wish;
  const change = judge(deps, reading, wish);
  if (!change.ok) return change;
  if (given.ips !== undefined) {
    const beyond = await whyDenied(deps, ask, app, [change.value.after.ips]);
    if (beyond !== undefined) return err(beyond);
  }
  return ok(() => publishChange(deps, ask, reading, wish, change.value));
}

async function publishChange(
  deps: HandlerDeps,
  ask: ConsoleAsk,
  { entry }: AppReading,
  { app, message, action, to }: PublishWish,
  change: Change,
): Promise<Done> {
  const before = shortSummary(textsOf(entry));
  const after = shortSummary(textsAfter(change));
  if (change.diff === '') {
    return done({ revision: null }, { before, after, detail: 'nothing to change' });
  }
  const record = { ...recordOf(deps, ask, action, message), ...(to === undefined ? {} : { to }) };
  const values = { ...change.after, signature: undefined };
  const outcome = await deps.store.publish(app, values, entry, record);
  if (!outcome.ok) return notDone(etcdAnswer(outcome.error), { before });
  if (outcome.value.type === 'Changed') return changed(deps, ask, app, before);
  const { revision } = outcome.value;
  return done({ revision }, { before, after, detail: `revision ${revision}` });
}

function judge(
  { settings }: HandlerDeps,
  reading: AppReading,
  { app, given, unknownOptions }: PublishWish,
): Result<Change, Answer> {
  const judged = judgeTexts(app, given, unknownOptions, settings);
  if (!judged.ok) return err(refusedAnswer(app, judged.error));
  const change = planChange(reading, judged.value);
  if (!change.ok) {
    const { message, remedy } = change.error;
    return err(faultAnswer(422, { code: 'Incomplete', error: message, ...(remedy && { remedy }) }));
  }
  const { content, rollout } = change.value.after;
  const checked = judgeCheck(app, { type: 'Text', text: content }, rollout, settings);
  return checked.ok ? change : err(refusedAnswer(app, checked.error));
}

function textsAfter({ after: { ips, content, rollout } }: Change): AppTexts {
  const entry = {
    app: '',
    ips: { modRevision: '0' as Revision, value: { type: 'Text', text: ips } },
    content: { modRevision: '0' as Revision, value: { type: 'Text', text: content } },
  } as const;
  return { ips, content: textsOf(entry)?.content, ...(rollout === undefined ? {} : { rollout }) };
}

export function recordOf(
  deps: HandlerDeps,
  ask: ConsoleAsk,
  action: RecordWish['action'],
  message: string,
): RecordWish {
  const by = ask.principal.user;
  return { action, by, from: placeOf(deps, ask), atMs: deps.nowMs(), message };
}

/** Between the reading and the writing. */
export async function changed(
  { store }: HandlerDeps,
  ask: ConsoleAsk,
  app: AppName,
  before: string,
): Promise<Done> {
  const now = await store.read(app);
  if (!now.ok) return notDone(etcdAnswer(now.error), { before });
  return notDone(conflictAnswer(ask, app, now.value), { before });
}
