/**
 * Generated values of options, by the option: valid in odd notations, broken, and noise made of
 * what has a meaning to a parser.
 */
import * as fc from 'fast-check';

const oneOf = fc.constantFrom;

/** What makes trouble in a value, on either side. */
const fragment = fc.oneof(
  {
    weight: 6,
    arbitrary: oneOf('a', 'x1', '/tmp', '/', '.', '-', '_', '0', '7', 'A', 'b c', '(', ')'),
  },
  {
    weight: 3,
    arbitrary: oneOf(' ', '  ', '\t', ';', '#', ' ;', ' #', '\t;', '=', ':', ',', '\\'),
  },
  { weight: 2, arbitrary: oneOf('"', "'", '"a b"', "'a b'", '""', '"a ; b"', '"a,b"', '\\"') },
  {
    weight: 3,
    arbitrary: oneOf(
      ...['%(program_name)s', '%(group_name)s', '%(process_num)s', '%(process_num)02d', '%(here)s'],
      ...['%(host_node_name)s', '%(numprocs)d', '%(ENV_SV_KNOWN)s', '%(ENV_SV_MISSING)s'],
      ...[
        '%%',
        '%%%%',
        '%(process_num)3x',
        '%(program_name)-6s',
        '%(ENV_OWN)s',
        '%%(program_name)s',
      ],
    ),
  },
  {
    weight: 1,
    arbitrary: oneOf(
      ...[
        '%',
        '%Y',
        '%s',
        '%d',
        '%(x)s',
        '%(program_name)d',
        '%(',
        '%()s',
        '%(a(b)c)s',
        '%%(here)s',
      ],
      ...[
        '%(process_num)*d',
        '%(process_num)ld',
        '%(process_num)+d',
        '%(program_name).2s',
        '%(x)%',
      ],
    ),
  },
  { weight: 2, arbitrary: oneOf('\n  ', '\n\t', '\n\n  ', '\n  ; c\n  ', '\n      ', '\n ') },
  { weight: 1, arbitrary: oneOf('é', '日本', '😀', '\u00a0', '\u3000', '\u200b', 'İ', 'ß', 'ﬁ') },
);

const hostileFragment = oneOf(
  ...[
    '\r',
    '\0',
    '\ufeff',
    '\x01',
    '\x0b',
    '\x0c',
    '\x1c',
    '\x1f',
    '\x7f',
    '\x85',
    '\u2028',
    '\uffff',
  ],
  ...[
    '\n[program:evil]\ncommand=x',
    '\n  [x]',
    '\r[group:y]\r',
    '\n[DEFAULT]\nuser=nobody',
    '[',
    ']',
  ],
  ...['\n[supervisord]\nidentifier=x', '\n; [a]', '\n[', ' ;#;#', 'a;b ;c #d', 'a#b #c ;d'],
);

export const noise = fc.array(fragment, { maxLength: 7 }).map((parts) => parts.join(''));
export const hostileNoise = fc
  .array(fc.oneof({ weight: 3, arbitrary: fragment }, { weight: 1, arbitrary: hostileFragment }), {
    maxLength: 6,
  })
  .map((parts) => parts.join(''));

