/** What the publish form does beyond what is shown: reads the app, keeps the draft, sends. */
import { useEffect, useReducer, useRef } from 'preact/hooks';
import type {
  AppDocument,
  AppMark,
  Conflict,
  Published,
  UnpublishRequest,
} from '../../../domain/console/api.ts';
import { type AppName, compareRevisions, type Revision } from '../../../domain/types.ts';
import { type ApiRefusal, callApi } from '../core/callApi.ts';
import { useStore } from '../core/store.ts';
import { decodeDraft, draftKey, encodeDraft } from './draftCodec.ts';
import {
  draftOf,
  hasTyped,
  initialPublish,
  type PublishEvent,
  type PublishState,
  reducePublish,
  requestOf,
} from './publishState.ts';

export interface PublishForm {
  readonly state: PublishState;
  readonly dispatch: (event: PublishEvent) => void;
  readonly publish: () => Promise<void>;
  readonly unpublish: (message: string, expected: AppMark) => Promise<void>;
  readonly readAgain: () => Promise<void>;
}

export function usePublish(app: AppName): PublishForm {
  const [state, dispatch] = useReducer(reducePublish, initialPublish);
  const user = useStore(({ session }) => session?.user?.name);
  const liveRevision = useStore(({ fleet }) => fleet?.apps.get(app)?.revision);
  const connection = useStore((page) => page.connection);
  const now = useRef(state);
  now.current = state;
  const key = draftKey(user ?? '', app);

  const read = async (isFirst: boolean): Promise<void> => {
    const found = await readApp(app);
    if (!found.ok) dispatch({ type: 'Refused', fault: found.error });
    else if (isFirst || now.current.document === undefined) {
      dispatch({ type: 'Read', document: found.value, draft: decodeDraft(recall(key)) });
    } else dispatch({ type: 'ReadAgain', document: found.value });
  };
  useEffect(() => {
    if (user !== undefined) void read(now.current.document === undefined);
  }, [app, user]);
  useEffect(() => {
    const { document } = now.current;
    const isNews = document !== undefined && isNewer(liveRevision, document);
    if (connection === 'Open' && (document === undefined || isNews)) void read(false);
  }, [liveRevision, connection]);
  useEffect(() => {
    if (state.document === undefined || user === undefined) return;
    if (hasTyped(state)) remember(key, encodeDraft(draftOf(state, Date.now())));
    else remember(key, undefined);
  }, [state, key]);

  const send = async (
    route: 'publish' | 'unpublish',
    body: ReturnType<typeof requestOf> | UnpublishRequest,
  ): Promise<void> => {
    if (route === 'publish') dispatch({ type: 'Sent' });
    const sent = await callApi<Published>(route, { path: { app }, body });
    if (sent.ok) {
      const after = await readApp(app);
      dispatch({
        type: 'Answered',
        published: { revision: sent.value.revision ?? undefined, action: route },
        document: after.ok ? after.value : undefined,
      });
    } else if (isConflict(sent.error)) {
      dispatch({ type: 'Conflicted', now: sent.error.now });
    } else dispatch({ type: 'Refused', fault: sent.error });
  };
  return {
    ...{ state, dispatch },
    publish: () => send('publish', requestOf(now.current)),
    unpublish: (message, expected) => send('unpublish', { expected, message: message.trim() }),
    readAgain: () => read(false),
  };
}

function readApp(app: AppName) {
  return callApi<AppDocument>('app', { path: { app } });
}

function isConflict(fault: ApiRefusal): fault is ApiRefusal & Conflict {
  return fault.code === 'Conflict' && 'now' in fault;
}

/** The feed tells of a key that is newer than all that were read; or the app is gone, or new. */
function isNewer(live: Revision | undefined, { mark, revision }: AppDocument): boolean {
  if (live === undefined) return mark.ips !== null || mark.content !== null;
  return compareRevisions(live, revision) > 0;
}

function recall(key: string): string | null {
  try {
    return sessionStorage.getItem(key);
  } catch {
    return null;
  }
}

/** Where the browser keeps nothing, what is typed lives as long as the page. */
function remember(key: string, text: string | undefined): void {
  try {
    if (text === undefined) sessionStorage.removeItem(key);
    else sessionStorage.setItem(key, text);
  } catch {
    // It is full, or not allowed.
  }
}
