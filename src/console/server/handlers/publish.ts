/** `publish`, `unpublish` and `rollBack`. */
import { findPast, keptRollout } from '../../../commands/history/goBack.ts';
import type { AppReading } from '../../../commands/appStore.ts';
import { textsOf } from '../../../commands/recordChange.ts';
import { auditTextMax } from '../../../domain/console/audit.ts';
import { err, ok, type Result } from '../../../domain/result.ts';
import { type AppName, parseRevision } from '../../../domain/types.ts';
import type { Answer } from '../../../http/respond.ts';
import { type ConsoleAnswer, type ConsoleAsk, faultAnswer, type Handlers } from '../handlers.ts';
import { textsSummary } from './appDocument.ts';
import { type Asked, audited, type Done, done, notDone, refused } from './audited.ts';
import {
  changed,
  type ChangeWish,
  markIn,
  publishTexts,
  type PublishWish,
  readToChange,
  recordOf,
  refusedAnswer,
} from './changeApp.ts';
import { busyAnswer } from './histories.ts';
import {
  appOf,
  bodyFields,
  etcdAnswer,
  type Fields,
  type HandlerDeps,
  messageOf,
  wrongAnswer,
} from './parts.ts';

/** In characters: all of it goes into the audit trail. */
const placementMax = auditTextMax - 1_000;

type Route = 'publish' | 'unpublish' | 'rollBack';

export function createPublish(deps: HandlerDeps): Pick<Handlers, Route> {
  return {
    publish: async (ask) => {
      const wish = readPublish(ask);
      if (!wish.ok) return wish.error;
      const { app, message, given } = wish.value;
      const { ips, content, rollout } = given;
      const wanted = textsSummary({ ips, content, rollout: rollout ?? undefined });
      const asked = { target: app, wanted, message };
      return changing(deps, ask, { ...asked, ips }, wish.value, (reading) =>
        publishTexts(deps, ask, reading, wish.value),
      );
    },
    unpublish: async (ask) => {
      const wish = readWish(ask, []);
      if (!wish.ok) return wish.error;
      const { app, message } = wish.value;
      const asked = { target: app, wanted: textsSummary(undefined), message };
      return changing(deps, ask, asked, wish.value, (reading) =>
        unpublish(deps, ask, reading, wish.value),
      );
    },
    rollBack: async (ask) => {
      const wish = readWish(ask, ['to']);
      if (!wish.ok) return wish.error;
      const { app, message, fields } = wish.value;
      const given = fields.get('to');
      const to = typeof given === 'string' ? parseRevision(given) : undefined;
      if (to === undefined) return wrongAnswer('to is no revision');
      const asked = { target: app, wanted: `what stood there at revision ${to}`, message };
      return changing(deps, ask, asked, wish.value, (reading) =>
        rollBack(deps, ask, reading, { ...wish.value, to }),
      );
    },
  };
}

/** What was read goes with it: whoever may not is refused before anything is asked for. */
async function changing(
  deps: HandlerDeps,
  ask: ConsoleAsk,
  asked: Asked & { readonly ips?: string | undefined },
  wish: ChangeWish,
  act: (reading: AppReading) => Promise<Done>,
): Promise<ConsoleAnswer> {
  const reading = await readToChange(deps, ask, wish, asked.ips);
  if (!reading.ok && reading.error.status === 403) {
    return refused(deps, ask, asked, reading.error);
  }
  return audited(deps, ask, asked, () =>
    reading.ok ? act(reading.value) : Promise.resolve(notDone(reading.error)),
  );
}

function readWish(
  ask: ConsoleAsk,
  names: readonly string[],
): Result<ChangeWish & { readonly fields: Fields }, Answer> {
  const app = appOf(ask);
  if (!app.ok) return app;
  const fields = bodyFields(ask.body, ['expected', 'message', ...names]);
  if (!fields.ok) return fields;
  const expected = markIn(fields.value);
  if (!expected.ok) return expected;
  const message = messageOf(fields.value);
  if (!message.ok) return message;
  const rest = { expected: expected.value, message: message.value, fields: fields.value };
  return ok({ app: app.value, ...rest });
}

