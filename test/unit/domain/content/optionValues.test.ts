/** Values of options: what is refused, with which code, and what only draws a warning. */
import { describe, expect, it } from 'vitest';
import { parseProgram } from '../../../../src/domain/content/parseProgram.ts';
import type { AppName } from '../../../../src/domain/types.ts';

const app = 'demo1' as AppName;

/** Options as an object, `code@line` for each warning. */
function accepted(text: string, unknownOptions: 'refuse' | 'warn' = 'refuse') {
  const parsed = parseProgram(app, text, { unknownOptions });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.error));
  const { options, warnings } = parsed.value;
  return { options: Object.fromEntries(options), warnings: warnings.map(place) };
}

/** `code@line` for each error. */
function refusals(text: string) {
  const parsed = parseProgram(app, text, { unknownOptions: 'refuse' });
  return parsed.ok ? 'accepted' : parsed.error.map(place);
}

const place = ({ code, line }: { code: string; line: number }) => `${code}@${String(line)}`;
const withCommand = (line: string) => `command=x\n${line}`;

describe('parseProgram: values', () => {
  it.each(
    [
      [
        'numprocs=1',
        'priority=-1',
        'priority=+5',
        'priority=1_000',
        'startretries=0',
        'startsecs=007',
      ],
      ['stopwaitsecs=2147483647', 'exitcodes=0,2', 'exitcodes= 0 , 255 ', 'exitcodes='],
      [
        'umask=022',
        'umask=0o22',
        'umask=777',
        'stopsignal=TERM',
        'stopsignal=sigusr1',
        'stopsignal=9',
      ],
      [
        'autostart=YES',
        'autostart=off',
        'autorestart=unexpected',
        'autorestart=0',
        'killasgroup=1',
      ],
      ['stdout_logfile_maxbytes=50MB', 'stdout_logfile_maxbytes=1 gb', 'stderr_capture_maxbytes=0'],
      ['stdout_logfile=NONE', 'stdout_logfile=auto', 'stdout_logfile=', 'stdout_logfile=x%%%%y'],
      ['user=www-data', 'user=0', 'user=%(ENV_USER)s', 'directory=/a b', 'serverurl=AUTO'],
      ['environment=A=1', 'environment=A="1,2",B=\'%%\'', 'environment=', 'environment=A=1,'],
      ['environment=P=%(ENV_PATH)s:/bin', 'environment=N="%(process_num)d of %(numprocs)d"'],
      ['process_name=x_%(process_num)02d', 'process_name=%(host_node_name)s', 'process_name=a%%b'],
      ['numprocs=3\nprocess_name=p%(process_num)x', 'redirect_stderr=true'],
    ].flat(),
  )('accepts %s', (line) => {
    const name = line.split('\n').at(-1)?.split('=')[0] ?? '';
    expect(accepted(withCommand(line)).options).toHaveProperty(name);
  });

  it.each([
    [
      'E_INTEGER',
      ['startsecs=abc', 'startsecs=', 'startsecs=1.5', 'startsecs=0x10', 'priority=1__0'],
    ],
    [
      'E_OUT_OF_RANGE',
      ['startsecs=-1', 'stopwaitsecs=2147483648', 'stopwaitsecs=99999999999999999999'],
    ],
    ['E_OUT_OF_RANGE', ['numprocs=0', 'numprocs=-3', 'numprocs=1001', 'numprocs_start=2147483000']],
    [
      'E_OUT_OF_RANGE',
      ['exitcodes=256', 'exitcodes=-1', 'umask=1000', 'stdout_logfile_maxbytes=2GB'],
    ],
    ['E_OUT_OF_RANGE', ['stdout_logfile_maxbytes=-1', 'stdout_logfile_backups=10001']],
    [
      'E_BYTE_SIZE',
      ['stdout_logfile_maxbytes=50M', 'stdout_logfile_maxbytes=', 'stderr_capture_maxbytes=x'],
    ],
    ['E_EXIT_CODES', ['exitcodes=a', 'exitcodes=0,', 'exitcodes=0;2']],
    ['E_UMASK', ['umask=8', 'umask=rwx', 'umask=', 'umask=-1']],
    [
      'E_SIGNAL',
      ['stopsignal=', 'stopsignal=0', 'stopsignal=FOO', 'stopsignal=99', 'stopsignal=_IGN'],
    ],
    ['E_BOOLEAN', ['autostart=maybe', 'autostart=', 'stdout_syslog=2', 'killasgroup=unexpected']],
    ['E_AUTORESTART', ['autorestart=always', 'autorestart=']],
    ['E_USER', ['user=', 'user=-1', 'user=a:b']],
    ['E_EMPTY_VALUE', ['directory=']],
    ['E_LOGFILE', [`stdout_logfile=/${'x'.repeat(5000)}`]],
    [
      'E_ENVIRONMENT',
      ['environment=A', 'environment=A=', 'environment=A="1', 'environment=A=1 B=2'],
    ],
    [
      'E_ENVIRONMENT',
      ['environment=A=b c d', 'environment=A=http://x?y', "environment='A=B'=c", 'environment=,=1'],
    ],
    [
      'E_PROCESS_NAME',
      ['process_name=', 'process_name=a b', 'process_name=a:b', 'process_name=a/b'],
    ],
    ['E_PROCESS_NAME', ['process_name=é', 'process_name=*', `process_name=${'x'.repeat(129)}`]],
    ['E_PROCESS_NAME', ['process_name=x%(process_num)5d']],
    [
      'E_PROCESS_NUM',
      ['numprocs=2', 'numprocs=2\nprocess_name=x', 'numprocs=2\nprocess_name=%%(process_num)s'],
    ],
    ['E_STOPASGROUP', ['stopasgroup=true\nkillasgroup=false']],
  ])('refuses with %s: %j', (code, lines) => {
    for (const line of lines) {
      const last = line.split('\n').length + 1;
      const parsed = parseProgram(app, withCommand(line), { unknownOptions: 'refuse' });
      expect([line, parsed.ok || parsed.error.map((each) => each.code)]).toEqual([line, [code]]);
      const place = parsed.ok ? 0 : (parsed.error[0]?.line ?? 0);
      expect(place).toBeGreaterThan(1);
      expect(place).toBeLessThanOrEqual(last);
    }
  });

  it.each([
    '%Y',
    '%',
    'x%',
    '%s',
    '%r',
    '%d',
    '%(x',
    '%(x)s',
    '%(ENV_A)d',
    '%(program_name)',
    '%(program_name)d',
    '%(process_num)*d',
    '%(process_num)999d',
    '%(a(b)c)s',
    '%%(here)s',
    '%(here)5s',
    '%%%',
    '%(program_name)%',
  ])('refuses the expansion %s', (text) => {
    expect(refusals(`command=x ${text}`)).toEqual(['E_EXPANSION@1']);
  });

  it.each([
    'user=%(process_num)d',
    'serverurl=%(numprocs)d',
    'stdout_logfile=/tmp/%%x',
    'startsecs=%(ENV_A)s',
    'autostart=%%',
    'process_name=%(ENV_A)s',
    'stdout_logfile=/tmp/%%%%(here)s',
  ])('refuses %s, for it would not be known or not work there', (line) => {
    expect(refusals(withCommand(line))).toEqual(['E_EXPANSION@2']);
  });

  it.each([
    ['command=', 'E_NO_COMMAND@1'],
    ['command=""', 'E_NO_COMMAND@1'],
    ['command= ; x', 'E_NO_COMMAND@1'],
    ['priority=1', 'E_NO_COMMAND@0'],
    ['; nothing', 'E_NO_COMMAND@0'],
    ['command=echo "a', 'E_COMMAND@1'],
    ["command=it's", 'E_COMMAND@1'],
    ['command=a \\', 'E_COMMAND@1'],
  ])('refuses %j: %s', (text, problem) => {
    expect(refusals(text)).toEqual([problem]);
  });

  it('explains quotes that a comment cut open', () => {
    const parsed = parseProgram(app, 'command=sh -c "a ; b"', { unknownOptions: 'refuse' });
    expect(!parsed.ok && parsed.error[0]?.remedy).toContain('begins a comment, inside quotes too');
  });

  it('shows nothing of an environment or a command', () => {
    const text = 'command=run "CANARY1\nenvironment=TOKEN="CANARY2';
    expect(JSON.stringify(parseProgram(app, text, { unknownOptions: 'refuse' }))).not.toContain(
      'CANARY',
    );
  });

  it.each([
    ['stdout_logfile=syslog', 'W_LOG_SYSLOG@2'],
    ['environment=A=b c', 'W_ENVIRONMENT@2'],
    ['stdout_logfile=AUTO\nstdout_logfile_maxbytes=0', 'W_LOG_UNBOUNDED@2'],
    ['stderr_logfile=/var/log/x\nredirect_stderr=true', 'W_LOG_IGNORED@2'],
    ['stdout_logfile=/dev/stdout\nstdout_logfile_maxbytes=1MB', 'W_LOG_DEVICE@2'],
  ])('warns of %j', (lines, warning) => {
    expect(accepted(withCommand(lines)).warnings).toEqual([warning]);
  });

  it('warns of nothing that is only an expansion', () => {
    const text = 'command=x\nenvironment=P=%(ENV_PATH)s:/bin,Q="%%"';
    expect(accepted(text).warnings).toEqual([]);
  });

  it.each([
    ['quotes', `command=x\nenvironment=A=${`"${"'".repeat(60_000)}x"`}`],
    ['options', Array.from({ length: 16_000 }, (_, index) => `a${String(index % 90)}=`).join('\n')],
    ['comment signs', `command=${';#'.repeat(30_000)}`],
    ['expansions', `command=${'%(process_num)99d'.repeat(3_000)}`],
    ['processes', `command=x\nnumprocs=1000\nprocess_name=${'%(process_num)s'.repeat(8)}`],
    ['delimiters', `${'='.repeat(60_000)}\ncommand=x`],
  ])('is quick with a hostile body of many %s', (_, text) => {
    const startMs = performance.now();
    parseProgram(app, text, { unknownOptions: 'refuse' });
    expect(performance.now() - startMs).toBeLessThan(1000);
  });
});
