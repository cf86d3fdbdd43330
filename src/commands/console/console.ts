/** `supervene console`: the web page of the fleet, and `supervene console user …`. */
import type { CommandRun } from '../command.ts';
import { misuse } from '../commandIo.ts';

export const runConsole: CommandRun = async (input) => {
  const [what, ...rest] = input.args;
  switch (what) {
    case undefined:
      return (await import('./serveConsole.ts')).serveConsole(input);
    case 'user':
      return (await import('./consoleUser.ts')).runConsoleUser(input, rest);
    default: {
      const message = `console ${JSON.stringify(what)}: there is user, and console without it`;
      return misuse(input.io, { message });
    }
  }
};