const integer = fc.oneof(
  fc.integer({ min: 0, max: 30 }).map(String),
  oneOf('+5', '007', '1_0', '-1', '1.5', '', '0x1', '1e3', '２', '2147483647', '2147483648', ' 3'),
  oneOf(
    '99999999999',
    '1'.repeat(400),
    '_1',
    '1_',
    '1__0',
    'abc',
    '%(process_num)s',
    '5 ; five',
    '%%',
  ),
);
const boolean = oneOf(
  'true',
  'false',
  'TRUE',
  'yes',
  'No',
  'on',
  'off',
  '1',
  '0',
  'maybe',
  '',
  'tru e',
);
const size = fc.oneof(
  oneOf('0', '1MB', '50MB', '10kb', '1 GB', '2GB', '-1', '-1KB', '5M', '', 'MB', '1_0KB', '1.5MB'),
  integer,
);
const path = fc.oneof(
  {
    weight: 3,
    arbitrary: oneOf('/tmp', '/tmp/x', '/nonexistent/x', 'x', './x', '~/x', '~', '~no/x', ''),
  },
  {
    weight: 2,
    arbitrary: oneOf('/tmp/%(program_name)s/x', '/tmp/%(program_name)s.log', '%(here)s/x.log'),
  },
  {
    weight: 1,
    arbitrary: oneOf('/tmp/%%%%x', '/tmp/%%x', '/%(ENV_SV_TMP)s/x', '%(ENV_OWN)s/x', '/tmp//x'),
  },
  { weight: 1, arbitrary: noise },
);
const logFile = fc.oneof(
  path,
  oneOf('NONE', 'off', 'AUTO', 'auto', 'syslog', '/dev/stdout', '/dev/null'),
);
const environment = fc.oneof(
  {
    weight: 3,
    arbitrary: fc
      .array(
        fc
          .tuple(
            oneOf('A', 'OWN', 'PATH', 'a.b', 'x-y', '_', 'Ä', "'q'", '', '1'),
            oneOf('=', '=', '=', ' = ', ':', ''),
            oneOf(
              '1',
              '"a b"',
              "'c,d'",
              '/bin:/x',
              '%(ENV_SV_KNOWN)s',
              '"%(process_num)d%%"',
              '',
              '"',
              'a"b',
              'b#c',
            ),
            oneOf('', '', '', ' ', ' ; c', 'x', '?'),
          )
          .map((parts) => parts.join('')),
        { maxLength: 4 },
      )
      .chain((pairs) =>
        oneOf(',', ', ', ',\n  ', ' ', ';', ',,').map((comma) => pairs.join(comma)),
      ),
  },
  { weight: 1, arbitrary: noise },
);
export const goodCommand = oneOf(
  ...[
    '/bin/cat',
    'sh -c "a;b"',
    'x\n  --flag\n  --other',
    '"a b" c',
    ';x',
    'date +%%Y',
    '#',
    'a\\ b',
  ],
  ...[
    'echo %(ENV_OWN)s',
    '\n  x',
    'x %(program_name)s %(process_num)02d',
    "sh -c 'a\n  ; b\n\n  c'",
  ],
);
export const command = fc.oneof(
  { weight: 3, arbitrary: goodCommand },
  { weight: 1, arbitrary: oneOf("sh -c 'a; b'", 'sh -c "a ; b"', "it's", '""', '', 'a \\', '%Y') },
  { weight: 2, arbitrary: noise },
);
const processName = fc.oneof(
  {
    weight: 2,
    arbitrary: oneOf('%(program_name)s', '%(program_name)s_%(process_num)02d', '%(process_num)s'),
  },
  {
    weight: 1,
    arbitrary: oneOf('p', 'a b', 'a:b', 'é', '*', '', '%(host_node_name)s-%(process_num)d', 'a%%b'),
  },
  {
    weight: 1,
    arbitrary: oneOf('%%(process_num)s', '%(process_num)3d', '%(numprocs)d', '%(ENV_SV_KNOWN)s'),
  },
  { weight: 1, arbitrary: noise },
);
const user = oneOf(
  'root',
  'nobody',
  '0',
  '+0',
  '65534',
  'nouser',
  '-1',
  '',
  'a:b',
  '%(ENV_SV_USER)s',
  '1_0',
);

export const valuesByOption: ReadonlyMap<string, fc.Arbitrary<string>> = new Map(
  Object.entries({
    command,
    process_name: processName,
    numprocs: fc.oneof(oneOf('1', '2', '3', '1', '2', '0', '-3', '1001'), integer),
    numprocs_start: integer,
    priority: integer,
    autostart: boolean,
    autorestart: fc.oneof(boolean, oneOf('unexpected', 'Unexpected', 'always')),
    startsecs: integer,
    startretries: integer,
    exitcodes: oneOf('0', '0,2', ' 0 , 255', '', '256', '-1', 'a', '0,', '1_0', '0 2', '%%'),
    stopsignal: oneOf(
      'TERM',
      'int',
      'SIGKILL',
      'sigusr1',
      '9',
      '15',
      '0',
      '99',
      '',
      'FOO',
      'RTMIN',
      '64',
      '_IGN',
    ),
    stopwaitsecs: integer,
    stopasgroup: boolean,
    killasgroup: boolean,
    user,
    directory: path,
    umask: oneOf(
      '022',
      '0o22',
      '777',
      '1000',
      '8',
      '',
      '-1',
      '2_2',
      '+2',
      '0O7',
      '%(process_num)s',
    ),
    environment,
    redirect_stderr: boolean,
    stdout_logfile: logFile,
    stdout_logfile_maxbytes: size,
    stdout_logfile_backups: integer,
    stdout_capture_maxbytes: size,
    stdout_events_enabled: boolean,
    stdout_syslog: boolean,
    stderr_logfile: logFile,
    stderr_logfile_maxbytes: size,
    stderr_logfile_backups: integer,
    stderr_capture_maxbytes: size,
    stderr_events_enabled: boolean,
    stderr_syslog: boolean,
    serverurl: fc.oneof(oneOf('AUTO', 'http://x:1', 'unix:///x', ''), noise),
  }),
);
