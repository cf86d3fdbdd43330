/** Asks for a secret on a terminal, which does not show what is typed. */
import type { ReadStream } from 'node:tty';
import { err, ok, type Result } from '../domain/result.ts';

const lengthMax = 1_024;
const [endOfText, interrupt, enter, newLine] = ['\u0004', '\u0003', '\r', '\n'];
const erasers = new Set(['\u007f', '\b']);
const eraseAll = '\u0015';

/** The error is a sentence: it was given up. */
export function askSecret(
  input: ReadStream,
  write: (text: string) => void,
  prompt: string,
): Promise<Result<string, string>> {
  return new Promise((resolve) => {
    let typed: string[] = [];
    const finish = (result: Result<string, string>): void => {
      input.off('data', onData);
      input.setRawMode(false);
      input.pause();
      write('\n');
      resolve(result);
    };
    const onData = (chunk: Buffer | string): void => {
      for (const character of chunk.toString()) {
        if (character === enter || character === newLine) return finish(ok(typed.join('')));
        if (character === interrupt || character === endOfText) return finish(err('given up'));
        if (character === eraseAll) typed = [];
        else if (erasers.has(character)) typed.pop();
        else if (typed.length < lengthMax) typed.push(character);
      }
    };
    write(prompt);
    input.setRawMode(true);
    input.setEncoding('utf8');
    input.on('data', onData);
    input.resume();
  });
}
