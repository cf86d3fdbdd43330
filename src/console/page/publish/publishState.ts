/** The publish form of one app, from what was read to what came of publishing it. Pure. */
import type {
  ApiFault,
  AppDocument,
  AppMark,
  PublishRequest,
} from '../../../domain/console/api.ts';
import type { AppTexts } from '../../../domain/fleet/publication.ts';
import type { AppName, Revision } from '../../../domain/types.ts';
import { checkPlacement, checkText } from './checkDraft.ts';
import type { Draft, DraftBase } from './draftCodec.ts';
import {
  isSameRolloutText,
  noRollout,
  type RolloutFields,
  rolloutFieldsOf,
  rolloutKeyOf,
} from './rolloutFields.ts';

export interface PublishState {
  /** As it was read last; undefined until then. */
  readonly document: AppDocument | undefined;
  /** What is typed is a change of that. */
  readonly base: DraftBase;
  readonly ips: string;
  readonly content: string;
  readonly rollout: RolloutFields;
  readonly message: string;
  readonly step: 'Edit' | 'Review' | 'Send' | 'Published';
  /** What was typed before, in another life of the page; told until it is closed. */
  readonly restoredAtMs: number | undefined;
  readonly fault: ApiFault | undefined;
  /** What somebody else has made of it meanwhile; undefined while nobody has. */
  readonly conflict: AppDocument | undefined;
  readonly published: Published | undefined;
}

export interface Published {
  /** Undefined: there was nothing to change. */
  readonly revision: Revision | undefined;
  readonly action: 'publish' | 'unpublish';
}

export type PublishEvent =
  | Readonly<{ type: 'Read'; document: AppDocument; draft: Draft | undefined }>
  /** Read again, behind what is typed. */
  | Readonly<{ type: 'ReadAgain'; document: AppDocument }>
  | Readonly<{ type: 'Typed'; field: 'ips' | 'content' | 'message'; text: string }>
  | Readonly<{ type: 'RolloutTyped'; change: Partial<RolloutFields> }>
  | Readonly<{ type: 'ReviewAsked' | 'ReviewLeft' | 'Sent' | 'Reverted' | 'NoteRead' }>
  | Readonly<{ type: 'Answered'; published: Published; document: AppDocument | undefined }>
  | Readonly<{ type: 'Refused'; fault: ApiFault }>
  | Readonly<{ type: 'Conflicted'; now: AppDocument }>
  /** Somebody has seen both, and said what is to stand there. */
  | Readonly<{ type: 'Resolved'; texts: AppTexts }>;

const noMark: AppMark = { ips: null, content: null, signature: null, rollout: null };

export const initialPublish: PublishState = {
  document: undefined,
  base: { mark: noMark, texts: { ips: undefined, content: undefined } },
  ...{ ips: '', content: '', rollout: noRollout, message: '', step: 'Edit' },
  ...{ restoredAtMs: undefined, fault: undefined, conflict: undefined, published: undefined },
};

export function reducePublish(state: PublishState, event: PublishEvent): PublishState {
  switch (event.type) {
    case 'Read':
      return opened(event.document, event.draft);
    case 'ReadAgain':
      if (state.step === 'Published') return settled(state, event.document);
      return hasTyped(state) || state.step === 'Send'
        ? { ...state, document: event.document }
        : opened(event.document, undefined);
    case 'Typed':
      return { ...state, ...edited(state), [event.field]: event.text };
    case 'RolloutTyped':
      return {
        ...{ ...state, ...edited(state) },
        rollout: { ...state.rollout, unreadable: undefined, ...event.change },
      };
    case 'ReviewAsked':
      return { ...state, step: 'Review', fault: undefined };
    case 'ReviewLeft':
      return { ...state, step: 'Edit' };
    case 'Sent':
      return { ...state, step: 'Send', fault: undefined };
    case 'Answered':
      return settled({ ...state, published: event.published }, event.document);
    case 'Refused':
      return { ...state, step: state.step === 'Send' ? 'Review' : state.step, fault: event.fault };
    case 'Conflicted':
      return { ...state, step: 'Edit', document: event.now, conflict: event.now };
    case 'Resolved':
      return resolved(state, event.texts);
    case 'Reverted':
      return state.document === undefined ? state : opened(state.document, undefined);
    case 'NoteRead':
      return { ...state, restoredAtMs: undefined };
    default:
      return event satisfies never;
  }
}

function opened(document: AppDocument, draft: Draft | undefined): PublishState {
  const base = { mark: document.mark, texts: document.texts };
  const { ips, content, rollout } = document.texts;
  const asRead: PublishState = {
    ...initialPublish,
    ...{ document, base, ips: ips ?? '', content: content ?? '' },
    rollout: rolloutFieldsOf(rollout),
  };
  if (draft === undefined || document.isRedacted) return asRead;
  const { atMs, ...typed } = draft;
  const withDraft = { ...asRead, ...typed, restoredAtMs: atMs };
  return hasTyped(withDraft) ? withDraft : asRead;
}