function readPublish(ask: ConsoleAsk): Result<PublishWish, Answer> {
  const wish = readWish(ask, ['ips', 'content', 'rollout', 'allowsUnknown']);
  if (!wish.ok) return wish;
  const { fields, ...rest } = wish.value;
  const [ips, content] = [fields.get('ips'), fields.get('content')];
  const [rollout, allowsUnknown] = [fields.get('rollout'), fields.get('allowsUnknown') ?? false];
  if (!isTextOrAbsent(ips) || !isTextOrAbsent(content)) {
    return err(wrongAnswer('ips and content are texts, or absent'));
  }
  if (rollout !== null && !isTextOrAbsent(rollout)) {
    return err(wrongAnswer('rollout is a text, null or absent'));
  }
  if (typeof allowsUnknown !== 'boolean') return err(wrongAnswer('allowsUnknown is true or false'));
  if (ips === undefined && content === undefined && rollout === undefined) {
    return err(wrongAnswer('there is nothing to publish: neither ips, content nor rollout'));
  }
  if ((ips?.length ?? 0) > placementMax) {
    const error = `the placement has more than ${String(placementMax)} characters`;
    const remedy = 'name blocks of addresses, or *, instead of each host';
    return err(faultAnswer(422, { code: 'LongPlacement', error, remedy }));
  }
  const unknownOptions = allowsUnknown ? 'warn' : 'refuse';
  return ok({ ...rest, given: { ips, content, rollout }, unknownOptions, action: 'publish' });
}

function isTextOrAbsent(value: unknown): value is string | undefined {
  return value === undefined || typeof value === 'string';
}

async function unpublish(
  deps: HandlerDeps,
  ask: ConsoleAsk,
  { entry }: AppReading,
  { app, message }: ChangeWish,
): Promise<Done> {
  const { ips, content, rollout } = entry;
  if (ips === undefined && content === undefined && rollout === undefined) {
    const error = `there is no app ${app}; nothing was removed`;
    return notDone(faultAnswer(404, { code: 'NotThere', error }));
  }
  const before = textsSummary(textsOf(entry));
  const record = recordOf(deps, ask, 'unpublish', message);
  const outcome = await deps.store.unpublish(app, entry, undefined, record);
  if (!outcome.ok) return notDone(etcdAnswer(outcome.error), { before });
  if (outcome.value.type === 'Changed') return changed(deps, ask, app, before);
  const { revision } = outcome.value;
  const after = textsSummary(undefined);
  return done({ revision }, { before, after, detail: `revision ${revision}` });
}

/** As many as etcd is asked for to find a revision. */
const changesMax = 1000;
/** Of the texts that are read to find it. */
const historyMaxBytes = 64 * 1024 * 1024;

type RollBackWish = ChangeWish & { readonly to: NonNullable<ReturnType<typeof parseRevision>> };

async function rollBack(
  deps: HandlerDeps,
  ask: ConsoleAsk,
  reading: AppReading,
  wish: RollBackWish,
): Promise<Done> {
  const { app, to } = wish;
  const { signal } = ask;
  const history = await deps.histories.run(ask, () =>
    deps.store.history(app, changesMax, { signal, bytesMax: historyMaxBytes }),
  );
  if (history === 'Busy') return notDone(busyAnswer);
  if (!history.ok) return notDone(etcdAnswer(history.error));
  const past = findPast(app, history.value, to);
  if (!past.ok) return notDone(forgotten(past.error));
  const { texts, isVouchedFor, revision } = past.value;
  if (!isVouchedFor) return notDone(unvouched(app));
  const { ips, content } = texts;
  if (ips === undefined || content === undefined) return notDone(incomplete(app, to));
  const rollout = texts.rollout ?? keptRollout(reading.entry, texts) ?? null;
  return publishTexts(deps, ask, reading, {
    ...wish,
    given: { ips, content, rollout },
    unknownOptions: 'warn',
    action: 'rollback',
    to: revision,
  });
}

function forgotten({ message, remedy }: { message: string; remedy?: string | undefined }): Answer {
  const fault = { code: 'Forgotten', error: message, ...(remedy && { remedy }) };
  return faultAnswer(404, fault);
}

/** Whoever may write records could have others publish what they like. */
function unvouched(app: AppName): Answer {
  return faultAnswer(422, {
    code: 'Unvouched',
    error: 'only a record says that this stood there: etcd does not reach back so far',
    remedy: `open it as new content of ${app}, look at it, and publish it`,
  });
}

function incomplete(app: AppName, to: string): Answer {
  const message = `its placement or its content at revision ${to} was missing or cannot be read`;
  const remedy = 'Choose another revision.';
  return refusedAnswer(app, [{ code: 'E_HALF_PAIR', line: 0, message, remedy }]);
}
