/**
 * A `supervisorctl` that goes wrong when told to: a script of that name before the real one in the
 * agent's PATH. As long as there is no order for the group that it is to update, it is the real one.
 */
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { waitFor } from '../../support/waitFor.ts';

/** `hang`: never ends; `hangAfterRemoval`: takes the group out for good, and then never ends. */
export type Order = 'hang' | 'hangAfterRemoval';

export interface SupervisorctlShim {
  /** For the agent. */
  readonly environment: Readonly<Record<string, string>>;
  order(group: string, order: Order): void;
  /** It is the real one again for this group. What hangs goes on hanging. */
  revoke(group: string): void;
  /** Resolves with the pid of one that has obeyed an order for this group. */
  waitUntilObeyed(group: string): Promise<number>;
}

export function createSupervisorctlShim(dir: string): SupervisorctlShim {
  const bin = join(dir, 'bin');
  mkdirSync(bin);
  const path = process.env['PATH'] ?? '';
  writeFileSync(join(bin, 'supervisorctl'), script(bin, path), { mode: 0o755 });
  const orderPath = (group: string): string => join(bin, `${group}.order`);
  const obeyedPath = (group: string): string => join(bin, `${group}.obeyed`);
  return {
    environment: { PATH: `${bin}:${path}` },
    order: (group, order) => {
      rmSync(obeyedPath(group), { force: true });
      writeFileSync(orderPath(group), order);
    },
    revoke: (group) => rmSync(orderPath(group), { force: true }),
    waitUntilObeyed: (group) =>
      waitFor(`a supervisorctl to go wrong for ${group}`, () =>
        existsSync(obeyedPath(group)) ? Number(readFileSync(obeyedPath(group), 'utf8')) : 0,
      ),
  };
}

/** Its arguments are `-c CONFIG update GROUP…`. */
function script(bin: string, path: string): string {
  return `#!/bin/sh
PATH='${path}'
for group in "$@"; do
  [ -f '${bin}'/"$group.order" ] || continue
  case $(cat '${bin}'/"$group.order") in
    hangAfterRemoval) supervisorctl -c "$2" reread; supervisorctl -c "$2" remove "$group" ;;
  esac
  echo $$ > '${bin}'/"$group.obeyed"
  exec sleep 1000
done
exec supervisorctl "$@"
`;
}
