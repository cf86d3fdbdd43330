/** `supervene audit verify` and `supervene audit export`. */
import { checkTrail } from '../../console/server/audit/readAudit.ts';
import { type AuditHead, parseEntry, verdictOf } from '../../domain/console/audit.ts';
import { err, ok, type Result } from '../../domain/result.ts';
import { escapeUnseen } from '../../domain/unseen.ts';
import { etcdConnection } from '../../settings/connections.ts';
import type { Settings } from '../../settings/settings.ts';
import type { Range } from '../../domain/etcdCalls.ts';
import type { CommandInput, CommandRun } from '../command.ts';
import { type CommandIo, exitDone, exitFailed, type Fault, fail } from '../commandIo.ts';
import { misuse, tellFault, writeJson } from '../commandIo.ts';
import { listFault } from '../etcdFault.ts';
import { triedOnEach } from '../triedOnEach.ts';

export const runAudit: CommandRun = async (input) => {
  const { io, args, options, settings } = input;
  const [what] = args;
  if (what !== 'verify' && what !== 'export') {
    const message = `audit ${JSON.stringify(what ?? '')}: there is verify, and export`;
    return misuse(io, { message });
  }
  const isJson = options.has('json');
  if (what === 'export' && (isJson || options.has('expect'))) {
    return misuse(io, { message: '--json and --expect belong to audit verify' });
  }
  const expected = readExpected(input);
  if (!expected.ok) return misuse(io, expected.error);
  const connection = etcdConnection(settings);
  if (!connection.ok) {
    const remedy = 'correct etcd.passwordFile, or make the file readable';
    return fail(io, isJson, { message: connection.error, remedy });
  }
  const { createEtcdClient } = await import('../../clients/etcd.ts');
  const client = createEtcdClient(connection.value);
  const range = triedOnEach(client.range, settings.etcd.endpoints.length);
  try {
    if (what === 'export') return await exportTrail(io, range, settings);
    return await verify(io, range, settings, { expected: expected.value, isJson });
  } finally {
    client.close();
  }
};

function readExpected({ options }: CommandInput): Result<AuditHead | undefined, Fault> {
  const text = options.text('expect');
  if (text === undefined) return ok(undefined);
  const [, seq = '', hash = ''] = /^([1-9]\d{0,14}):([0-9a-f]{64})$/.exec(text) ?? [];
  if (seq !== '') return ok({ seq: Number(seq), hash });
  const remedy = 'give a number and 64 hexadecimal digits, as verify prints them';
  return err({ message: `--expect: ${JSON.stringify(text)} is no SEQ:HASH`, remedy });
}

async function exportTrail(io: CommandIo, range: Range, settings: Settings): Promise<number> {
  const { fleetPrefix } = settings.etcd;
  const read = await checkTrail(range, fleetPrefix, async (text, key) => {
    if (key === 'Head') return;
    // What is no entry must not break the lines of the others.
    const isEntry = parseEntry(text) !== undefined;
    const line = isEntry ? text : JSON.stringify({ key, broken: text });
    io.writeOut(`${escapeUnseen(line)}\n`);
    await io.flush?.();
  });
  if (read.ok) return exitDone;
  tellFault(io, listFault(read.error, settings.etcd, `${fleetPrefix}/audit`));
  return exitFailed;
}

async function verify(
  io: CommandIo,
  range: Range,
  { etcd }: Settings,
  { expected, isJson }: { readonly expected: AuditHead | undefined; readonly isJson: boolean },
): Promise<number> {
  let found: string | undefined;
  const read = await checkTrail(range, etcd.fleetPrefix, (text, key) => {
    if (expected !== undefined && key === expected.seq) found = parseEntry(text)?.hash;
  });
  if (!read.ok) {
    return fail(io, isJson, { ...listFault(read.error, etcd, `${etcd.fleetPrefix}/audit`) });
  }
  const { check, head } = read.value;
  const verdict = verdictOf(check, head);
  const { last } = check;
  if (!verdict.isWhole) {
    const { seq, why } = verdict;
    const message = `the audit trail is not whole: at entry ${String(seq)}: ${why}`;
    return fail(io, isJson, { message, isWhole: false, seq, why });
  }
  if (expected !== undefined && found !== expected.hash) {
    const { seq } = expected;
    const why = found === undefined ? 'there is no such entry' : 'it has another hash';
    const message = `the audit trail is not the expected one: at entry ${String(seq)}: ${why}`;
    return fail(io, isJson, { message, isWhole: false, seq, why });
  }
  if (isJson) writeJson(io, { isWhole: true, entries: last.seq, last });
  else if (last.seq === 0) io.writeOut('the audit trail is empty\n');
  else
    io.writeOut(
      `whole: ${String(last.seq)} entries; the last is ${String(last.seq)}:${last.hash}\n`,
    );
  return exitDone;
}
