/**
 * Whose word counts: whether what stands in etcd for an app is signed by enough of the keys that
 * may sign it, and is nothing older than what was accepted before (docs/signing.md).
 *
 * Which keys have signed was found out by the source, and stands in the entry; all else is compared
 * here, so that a journal replays without a key. Nothing in here says what runs: a refusal keeps
 * what ran, and that is for those who ask.
 */
import type { DesiredEntry, LeafValue } from '../src/domain/event.ts';
import { err, ok, type Result } from '../src/domain/result.ts';
import { sha256 } from '../src/domain/sha256.ts';
import { parseExpiry } from '../src/domain/trust/expiry.ts';
import { compareVersions, parseSignature, type Statement } from '../src/domain/trust/statement.ts';
import { maySign, thresholdOf, type TrustSettings } from '../src/domain/trust/trustSettings.ts';
import type { Problem } from '../src/domain/types.ts';
import { edit, type Editing } from './editing.ts';
import { type Floor, withFloor } from './floors.ts';
import { mapGet, mapHas } from './persistentMap.ts';
import { isOwnedHere } from './removals.ts';
import type { AppState, Desired } from './appState.ts';
import type { State } from './state.ts';

interface Grounds {
  readonly trust: TrustSettings;
  readonly floor: Floor | undefined;
  readonly atMs: number;
}

/** The statement when it is accepted; why not, with an `E_…` code, when it is not. */
export type Verdict = Result<Statement, Problem>;

/** A verdict with all that follows from it. */
export interface Trusted {
  readonly verdict: Verdict;
  /** What is not signed is refused, not only warned of. */
  readonly isEnforced: boolean;
  readonly floor: Floor | undefined;
  /** Something of ours is here: what is not signed must not take it away. */
  readonly isOwned: boolean;
}

/** Undefined where signatures are not looked at. */
export function judgeEntry(
  entry: DesiredEntry,
  app: AppState | undefined,
  { settings, floors, atMs }: State,
): Trusted | undefined {
  const trust = settings?.trust;
  if (trust === undefined) return undefined;
  const floor = mapGet(floors.byApp, entry.app);
  const isOwned = app !== undefined && isOwnedHere(app);
  const verdict = judge(entry, { trust, floor, atMs });
  return { verdict, isEnforced: trust.mode === 'enforce', floor, isOwned };
}

/** Why an app that etcd does not have must not go for that; undefined when it may. */
export function unsignedAbsence({ settings, floors }: State, app: string): string | undefined {
  if (settings?.trust?.mode !== 'enforce') return undefined;
  return mapGet(floors.byApp, app)?.isGone === true ? undefined : noSignedRemoval;
}

const noSignedRemoval = 'etcd has no signed removal of it';

export function unsignedRemoval({ code, message }: Problem): string {
  return `its keys were deleted without a signature that counts (${code}: ${message})`;
}

/** What was accepted is the least that counts from now on. */
export function noteFloor(
  editing: Editing,
  app: string,
  trusted: Trusted | undefined,
  desired: Desired,
): void {
  // Nothing can be said of a placement yet, or of a content that is not at hand.
  if (trusted?.verdict.ok !== true || desired.type === 'Unknown') return;
  const statement = trusted.verdict.value;
  const isGone = desired.type === 'Absent';
  const { floors, seq, appsByName } = editing.state;
  const accepted = { statement, isGone, seq };
  const noted = withFloor(floors, app, accepted, (name) => mapHas(appsByName, name));
  if (noted !== floors) edit(editing, { floors: noted });
}

function judge(entry: DesiredEntry, { trust, floor, atMs }: Grounds): Verdict {
  if (trust.fault !== undefined) return refuse('E_TRUST_KEYS', trust.fault, mendKeys);
  const { signature } = entry;
  if (signature === undefined) {
    return refuse('E_SIGNATURE_MISSING', 'it is not signed', signIt);
  }
  if (signature.value.type !== 'Text') {
    return refuse('E_SIGNATURE_MALFORMED', 'the signature is not text', signAgain);
  }
  const document = parseSignature(signature.value.text);
  if (!document.ok) {
    return refuse('E_SIGNATURE_MALFORMED', `the signature ${document.error}`, signAgain);
  }
  const { statement } = document.value;
  const problem =
    judgeSigners(entry, statement, trust) ??
    judgeAge(statement, floor) ??
    judgeTexts(entry, statement) ??
    judgeExpiry(statement, floor, atMs);
  return problem === undefined ? ok(statement) : err(problem);
}

