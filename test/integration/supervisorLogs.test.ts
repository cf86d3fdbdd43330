/** Logs by XML-RPC, for agents that cannot read the files themselves. */
import { appendFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createSupervisorLogs, type SupervisorLogs } from '../../src/clients/supervisorLogs.ts';
import { startSupervisord, type Supervisord } from '../support/supervisord.ts';

let supervisord: Supervisord;
let logs: SupervisorLogs;
let path: string;
beforeAll(async () => {
  supervisord = await startSupervisord();
  path = join(supervisord.dir, 'web.log');
  const program = `[program:web]\ncommand=/bin/sleep 1000\nstdout_logfile=${path}\nstderr_logfile=NONE\n`;
  supervisord.writeConf('web.conf', program);
  await supervisord.supervisorctl('update');
  logs = createSupervisorLogs({ url: supervisord.url });
});
afterAll(async () => {
  logs.close();
  await supervisord.stop();
});

const text = async (offset: number, length: number): Promise<string> => {
  const piece = await logs.read('web:web', 'stdout', offset, length);
  return piece.ok ? Buffer.from(piece.value).toString() : piece.error.type;
};

describe('createSupervisorLogs', () => {
  it('knows where a log is, and where there is none', async () => {
    expect(await logs.places('web:web')).toEqual({ ok: true, value: { stdout: path, stderr: '' } });
    expect(await logs.places('no:such')).toMatchObject({ ok: false, error: { faultCode: 10 } });
  });

  it('reads pieces with what XML may not hold', async () => {
    const whole = 'a<b>&amp;\u001b[31mred\u0000\r\nä]]>\n';
    writeFileSync(path, whole);
    const size = Buffer.byteLength(whole);
    expect(await logs.size('web:web', 'stdout')).toEqual({ ok: true, value: size });
    expect(await text(0, size)).toBe(whole);
    expect(await text(2, 3)).toBe('b>&');
    expect(await text(size, 10)).toBe('');
  });

  it('says so when a character is cut, and when the file is gone', async () => {
    writeFileSync(path, 'ä');
    appendFileSync(path, 'b');
    expect(await text(1, 2)).toBe('Failed');
    rmSync(path);
    expect(await text(0, 2)).toBe('Fault');
  });
});
