import { describe, expect, it } from 'vitest';
import { readCtlOutput } from '../../../effects/drivers/ctlOutput.ts';

// Outputs of supervisorctl 4.2.5 on Python 3.11, word for word.
const place = ': file: /usr/lib/python3.11/xmlrpc/client.py line: 668\n';

describe('readCtlOutput', () => {
  it('knows what was done, also up to the fault', () => {
    const output =
      'a: stopped\na: updated process group\nb: added process group\nc: stopped\n' +
      `c: removed process group\nd: stopped\nerror: <class 'xmlrpc.client.Fault'>, <Fault 91: 'STILL_RUNNING: d'>${place}`;
    const verdict = readCtlOutput(1, output, '');
    expect([...verdict.done]).toEqual(['a', 'b', 'c']);
    expect(verdict.failures).toMatchObject([{ group: 'd', error: { faultCode: 91 } }]);
    expect(verdict).toMatchObject({ fatal: undefined, aborted: { faultCode: 91 } });
  });

  it('goes by the words, whatever the exit code says', () => {
    expect(readCtlOutput(0, 'ERROR: no such group: x\n', '').failures).toHaveLength(1);
    expect(readCtlOutput(0, 'x: stopped\nx: has problems; not removing\n', '').failures).toEqual([
      { group: 'x', error: { type: 'Fault', faultCode: 30, detail: 'could not be stopped' } },
    ]);
    expect(readCtlOutput(0, '', '')).toEqual({
      fatal: undefined,
      aborted: undefined,
      failures: [],
      done: new Set(),
    });
  });

  it.each([
    ['ERROR: already shutting down\n', '', 'ShuttingDown'],
    [
      `Server requires authentication\nerror: <class 'xmlrpc.client.ProtocolError'>, <ProtocolError for 127.0.0.1/RPC2: 401 Unauthorized>${place}`,
      '',
      'Unauthorised',
    ],
    [
      `error: <class 'ConnectionRefusedError'>, [Errno 111] Connection refused${place}`,
      '',
      'Unreachable',
    ],
    [
      `error: <class 'FileNotFoundError'>, [Errno 2] No such file or directory${place}`,
      '',
      'Unreachable',
    ],
    ['', 'Error: could not find config file /x\nFor help, use -h\n', 'Failed'],
    ['', 'Traceback (most recent call last):\n  x\nValueError: y\n', 'Failed'],
  ])('gives up on %j %j', (stdout, stderr, type) => {
    expect(readCtlOutput(1, stdout, stderr).fatal).toMatchObject({ type });
  });

  it('does not give up when one group cannot be made, though it cannot say which', () => {
    const output = `error: <class 'xmlrpc.client.ProtocolError'>, <ProtocolError for 127.0.0.1/RPC2: 500 Internal Server Error>${place}`;
    expect(readCtlOutput(1, output, '')).toMatchObject({
      fatal: undefined,
      failures: [],
      aborted: { type: 'Fault' },
    });
  });

  it('keeps the environment out of fault 92', () => {
    const output =
      `error: <class 'xmlrpc.client.Fault'>, <Fault 92: "CANT_REREAD: Format string '%(ENV_Q)s' for ` +
      `'program:x.command' contains names ('ENV_Q') which cannot be expanded. Available names: ENV_A, ` +
      `here in section 'program:x' (file: '/etc/x.conf')">${place}`;
    const { fatal } = readCtlOutput(1, output, '');
    expect(fatal).toMatchObject({ type: 'Fault', faultCode: 92 });
    expect(fatal?.detail).toContain("(file: '/etc/x.conf')");
    expect(fatal?.detail).not.toContain('ENV_A');
  });
});
