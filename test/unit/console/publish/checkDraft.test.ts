/** What is typed is judged as agents will judge it. */
import { describe, expect, it } from 'vitest';
import {
  checkPlacement,
  checkText,
  meantOption,
  nameIn,
  problemsOfText,
  unpackBase64,
} from '../../../../src/console/page/publish/checkDraft.ts';
import type { AppName } from '../../../../src/domain/types.ts';

const web = 'web' as AppName;
const codes = (text: string): readonly string[] =>
  problemsOfText(web, text).map(({ code, line }) => `${String(line)} ${code}`);

describe('problemsOfText', () => {
  it('has the place of each error', () => {
    expect(codes('command=x\nautostart=maybe\n\ncomand=y\n')).toEqual([
      ...['2 E_BOOLEAN', '4 E_UNKNOWN_OPTION'],
    ]);
  });

  it('has warnings where nothing is refused', () => {
    expect(codes('command=x\nstdout_logfile=syslog\n')).toEqual(['2 W_LOG_SYSLOG']);
    expect(checkText(web, 'command=x\nstdout_logfile=syslog\n').ok).toBe(true);
  });

  it('takes what is typed for text, though it looks like base64', () => {
    expect(codes('command=')).toEqual(['1 E_NO_COMMAND']);
    expect(codes('Y29tbWFuZD14')).toContain('1 E_SYNTAX');
  });

  it('refuses nothing at all, characters and sizes as agents do', () => {
    expect(codes('')).toEqual(['0 E_EMPTY']);
    expect(codes('command=x\u0000')).toEqual(['1 E_NUL']);
    expect(codes(`command=${'x'.repeat(65_536)}`)).toEqual(['0 E_TOO_LARGE']);
  });
});

describe('meantOption', () => {
  const meant = (text: string): string | undefined => {
    const [problem] = problemsOfText(web, text).filter(({ line }) => line > 0);
    return problem && meantOption(problem, text.split('\n')[problem.line - 1] ?? '');
  };

  it('is the nearest option', () => {
    expect(meant('command=x\nautorestrat = true')).toBe('autorestart');
    expect(meant('Comand=x')).toBe('command');
  });

  it('is none where nothing is near, or where the option is right', () => {
    expect(meant('command=x\nzzzzzzzzz=1')).toBeUndefined();
    expect(meant('command=x\nautostart=maybe')).toBeUndefined();
  });
});

describe('nameIn', () => {
  it('finds the name before = or :', () => {
    expect(nameIn('  user : x')).toEqual({ name: 'user', end: 6 });
    expect(nameIn('; user=x')).toBeUndefined();
    expect(nameIn('words')).toBeUndefined();
  });
});

describe('checkPlacement', () => {
  it('warns of an item, and refuses what has none that makes sense', () => {
    expect(checkPlacement('web1,%%').warnings).toHaveLength(1);
    expect(checkPlacement('web1,%%').refusal).toBeUndefined();
    expect(checkPlacement('%%').refusal?.code).toBe('W_PLACEMENT_ITEM');
    expect(checkPlacement('').refusal).toBeUndefined();
  });
});

describe('unpackBase64', () => {
  it('reads what was pasted from a key editor', () => {
    const packed = Buffer.from('command=/bin/cat\nautostart=true\n').toString('base64');
    expect(unpackBase64(`${packed.slice(0, 20)}\n${packed.slice(20)}\n`)).toContain('command=/bin');
  });

  it.each(['command=x', 'command=/bin/cat', 'numprocs', 'command=', 'user=abc\n', ''])(
    'lets %j be what it is',
    (text) => {
      expect(unpackBase64(text)).toBeUndefined();
    },
  );
});