/** What was typed stands in etcd now: from here on that is what is changed. */
function settled(state: PublishState, document: AppDocument | undefined): PublishState {
  const after = document === undefined ? state : opened(document, undefined);
  return { ...after, published: state.published, step: 'Published', restoredAtMs: undefined };
}

/** To type on after a publish is to begin another one. */
function edited({ step }: PublishState): Partial<PublishState> {
  return step === 'Published' ? { step: 'Edit', fault: undefined } : { fault: undefined };
}

function resolved(state: PublishState, texts: AppTexts): PublishState {
  const { conflict } = state;
  if (conflict === undefined) return state;
  return {
    ...state,
    base: { mark: conflict.mark, texts: conflict.texts },
    ...{ ips: texts.ips ?? '', content: texts.content ?? '' },
    rollout: rolloutFieldsOf(texts.rollout),
    conflict: undefined,
    step: 'Edit',
  };
}

/**
 * What is to stand in etcd. Of a rollout that makes no sense yet, or says the same as before: what
 * stands there now.
 */
export function textsTyped({ ips, content, rollout, base }: PublishState): AppTexts {
  const [key, before] = [rolloutKeyOf(rollout), base.texts.rollout];
  const isNew = key.ok && !isSameRolloutText(key.value, before);
  return { ips, content, rollout: isNew ? key.value : before };
}

export function hasTyped(state: PublishState): boolean {
  return state.message !== '' || changedKeys(state).length > 0;
}

export function changedKeys(state: PublishState): readonly ('ips' | 'content' | 'rollout')[] {
  const { base, ips, content, rollout } = state;
  const key = rolloutKeyOf(rollout);
  const isRolloutSame =
    rollout.unreadable === base.texts.rollout && rollout.unreadable !== undefined
      ? true
      : key.ok && isSameRolloutText(key.value, base.texts.rollout);
  return [
    ...((base.texts.ips ?? '') === ips ? [] : (['ips'] as const)),
    ...((base.texts.content ?? '') === content ? [] : (['content'] as const)),
    ...(isRolloutSame ? [] : (['rollout'] as const)),
  ];
}

/** Somebody has changed it since what is typed was begun. */
export function isOutdated({ document, base }: PublishState): boolean {
  return document !== undefined && !isSameMark(document.mark, base.mark);
}

/** What somebody is about to take away is still what he was shown. */
export function isStillThere({ document }: PublishState, mark: AppMark): boolean {
  return document !== undefined && isSameMark(document.mark, mark);
}

export function isSameMark(a: AppMark, b: AppMark): boolean {
  return (
    a.ips === b.ips &&
    a.content === b.content &&
    a.signature === b.signature &&
    a.rollout === b.rollout
  );
}

/** Why it cannot be published as it is typed; the first of them. */
export type Obstacle =
  'NotRead' | 'ReadOnly' | 'Signed' | 'Nothing' | 'Content' | 'Placement' | 'Rollout' | 'Outdated';

export function obstacleOf(app: AppName, state: PublishState): Obstacle | undefined {
  const { document, rollout, ips, content } = state;
  if (document === undefined) return 'NotRead';
  if (document.isRedacted) return 'ReadOnly';
  if (document.isSigned) return 'Signed';
  if (state.conflict !== undefined || isOutdated(state)) return 'Outdated';
  if (!checkText(app, content).ok) return 'Content';
  if (checkPlacement(ips).refusal !== undefined) return 'Placement';
  if (!rolloutKeyOf(rollout).ok) return 'Rollout';
  const isHalf = document.texts.ips === undefined || document.texts.content === undefined;
  return changedKeys(state).length === 0 && !isHalf ? 'Nothing' : undefined;
}

/** Only what changes; a new app, or half of one, is written whole. */
export function requestOf(state: PublishState): PublishRequest {
  const { base, ips, content, message } = state;
  const changed = changedKeys(state);
  const { rollout } = textsTyped(state);
  const isHalf = base.texts.ips === undefined || base.texts.content === undefined;
  return {
    expected: base.mark,
    ...(isHalf || changed.includes('ips') ? { ips } : {}),
    ...(isHalf || changed.includes('content') ? { content } : {}),
    ...(changed.includes('rollout') ? { rollout: rollout ?? null } : {}),
    message: message.trim(),
  };
}

export function draftOf(state: PublishState, atMs: number): Draft {
  const { ips, content, rollout, message, base } = state;
  return { ips, content, rollout, message, base, atMs };
}
