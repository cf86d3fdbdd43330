/** `publish`, `unpublish` and `rollBack`. */
import { keptRollout } from '../../../commands/history/goBack.ts';
import type { AppReading } from '../../../commands/appStore.ts';
import { textsOf } from '../../../commands/recordChange.ts';
import { auditTextMax } from '../../../domain/console/audit.ts';
import { err, ok, type Result } from '../../../domain/result.ts';
import { type AppName, parseRevision, type Revision } from '../../../domain/types.ts';
import type { Answer } from '../../../http/respond.ts';
import { type ConsoleAnswer, type ConsoleAsk, faultAnswer, type Handlers } from '../handlers.ts';
import { shortSummary, textsSummary } from './appDocument.ts';
import { type Asked, auditedIf, type Decided, done, notDone } from './audited.ts';
import {
  changed,
  type ChangeWish,
  decidePublish,
  markIn,
  type PublishWish,
  readToChange,
  recordOf,
  refusedAnswer,
} from './changeApp.ts';
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
        decidePublish(deps, ask, reading, wish.value),
      );
    },
    unpublish: async (ask) => {
      const wish = readWish(ask, []);
      if (!wish.ok) return wish.error;
      const { app, message } = wish.value;
      const asked = { target: app, wanted: textsSummary(undefined), message };
      return changing(deps, ask, asked, wish.value, (reading) =>
        Promise.resolve(decideUnpublish(deps, ask, reading, wish.value)),
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
        decideRollBack(deps, ask, reading, { ...wish.value, to }),
      );
    },
  };
}

/** All that can be known without writing is known before anything is asked for. */
async function changing(
  deps: HandlerDeps,
  ask: ConsoleAsk,
  asked: Asked & { readonly ips?: string | undefined },
  wish: ChangeWish,
  decide: (reading: AppReading) => Promise<Decided>,
): Promise<ConsoleAnswer> {
  return auditedIf(deps, ask, asked, async () => {
    const reading = await readToChange(deps, ask, wish, asked.ips);
    return reading.ok ? decide(reading.value) : reading;
  });
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

function decideUnpublish(
  deps: HandlerDeps,
  ask: ConsoleAsk,
  { entry }: AppReading,
  { app, message }: ChangeWish,
): Decided {
  const { ips, content, rollout } = entry;
  if (ips === undefined && content === undefined && rollout === undefined) {
    const error = `there is no app ${app}; nothing was removed`;
    return err(faultAnswer(404, { code: 'NotThere', error }));
  }
  return ok(async () => {
    const before = shortSummary(textsOf(entry));
    const record = recordOf(deps, ask, 'unpublish', message);
    const outcome = await deps.store.unpublish(app, entry, undefined, record);
    if (!outcome.ok) return notDone(etcdAnswer(outcome.error), { before });
    if (outcome.value.type === 'Changed') return changed(deps, ask, app, before);
    const { revision } = outcome.value;
    const after = shortSummary(undefined);
    return done({ revision }, { before, after, detail: `revision ${revision}` });
  });
}

type RollBackWish = ChangeWish & { readonly to: Revision };

async function decideRollBack(
  deps: HandlerDeps,
  ask: ConsoleAsk,
  reading: AppReading,
  wish: RollBackWish,
): Promise<Decided> {
  const { app, to } = wish;
  const past = await deps.store.past(app, to, { signal: ask.signal });
  if (!past.ok) return err(etcdAnswer(past.error));
  if (!past.value.ok) return err(forgotten(past.value.error));
  const { texts, isVouchedFor, revision } = past.value.value;
  if (!isVouchedFor) return err(unvouched(app));
  const { ips, content } = texts;
  if (ips === undefined || content === undefined) return err(incomplete(app, to));
  const rollout = texts.rollout ?? keptRollout(reading.entry, texts) ?? null;
  return decidePublish(deps, ask, reading, {
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
