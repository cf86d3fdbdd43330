/**
 * Generated bodies of [program:x] sections: valid ones in odd notations, broken ones, hostile ones.
 *
 * Few are pure noise: most lines are options with values of their own type, since only those reach
 * the deeper rules.
 */
import * as fc from 'fast-check';
import { parseProgram } from '../../src/domain/content/parseProgram.ts';
import type { AppName } from '../../src/domain/types.ts';
import { command, goodCommand, hostileNoise, noise, valuesByOption } from './contentValues.ts';

const oneOf = fc.constantFrom;

const name = fc.oneof(
  { weight: 30, arbitrary: oneOf(...valuesByOption.keys()) },
  {
    weight: 1,
    arbitrary: oneOf('comand', 'numproc', 'x', '__proto__', 'constructor', 'programs', 'a b'),
  },
);
const delimiter = oneOf('=', '=', '=', ' = ', ':', ' : ', '\t=\t', '= ', '=;', ' ');
const casing = oneOf<(text: string) => string>(
  (text) => text,
  (text) => text,
  (text) => text.toUpperCase(),
);

const optionLine = name.chain((each) =>
  fc
    .tuple(
      casing,
      delimiter,
      valuesByOption.get(each) ?? noise,
      oneOf('', '', '', ' ', ' ; c', '\t# c', ' ;'),
    )
    .map(([change, between, value, end]) => `${change(each)}${between}${value}${end}`),
);

/** Good on its own by our rules, so that many bodies get through and their values are compared. */
const goodLine = optionLine.filter(
  (line) => parseProgram('x' as AppName, `command=x\n${line}`, { unknownOptions: 'warn' }).ok,
);

/** Few mistakes, so that many bodies get through and their values are compared. */
const tameOption = oneOf(
  ...[
    'autostart=false',
    'autorestart : true',
    'STARTSECS = 0',
    'priority=5 ; low',
    'exitcodes=0,2',
  ],
  ...[
    'user=root',
    'directory=/tmp',
    'umask=022',
    'stopsignal=INT',
    'redirect_stderr=true',
    'startretries=9',
  ],
  ...[
    'environment=A="1",OWN="/tmp"',
    'environment=P=%(ENV_SV_KNOWN)s:/bin,\n  Q="b, c"',
    'stopwaitsecs=1',
  ],
  ...[
    'stdout_logfile=/tmp/%(program_name)s.log',
    'stdout_logfile_maxbytes=1MB',
    'stderr_logfile=NONE',
  ],
  ...[
    'numprocs=2\nprocess_name=%(program_name)s_%(process_num)02d',
    'stopasgroup=true',
    'serverurl=AUTO',
  ],
);
/** Traps that take two options, or an odd line, to spring. */
const trap = oneOf(
  ...['numprocs=2\nprocess_name=%%(process_num)s', 'numprocs=2\nprocess_name=p', 'numprocs=0'],
  ...['environment=OWN="root"\nuser=%(ENV_OWN)s', 'environment=OWN="/x"\nserverurl=%(ENV_OWN)s'],
  ...['environment=A=%(ENV_OWN)s,OWN="1"', 'environment=OWN="tmp"\nstdout_logfile=/%(ENV_OWN)s/x'],
  ...[
    'environment=A=b#c\n  d',
    'environment=A=b#c\n  d,B=1',
    'environment=A=b#c',
    'environment=A=a"b,B=c"d',
    'environment=A="x"y,B=1',
  ],
  ...[
    'environment=A=b # c\n  ,B="#"',
    'environment=A=\'"\',B="\'"',
    'environment=A=b\n  ,\n  B=c',
    'environment=A=b\\',
  ],
  ...[
    'directory=/a;b ;c #d',
    'directory=/a#b #c ;d',
    'directory=/a;b ;c',
    'directory=/a;#b #c;d ;e',
  ],
  ...[
    'directory=/%%(here)s',
    'directory=%(here)s',
    'stdout_logfile=/tmp/%%%%(here)s/x',
    'directory=%%%(here)s',
  ],
  ...[
    'command=a\n\n\n  b\n',
    'command=a\n  ;b\n  c ;d\n  #e\n  f',
    '\tcommand=a\n  b',
    ' command=a\n\tb',
  ],
  ...[
    'redirect_stderr=true\nstderr_logfile=/nonexistent/x',
    'user=root\nuser=nouser',
    'user=nouser\nuser=root',
  ],
);
const filler = oneOf(
  '',
  '',
  '  ',
  '; comment',
  '# comment',
  '  ; indented',
  '\t#',
  ';',
  '; a = b',
  '#[x]',
);
const brokenLine = fc.oneof(
  oneOf('nodelimiter', '=x', ':x', 'autostart', '  indented = 1', 'a'),
  hostileNoise,
);

function body(
  lines: fc.Arbitrary<string>,
  maxLength: number,
  ofCommand: fc.Arbitrary<string>,
): fc.Arbitrary<string> {
  return fc
    .tuple(
      oneOf('command=', 'command=', 'command=', 'command = ', 'Command: ', ''),
      ofCommand,
      fc.array(lines, { maxLength }),
      fc.nat(),
      oneOf('\n', '\n', '\n', '\r\n'),
      oneOf('', '', '', '  ', '\t'),
    )
    .map(([before, value, rest, position, lineEnd, indent]) => {
      const all = [...rest];
      all.splice(position % (all.length + 1), 0, before === '' ? '' : `${before}${value}`);
      return all
        .join('\n')
        .split('\n')
        .map((line) => `${indent}${line}`)
        .join(lineEnd);
    });
}

const tame = fc.oneof(
  { weight: 10, arbitrary: tameOption },
  { weight: 4, arbitrary: filler },
  { weight: 1, arbitrary: trap },
);
const good = fc.oneof(
  { weight: 15, arbitrary: goodLine },
  { weight: 3, arbitrary: filler },
  { weight: 1, arbitrary: trap },
);
const mixed = fc.oneof({ weight: 4, arbitrary: tame }, { weight: 2, arbitrary: optionLine });
const wild = fc.oneof(tameOption, brokenLine, optionLine);

/** Bodies as they might stand in etcd, decoded. */
export const contentBody: fc.Arbitrary<string> = fc.oneof(
  { weight: 2, arbitrary: body(tame, 6, command) },
  { weight: 6, arbitrary: body(good, 7, goodCommand) },
  { weight: 4, arbitrary: body(mixed, 6, command) },
  { weight: 2, arbitrary: body(fc.oneof(optionLine, filler), 5, goodCommand) },
  { weight: 2, arbitrary: body(wild, 5, command) },
  { weight: 1, arbitrary: hostileNoise },
);
