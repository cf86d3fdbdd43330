/** `supervene show APP`: one app as etcd has it, decoded. */
import type { AppName, Problem } from '../domain/types.ts';
import type { Settings } from '../settings/settings.ts';
import type { AppStore } from './appStore.ts';
import { type HostWord, askAgent, withAgentView } from './agentView.ts';
import { type AppReport, assessApp } from './assessApp.ts';
import type { CommandRun } from './command.ts';
import { type CommandIo, exitDone, fail, misuse, writeJson } from './commandIo.ts';
import { hostIdentity } from './hostIdentity.ts';
import { openAppStore } from './openAppStore.ts';
import { rolloutKeyLines } from './rollout/rolloutKeyLines.ts';
import { describeSignature, type SignatureReport, signatureText } from './signatureReport.ts';
import { paint, visible } from './textTable.ts';
import { noSuchApp } from './unpublish.ts';

export const runShow: CommandRun = async ({ io, args, options, settings }) => {
  const form = { isJson: options.has('json'), isRaw: options.has('raw') };
  if (form.isJson && form.isRaw) {
    return misuse(io, { message: '--json and --raw exclude each other' });
  }
  const [name = ''] = args;
  if (name === '' || name.includes('/')) {
    return misuse(io, { message: `${JSON.stringify(name)} cannot be an app: it is no single key` });
  }
  const store = await openAppStore(settings);
  if (!store.ok) return fail(io, form.isJson, { ...store.error });
  try {
    return await show(io, store.value, settings, name, form);
  } finally {
    store.value.close();
  }
};

async function show(
  io: CommandIo,
  store: AppStore,
  settings: Settings,
  name: string,
  { isJson, isRaw }: { readonly isJson: boolean; readonly isRaw: boolean },
): Promise<number> {
  // A key with an impossible name can be looked at too: nothing is made of it but a key.
  const reading = await store.read(name as AppName);
  if (!reading.ok) return fail(io, isJson, { ...reading.error });
  const { entry } = reading.value;
  if (entry.ips === undefined && entry.content === undefined && entry.signature === undefined) {
    return fail(io, isJson, await noSuchApp(store, name));
  }
  const found = assessApp(entry, hostIdentity(settings, io.hostName));
  const signature = await describeSignature(entry, settings.trust.dir);
  const report = { ...withAgentView(found, await askAgent(settings)), signature };
  if (isJson) writeJson(io, report);
  else if (!isRaw) tell(io, report);
  else if (report.content !== null) io.writeOut(report.content);
  else {
    const [problem] = report.problems;
    return fail(io, false, { message: problem?.message ?? 'no content', remedy: problem?.remedy });
  }
  return exitDone;
}

interface ShowReport extends AppReport {
  readonly onThisHost: HostWord | null;
  readonly signature: SignatureReport | null;
}

function tell(io: CommandIo, report: ShowReport): void {
  const label = (text: string): string => paint(io.outHasColours, 'bold', text.padEnd(9));
  const { onThisHost } = report;
  const word = onThisHost === null ? '' : `: ${onThisHost.code} ${visible(onThisHost.reason)}`;
  const here = `${report.isPlacedHere ? 'yes' : 'no'}${word}`;
  const hosts = report.hosts.length === 0 ? '(nowhere)' : report.hosts.join(', ');
  const lines = [
    `${label('app')} ${visible(report.app)}`,
    `${label('state')} ${report.state}`,
    `${label('hosts')} ${report.ips === null ? '(missing)' : visible(hosts)}`,
    `${label('here')} ${here}`,
    `${label('revision')} ${report.revision}${revisions(report)}`,
    ...(report.rollout === null
      ? []
      : [`${label('rollout')} ${visible(rolloutKeyLines(report.rollout).replaceAll('\n', ', '))}`]),
    ...(report.signature === null ? [] : [`${label('signed')} ${signatureText(report.signature)}`]),
    ...report.problems.map((problem) => `${label('problem')} ${problemText(problem)}`),
    ...report.warnings.map((problem) => `${label('warning')} ${problemText(problem)}`),
  ];
  io.writeOut(`${lines.join('\n')}\n`);
  if (report.content === null) return;
  const end = report.content.endsWith('\n') ? '' : '\n';
  io.writeOut(`\n${visible(report.content)}${end}`);
}

function revisions({ ipsRevision, contentRevision }: AppReport): string {
  if (ipsRevision === contentRevision) return '';
  return ` (hosts ${ipsRevision ?? 'missing'}, content ${contentRevision ?? 'missing'})`;
}

function problemText({ code, line, message, remedy }: Problem): string {
  const place = line > 0 ? `line ${line}: ` : '';
  return `${code} ${place}${visible(message)}\n          ${visible(remedy)}`;
}
