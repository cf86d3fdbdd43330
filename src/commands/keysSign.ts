/**
 * `supervene keys sign APP`: one more signature for what stands in etcd, where several are needed.
 *
 * Shows what it is first; with `--statement` it signs that and nothing that came in between.
 */
import { parseAppName } from '../domain/appName.ts';
import type { DesiredEntry, LeafValue } from '../domain/event.ts';
import { err, ok, type Result } from '../domain/result.ts';
import { formatSignature, signaturesMax } from '../domain/trust/statement.ts';
import type { AppName } from '../domain/types.ts';
import type { AppStore } from './appStore.ts';
import { placementText } from './assessApp.ts';
import { decodedText } from './checkContent.ts';
import type { CommandInput } from './command.ts';
import { type CommandIo, exitDone, type Fault, fail, misuse, writeJson } from './commandIo.ts';
import { openAppStore } from './openAppStore.ts';
import { describeSignature, type SignatureReport, signatureText } from './signatureReport.ts';
import { documentOf, readSigningWish, type SigningWish } from './signing.ts';
import { visible } from './textTable.ts';
import { noSuchApp } from './unpublish.ts';

export async function runKeysSign({ io, args, options, settings }: CommandInput): Promise<number> {
  const app = parseAppName(args[1] ?? '');
  if (!app.ok) return misuse(io, app.error);
  const signing = readSigningWish(options);
  if (!signing.ok) return misuse(io, signing.error);
  const isJson = options.has('json');
  const store = await openAppStore(settings);
  if (!store.ok) return fail(io, isJson, { ...store.error });
  const wish = {
    app: app.value,
    isJson,
    signing: signing.value,
    statement: options.text('statement'),
  };
  try {
    return await sign(io, store.value, wish, settings.trust.dir);
  } finally {
    store.value.close();
  }
}

interface Wish {
  readonly app: AppName;
  readonly isJson: boolean;
  readonly signing: SigningWish;
  /** Beginning of the SHA-256 of the statement that is to be signed. */
  readonly statement: string | undefined;
}

async function sign(io: CommandIo, store: AppStore, wish: Wish, trustDir: string): Promise<number> {
  const { app, isJson } = wish;
  const reading = await store.read(app);
  if (!reading.ok) return fail(io, isJson, { ...reading.error });
  const { entry } = reading.value;
  if (Object.keys(entry).length === 1) return fail(io, isJson, await noSuchApp(store, app));
  const report = await describeSignature(entry, trustDir);
  if (!isJson) tellWhatItIs(io, entry, report);
  const signed = addSignatures(entry, report, wish);
  if (!signed.ok) return fail(io, isJson, { ...signed.error });
  const { document, version, count } = signed.value;
  if (wish.signing.keys.length > 0) {
    const outcome = await store.sign(app, document, entry);
    if (!outcome.ok) return fail(io, isJson, { ...outcome.error });
    if (outcome.value.type === 'Changed') {
      const message = `${app} was changed meanwhile by somebody; nothing was signed`;
      return fail(io, isJson, { message, remedy: 'look at it, and try again' });
    }
  }
  if (isJson) writeJson(io, { app, version, signatures: count, statement: report?.statement });
  else if (wish.signing.keys.length === 0) io.writeOut(`\n${app}: nothing signed: give --sign\n`);
  else io.writeOut(`\n${app}: signed, version ${version}; signatures: ${count}\n`);
  return exitDone;
}

function tellWhatItIs(io: CommandIo, entry: DesiredEntry, report: SignatureReport | null): void {
  const { app, ips, content, rollout } = entry;
  const hosts = ips === undefined ? undefined : placementText(ips.value);
  const text = content === undefined ? null : decodedText(content.value);
  const lines = [
    `app       ${visible(app)}`,
    `hosts     ${hosts?.ok === true ? visible(hosts.value) : '(none)'}`,
    ...(rollout === undefined ? [] : [`rollout   ${rolloutShown(rollout.value)}`]),
    `signed    ${report === null ? 'no' : signatureText(report)}`,
    `statement ${report?.statement ?? '(none)'}`,
  ];
  io.writeOut(`${lines.join('\n')}\n`);
  if (text !== null) io.writeOut(`\n${visible(text)}${text.endsWith('\n') ? '' : '\n'}`);
}

/** Exactly what is signed. */
function rolloutShown(value: LeafValue): string {
  return value.type === 'Text' ? visible(value.text).replaceAll('\n', '\\n') : '(not text)';
}

interface Added {
  readonly document: string;
  readonly version: string;
  readonly count: number;
}

function addSignatures(
  entry: DesiredEntry,
  report: SignatureReport | null,
  { app, signing, statement: wanted }: Wish,
): Result<Added, Fault> {
  const there = documentOf(entry);
  const remedy = 'publish it with --sign KEYFILE';
  if (there === undefined) return err({ message: `${app} has no signature to add to`, remedy });
  if (report?.isOfThis !== true) {
    return err({ message: `the signature of ${app} is not of what stands there`, remedy });
  }
  if (wanted !== undefined && !isBeginning(wanted, report.statement ?? '')) {
    const message = `${app} is no longer what --statement names; nothing was signed`;
    return err({ message, remedy: 'look at what is there now' });
  }
  const { statement } = there;
  const others = there.signatures.filter(({ key }) => !signing.keys.some(({ id }) => id === key));
  const signatures = [...others, ...signing.keys.map((key) => key.sign(statement))];
  if (signatures.length > signaturesMax) {
    return err({
      message: `${app} has ${others.length} signatures already; there is no room`,
      remedy,
    });
  }
  const document = formatSignature({ statement, signatures });
  return ok({ document, version: statement.version, count: signatures.length });
}

/** Enough of it not to be met by chance. */
function isBeginning(text: string, sha256: string): boolean {
  return text.length >= 16 && sha256.startsWith(text.toLowerCase());
}
