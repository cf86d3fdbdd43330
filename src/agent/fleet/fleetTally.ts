/** What came of telling the fleet: counted for the metrics, and said in the log when it changes. */
import type { ReporterNews } from '../../../effects/fleet/reporter.ts';
import type { Log } from '../../log/log.ts';

export interface FleetFacts {
  /** What stands in etcd is what was told last, and the lease it is under is renewed. */
  readonly isConnected: boolean;
  readonly writes: number;
  readonly writtenBytes: number;
  readonly failures: number;
  readonly leasesLost: number;
}

export interface FleetTally {
  readonly facts: () => FleetFacts;
  readonly note: (news: ReporterNews) => void;
}

export function createFleetTally(host: string, log: Log): FleetTally {
  const counts = { writes: 0, writtenBytes: 0, failures: 0, leasesLost: 0 };
  let isWritten = false;
  let isRenewed = true;
  /** What was said last of each, without numbers. */
  const troubles = new Map<string, string>();

  const complain = (about: string, text: string, say: () => void): void => {
    const plain = text.replace(/\d+/g, '');
    if (troubles.get(about) === plain) return;
    troubles.set(about, plain);
    say();
  };
  const isWell = (...abouts: readonly string[]): void => {
    const gone = abouts.filter((about) => troubles.delete(about));
    if (gone.length > 0) log.info({ host }, 'the fleet is told of this host again');
  };

  return {
    facts: () => ({ ...counts, isConnected: isWritten && isRenewed }),
    note: (news) => {
      switch (news.type) {
        case 'Written':
          counts.writes += 1;
          counts.writtenBytes += news.sizeBytes;
          isWritten = true;
          return isWell('Write', 'Occupied');
        case 'Renewed':
          isRenewed = true;
          return isWell('Renewal');
        case 'LeaseLost':
          counts.leasesLost += 1;
          isWritten = false;
          return log.info({ host }, 'the lease in etcd was lost; the fleet is told anew');
        case 'Failed': {
          const { at, error } = news;
          counts.failures += 1;
          if (at === 'Write') isWritten = false;
          else isRenewed = false;
          const what = at === 'Write' ? 'cannot be told' : 'may take this host for lost';
          return complain(at, `${error.type} ${error.detail}`, () => {
            log.warn({ host, reason: error.type }, `the fleet ${what}: ${error.detail}`);
          });
        }
        case 'Occupied': {
          isWritten = false;
          const { instance, version, addresses } = news.by;
          return complain('Occupied', instance, () => {
            log.error(
              { host, other: { instance, version, addresses } },
              `another agent says it is ${host}: give each host a host.id of its own; ` +
                'the fleet is not told of this one until the other has ended, and its lease with it',
            );
          });
        }
      }
    },
  };
}
