/** No secret leaves through the log or `/state`. */
import { Writable } from 'node:stream';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createLog } from '../../../src/log/createLog.ts';
import { redact, redactText } from '../../../src/log/redact.ts';
import { fcParams } from '../../support/seed.ts';

const canary = 'SECRET_CANARY_x';

describe('redact', () => {
  it('takes out values with telling names, however deep', () => {
    const value = {
      a: [{ password: canary, Authorization: canary }],
      environment: `A="${canary}"`,
    };
    expect(JSON.stringify(redact(value))).not.toContain(canary);
  });

  it('keeps the name of a password file', () => {
    expect(redact({ passwordFile: '/etc/p' })).toEqual({ passwordFile: '/etc/p' });
  });

  it('takes the environment out of a program, with its continuation lines', () => {
    const text = `command=x\nenvironment = A="1",\n  B="${canary}"\nuser=y\n`;
    expect(redactText(text)).toBe('command=x\nenvironment =[redacted]\nuser=y\n');
  });

  it('takes passwords out of URLs', () => {
    expect(redactText(`at http://root:${canary}@h:1/x`)).toBe('at http://root:[redacted]@h:1/x');
  });

  it('is total: any value becomes plain JSON, even one that contains itself', () => {
    fc.assert(
      fc.property(fc.anything({ withMap: true, withBigInt: false }), (value) => {
        redact(value);
      }),
      fcParams(200),
    );
    const loop: Record<string, unknown> = {};
    loop['self'] = loop;
    expect(JSON.stringify(redact(loop))).toContain('[…]');
  });
});

describe('createLog', () => {
  async function logged(format: 'pretty' | 'json'): Promise<string> {
    let text = '';
    const destination = new Writable({
      write: (chunk: Buffer, _encoding, done) => {
        text += chunk.toString();
        done();
      },
    });
    const log = createLog({ level: 'info', format, hasColours: false, destination });
    log.debug({}, 'not shown');
    log.info({ app: 'web', password: canary }, 'plan made\nERROR faked line \u001b[31m');
    log.warn({ error: new Error(`http://u:${canary}@h/`) }, 'etcd lost');
    return text;
  }

  it('writes lines for people: time, level, message, fields; no secret, no forged line', async () => {
    const lines = (await logged('pretty')).trimEnd().split('\n');
    expect(lines).toHaveLength(2);
    expect(lines[0]).toMatch(/^\[\d\d:\d\d:\d\d\.\d{3}\] INFO: plan made ERROR faked line .*"web"/);
    expect(lines.join('')).not.toContain(canary);
  });

  it('writes JSON for machines', async () => {
    const lines = (await logged('json')).trimEnd().split('\n');
    expect(lines.map((line) => JSON.parse(line) as unknown)).toMatchObject([
      { level: 30, app: 'web', password: '[redacted]' },
      { level: 40, msg: 'etcd lost', error: 'http://u:[redacted]@h/' },
    ]);
  });
});
