/** A preview says something of every host that is concerned, once, and nothing of the others. */
import fc from 'fast-check';
import { describe, it } from 'vitest';
import type { FleetRow } from '../../../src/domain/fleet/fleetRow.ts';
import type { AppTexts } from '../../../src/domain/fleet/publication.ts';
import { previewPublish } from '../../../src/domain/fleet/publishPreview.ts';
import { isPlacedHere, parsePlacement } from '../../../src/domain/placement.ts';
import type { AppName, Revision } from '../../../src/domain/types.ts';
import { fcParams } from '../../support/seed.ts';

const app = 'web' as AppName;
const names = ['h1', 'h2', 'h3', 'h4'];

const item = fc.constantFrom(...names, ...names.map((name) => `!${name}`), '*', '10.0.0.0/30');
const ips = fc.array(item, { maxLength: 4 }).map((items) => items.join(','));
const content = fc.constantFrom(
  ...['command=/bin/cat\n', '; same\ncommand = /bin/cat\n', 'command=/bin/dog\n'],
  ...['command=/bin/dog\npriority=7\n'],
);
const rollout = fc.constantFrom(undefined, '{"maxUnavailable":1}');
const texts: fc.Arbitrary<AppTexts> = fc.record({ ips, content, rollout });
const maybeTexts = fc.option(texts, { nil: undefined });

const hosts = fc
  .tuple(...names.map(() => fc.constantFrom('alive', 'lost', 'absent')))
  .map((states) =>
    names.flatMap((host, at) =>
      states[at] === 'absent'
        ? []
        : [
            {
              ...{ host, isAlive: states[at] === 'alive', hostNames: [] },
              addresses: [`10.0.0.${String(at + 1)}`],
            },
          ],
    ),
  );

const revision = fc.constantFrom(undefined, '4' as Revision, '5' as Revision);
const row: fc.Arbitrary<FleetRow> = fc.record({
  app: fc.constantFrom('web', 'other'),
  host: fc.constantFrom(undefined, ...names),
  condition: fc.constantFrom('converged', 'held', 'rolled-back', 'quarantined', 'converging'),
  desiredRevision: revision,
  appliedRevision: revision,
  sinceMs: fc.constant(undefined),
  code: fc.constantFrom(undefined, 'OperatorStop', 'AwaitingTurn'),
  reason: fc.constant(undefined),
  processes: fc
    .array(fc.constantFrom('RUNNING', 'STOPPED', 'FATAL'), { maxLength: 2 })
    .map((states) => states.map((state, at) => ({ id: String(at), state, pid: 1, startSec: 1 }))),
  doubt: fc.constant(undefined),
  lastWordMs: fc.constant(undefined),
});
const fleet = fc.record({ hosts, rows: fc.array(row, { maxLength: 6 }) });

type Fleet = Parameters<typeof previewPublish>[2];

function placed(of: AppTexts | undefined, { hosts }: Fleet): readonly string[] {
  const placement = parsePlacement(of?.ips ?? '');
  return hosts
    .filter(({ host, ...rest }) => isPlacedHere(placement, { hostId: host, ...rest }))
    .map(({ host }) => host);
}

function all(
  check: (before: AppTexts | undefined, after: AppTexts | undefined, fleet: Fleet) => boolean,
) {
  fc.assert(fc.property(maybeTexts, maybeTexts, fleet, check), fcParams(500));
}

describe('safety: a preview', () => {
  it('has exactly one row for each host that either placement names, and none for another', () => {
    all((before, after, fleet) => {
      const concerned = new Set([...placed(before, fleet), ...placed(after, fleet)]);
      const { rows, untouched } = previewPublish(app, { before, after }, fleet);
      const known = rows.filter(({ host }) => fleet.hosts.some((one) => one.host === host));
      const told = known.map(({ host }) => host);
      return (
        told.length === concerned.size &&
        told.every((host) => concerned.has(host)) &&
        untouched === fleet.hosts.length - concerned.size
      );
    });
  });

  it('stops it on exactly the hosts that it leaves, as soon as they answer', () => {
    all((before, after, fleet) => {
      const stays = placed(after, fleet);
      const leaves = placed(before, fleet).filter((host) => !stays.includes(host));
      const { rows } = previewPublish(app, { before, after }, fleet);
      const stopped = rows.filter(({ action, then }) => (then ?? action) === 'Stop');
      return stopped.map(({ host }) => host).join() === leaves.toSorted().join();
    });
  });

  it('does nothing at all when nothing changes, or only how it is written', () => {
    fc.assert(
      fc.property(texts, fleet, (before, fleet) => {
        const after = { ...before, content: `; again\n${before.content ?? ''}` };
        const rows = [before, after].flatMap(
          (to) => previewPublish(app, { before, after: to }, fleet).rows,
        );
        return rows.every(({ action }) => action === 'Nothing');
      }),
      fcParams(500),
    );
  });

  it('starts and restarts it only where it is placed', () => {
    all((before, after, fleet) => {
      const stays = placed(after, fleet);
      const { rows } = previewPublish(app, { before, after }, fleet);
      return rows
        .filter(({ action }) => action === 'Start' || action === 'Restart')
        .every(({ host }) => stays.includes(host));
    });
  });

  it('never says that it knows what a lost host does', () => {
    all((before, after, fleet) => {
      const lost = new Set(fleet.hosts.filter((one) => !one.isAlive).map(({ host }) => host));
      const { rows } = previewPublish(app, { before, after }, fleet);
      return rows.every(
        ({ host, action }) => !lost.has(host) || action === 'Unknown' || action === 'Nothing',
      );
    });
  });

  it('shows a turn only where hosts take turns and something is stopped', () => {
    all((before, after, fleet) => {
      const { rows } = previewPublish(app, { before, after }, fleet);
      return rows.every(
        ({ isInTurn, action, then }) =>
          !isInTurn || (after?.rollout !== undefined && (then ?? action) === 'Restart'),
      );
    });
  });
});
