/** How content may be written: what people and parsers read differently. */
import { type Rule } from '../rule.ts';

const linesMax = 500;

export const formRules: readonly Rule[] = [
  {
    stem: 'APP_NAME',
    demands: 'No app is called `confd` or `supervene`: what is managed must not be the manager.',
    check: ({ app }) =>
      app === 'confd' || app === 'supervene'
        ? [
            {
              message: `${app} is the name of what manages the apps`,
              remedy: `Choose another name, ${app}-1 for example.`,
            },
          ]
        : [],
  },
  {
    stem: 'LINES',
    demands: 'Content has at most 500 lines.',
    check: ({ lineCount }) =>
      lineCount > linesMax
        ? [
            {
              message: `the content has ${String(lineCount)} lines; more than ${String(linesMax)} nobody reviews`,
              remedy: 'Move data out of the content, into a file on the hosts for example.',
            },
          ]
        : [],
  },
  {
    stem: 'CONTINUATION',
    demands: 'Every option is one line.',
    check: ({ options }) =>
      [...options]
        .filter(([, value]) => value.includes('\n'))
        .map(([option]) => ({
          option,
          message: `${option} goes on in the next line, where an option can hide`,
          remedy: 'Write it in one line.',
        })),
  },
  {
    stem: 'DUPLICATE',
    demands: 'No option is set twice. (Compat has `W_DUPLICATE_OPTION` for it.)',
    isStrictOnly: true,
    check: ({ duplicateLines }) =>
      duplicateLines.map((line) => ({
        line,
        message: 'the option is set in an earlier line already',
        remedy: 'Remove one of the two.',
      })),
  },
];
