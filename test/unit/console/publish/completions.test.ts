/** What is suggested and explained, in both languages, for every option. */
import { describe, expect, it } from 'vitest';
import { languages } from '../../../../src/console/page/core/language.ts';
import {
  explainAt,
  explainNear,
  explainOption,
  suggestAt,
} from '../../../../src/console/page/publish/completions.ts';
import { optionTexts } from '../../../../src/console/page/publish/optionTexts.ts';
import { problemsOfText } from '../../../../src/console/page/publish/checkDraft.ts';
import { programOptions } from '../../../../src/domain/content/programOptions.ts';
import type { AppName } from '../../../../src/domain/types.ts';

/** `|` is the cursor. */
function at(marked: string): readonly [string, number] {
  const position = marked.indexOf('|');
  return [marked.slice(0, position) + marked.slice(position + 1), position];
}

function labels(marked: string): readonly string[] | undefined {
  return suggestAt(...at(marked), 'en')?.suggestions.map(({ label }) => label);
}

function applied(marked: string, label: string): string | undefined {
  const [text, position] = at(marked);
  const found = suggestAt(text, position, 'en');
  const chosen = found?.suggestions.find((one) => one.label === label);
  if (found === undefined || chosen === undefined) return undefined;
  return text.slice(0, found.from) + chosen.apply + text.slice(found.to);
}

describe('suggestAt', () => {
  it('has every option where a name stands, those that are set already at the end', () => {
    const found = labels('command=x\nau|');
    expect(found?.toSorted()).toEqual(programOptions.map(({ name }) => name).toSorted());
    expect(found?.at(-1)).toBe('command');
  });

  it('puts a name in place of the letters before the cursor', () => {
    expect(applied('command=x\naut|\nuser=y', 'autostart')).toBe('command=x\nautostart=\nuser=y');
    expect(applied('stat|=true', 'autostart')).toBe('autostart=true');
  });

  it('has the values where they are few', () => {
    expect(labels('autostart=|')).toEqual(['true', 'false']);
    expect(labels('stopsignal : |')).toContain('TERM');
    expect(applied('autorestart = un|', 'unexpected')).toBe('autorestart = unexpected');
    expect(labels('directory=/x|')).toBeUndefined();
  });

  it('has what is expanded there, and no number where none may stand', () => {
    expect(labels('command=/x/%(|')).toContain('%(process_num)d');
    expect(labels('user=%|')).not.toContain('%(process_num)d');
    expect(labels('numprocs=%|')).not.toContain('%(program_name)s');
    expect(applied('command=/x/%(pro|', '%(program_name)s')).toBe('command=/x/%(program_name)s');
  });

  it('has nothing in comments, and the values of the option above in lines that go on', () => {
    expect(labels('; auto|')).toBeUndefined();
    expect(labels('command=x ; auto|')).toBeUndefined();
    expect(labels('command=x\n   %(|')).toContain('%(program_name)s');
  });

  it('suggests no value that is refused', () => {
    for (const { name } of programOptions) {
      const rest = name === 'command' ? '' : 'command=/bin/cat\n';
      for (const value of labels(`${rest}${name}=|`) ?? []) {
        const content = `${rest}${name}=${value}\n`;
        const errors = problemsOfText('web' as AppName, content).filter(({ code }) =>
          code.startsWith('E_'),
        );
        expect([content, errors]).toEqual([content, []]);
      }
    }
  });
});

describe('explainAt', () => {
  it('explains the option under the cursor, and what is expanded', () => {
    expect(explainAt(...at('command=x\nauto|start=true'), 'en')?.title).toBe('autostart');
    expect(explainAt(...at('command=/x/%(here|)s'), 'zh')?.title).toBe('%(here)s');
    expect(explainAt(...at('command=%(ENV_HO|ME)s'), 'en')?.lines[0]).toContain('supervisord');
    expect(explainAt(...at('command=/x|y'), 'en')).toBeUndefined();
    expect(explainAt(...at('nothing|=1'), 'en')).toBeUndefined();
  });
});

describe('explainNear', () => {
  it('explains the option of a value too, but nothing in a comment', () => {
    expect(explainNear(...at('command=/x|y'), 'en')?.title).toBe('command');
    expect(explainNear(...at('environment=A="1",\n  B="|2"'), 'zh')?.title).toBe('environment');
    expect(explainNear(...at('; user=|x'), 'en')).toBeUndefined();
    expect(explainNear(...at('comand=|x'), 'en')).toBeUndefined();
  });
});

describe('explainOption', () => {
  it.each(languages)(
    'says in %s what each is, which values it takes and its default',
    (language) => {
      for (const option of programOptions) {
        const [said, values, byDefault] = explainOption(option, language);
        const known: readonly string[] = Object.values(optionTexts[language]);
        expect([option.name, known.includes(said ?? '')]).toEqual([option.name, true]);
        expect(values).not.toContain('{');
        expect(byDefault).toContain(option.default === '' ? '' : (option.default ?? ''));
      }
    },
  );
});