function judgeSigners(
  { app, signers = [] }: DesiredEntry,
  statement: Statement,
  { keys, thresholds }: TrustSettings,
): Problem | undefined {
  if (statement.app !== app) {
    const message = `the signature is for the app ${statement.app}`;
    return problemOf('E_SIGNATURE_APP', message, signAgain);
  }
  const signing = keys.filter(({ id }) => signers.includes(id));
  if (signing.length === 0) {
    const message = 'no key that this host trusts has signed it';
    return problemOf('E_SIGNATURE_INVALID', message, signAgain);
  }
  const entitled = signing.filter((key) => maySign(key, app));
  const names = signing.map(({ name }) => name).join(', ');
  if (entitled.length === 0) {
    const message = `it is signed by ${names}, who may not sign this app`;
    return problemOf(
      'E_SIGNATURE_KEY',
      message,
      'Sign it with another key, or name it in trust.d.',
    );
  }
  const needed = thresholdOf(thresholds, app);
  if (entitled.length >= needed) return undefined;
  const message = `it is signed by ${String(entitled.length)} of the ${String(needed)} keys it needs`;
  return problemOf('E_SIGNATURE_THRESHOLD', message, 'Add a signature: supervene keys sign.');
}

function judgeAge(statement: Statement, floor: Floor | undefined): Problem | undefined {
  if (floor === undefined) return undefined;
  const order = compareVersions(statement.version, floor.version);
  if (order > 0 || isSame(statement, floor)) return undefined;
  const message =
    order < 0
      ? `version ${statement.version} is older than ${floor.version}, which was accepted here`
      : `version ${statement.version} was accepted here with other content`;
  const remedy = `Publish or unpublish it again with --sign KEYFILE --above ${floor.version}.`;
  return problemOf('E_SIGNATURE_ROLLBACK', message, remedy);
}

function isSame(statement: Statement, floor: Floor): boolean {
  if (statement.version !== floor.version || statement.action !== floor.action) return false;
  if (statement.action === 'unpublish') return true;
  const { ipsSha256, contentSha256, rolloutSha256 } = statement;
  if (rolloutSha256 !== floor.rolloutSha256) return false;
  return ipsSha256 === floor.ipsSha256 && contentSha256 === floor.contentSha256;
}

function judgeTexts(
  { ips, content, rollout }: DesiredEntry,
  statement: Statement,
): Problem | undefined {
  const isGone = ips === undefined && content === undefined;
  const other = (message: string): Problem =>
    problemOf('E_SIGNATURE_MISMATCH', message, 'Publish it again, signed.');
  if (statement.action === 'unpublish') {
    return isGone ? undefined : other('it is there, and what is signed is its removal');
  }
  if (isGone) {
    const remedy = 'Remove it with supervene unpublish --sign.';
    return problemOf('E_SIGNATURE_MISMATCH', 'nobody has signed that it goes', remedy);
  }
  if (!isHashed(ips?.value, statement.ipsSha256))
    return other('its placement is not what is signed');
  const { rolloutSha256 } = statement;
  if ((rollout === undefined) !== (rolloutSha256 === undefined)) {
    const message =
      rollout === undefined ? 'the rollout key that is signed is not there' : unsignedRollout;
    return other(message);
  }
  // Kept only of apps that are placed here: where it runs, they are compared.
  if (rolloutSha256 !== undefined && rollout?.value.type !== 'Elsewhere') {
    if (!isHashed(rollout?.value, rolloutSha256)) return other('its rollout is not what is signed');
  }
  if (content?.value.type === 'Elsewhere') return undefined;
  return isHashed(content?.value, statement.contentSha256)
    ? undefined
    : other('its content is not what is signed');
}

const unsignedRollout = 'its rollout key is not signed';

function isHashed(value: LeafValue | undefined, hash: string): boolean {
  return value?.type === 'Text' && sha256(value.text) === hash;
}

/** What was accepted in time stays accepted. */
function judgeExpiry(
  statement: Statement,
  floor: Floor | undefined,
  atMs: number,
): Problem | undefined {
  const { expires } = statement;
  if (expires === undefined || (floor !== undefined && isSame(statement, floor))) return undefined;
  const expiresAtMs = parseExpiry(expires);
  if (expiresAtMs !== undefined && atMs < expiresAtMs) return undefined;
  return problemOf('E_SIGNATURE_EXPIRED', `its signature expired at ${expires}`, signAgain);
}

const signIt = 'Publish it with --sign KEYFILE.';
const signAgain = 'Publish it again with --sign KEYFILE.';
const mendKeys = 'Mend the directory of trusted keys, and start the agent again.';

function refuse(code: string, message: string, remedy: string): Verdict {
  return err(problemOf(code, message, remedy));
}

function problemOf(code: string, message: string, remedy: string): Problem {
  return { code, line: 0, message, remedy };
}
