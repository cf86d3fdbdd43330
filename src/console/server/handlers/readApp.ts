/** `app` and `history`: what stands in etcd of an app, and what stood there before. */
import { isVouchedFor } from '../../../domain/fleet/appHistory.ts';
import type { AppTexts, TextsThen } from '../../../domain/fleet/publication.ts';
import type { AppName } from '../../../domain/types.ts';
import type { HistoryDocument, HistoryEntry } from '../../../domain/console/api.ts';
import type { AppHistory } from '../../../commands/history/readAppHistory.ts';
import { jsonAnswer } from '../../../http/respond.ts';
import { createPlaceholders } from '../../../replay/redact/placeholders.ts';
import type { Handlers } from '../handlers.ts';
import { appDocument, maySee, redactTexts } from './appDocument.ts';
import { busyAnswer } from './histories.ts';
import { appOf, etcdAnswer, type HandlerDeps, wrongAnswer } from './parts.ts';

const changesDefault = 50;
/** Of etcd each change is asked for by itself. */
const changesMax = 1000;

/** Of the texts as etcd has them; each is in the answer twice, as what was before and after. */
const bytesMax = 3 * 1024 * 1024;

export function createReadApp({
  store,
  histories,
}: HandlerDeps): Pick<Handlers, 'app' | 'history'> {
  return {
    app: async (ask) => {
      const app = appOf(ask);
      if (!app.ok) return app.error;
      const reading = await store.read(app.value);
      if (!reading.ok) return etcdAnswer(reading.error);
      return jsonAnswer(200, appDocument(app.value, reading.value, ask.principal.grants));
    },
    history: async (ask) => {
      const app = appOf(ask);
      if (!app.ok) return app.error;
      const given = ask.query.get('limit') ?? String(changesDefault);
      const limit = /^[1-9]\d{0,3}$/.test(given) ? Number(given) : Number.NaN;
      if (!(limit <= changesMax)) {
        return wrongAnswer(`limit is not a number from 1 to ${String(changesMax)}`);
      }
      const { signal } = ask;
      const history = await histories.run(ask, () =>
        store.history(app.value, limit, { bytesMax, signal }),
      );
      if (history === 'Busy') return busyAnswer;
      if (!history.ok) return etcdAnswer(history.error);
      const isRedacted = !maySee(ask.principal.grants, app.value);
      return jsonAnswer(200, documentOf(app.value, history.value, { limit, isRedacted }));
    },
  };
}

function documentOf(
  app: AppName,
  { items, completeFrom }: AppHistory,
  { limit, isRedacted }: { readonly limit: number; readonly isRedacted: boolean },
): HistoryDocument {
  const placeholders = createPlaceholders();
  const redact = (texts: AppTexts): AppTexts => redactTexts(app, texts, placeholders);
  const shown = (then: TextsThen): TextsThen =>
    typeof then === 'string' || !isRedacted ? then : redact(then);
  const entries = items.slice(0, limit).map((item): HistoryEntry => {
    const { publication, revision, before, after } = item;
    return {
      revision: revision ?? null,
      action: publication?.action ?? null,
      by: publication?.by ?? null,
      from: publication?.from ?? null,
      atMs: publication?.atMs ?? null,
      message: publication?.message ?? null,
      to: publication?.to ?? null,
      before: shown(before),
      after: shown(after),
      isVouchedFor: typeof after === 'string' ? item.isInEtcd : isVouchedFor(items, after),
    };
  });
  // Messages are free text; what they quote of a secret was learnt above.
  const told = isRedacted
    ? entries.map((entry) => {
        const { message } = entry;
        return { ...entry, message: message === null ? null : placeholders.scrub(message) };
      })
    : entries;
  return { app, isRedacted, completeFrom: completeFrom ?? null, items: told };
}
