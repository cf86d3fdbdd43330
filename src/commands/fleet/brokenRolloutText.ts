/** How a rollout ended that did not get everywhere, in a sentence. Pure. */
import type { BrokenRollout } from '../../domain/fleet/fleetWait.ts';
import { hostsText } from '../rollout/rolloutTexts.ts';
import { shorten } from '../textTable.ts';
import { counted } from './statusText.ts';

/** `web: halted, having failed on web2; done on 1 of 4 places; web3, web4 stay at revision 96`. */
export function brokenSentence({ app, total, done, failed, stays }: BrokenRollout): string {
  const why = failed.length === 0 ? 'halted' : `halted, having failed on ${hostsText(failed)}`;
  const places = `done on ${String(done.length)} of ${counted(total, 'place')}`;
  const revisions = new Set(stays.map(({ appliedRevision }) => appliedRevision));
  const [only] = revisions;
  const isOne = stays.length === 1;
  const whatever = isOne ? 'what it has' : 'what they have';
  const at = revisions.size === 1 && only !== undefined ? `revision ${only}` : whatever;
  const verb = isOne ? 'stays' : 'stay';
  const rest = stays.length === 0 ? '' : `; ${hostsText(stays)} ${verb} at ${at}`;
  return `${shorten(app, 80)}: ${why}; ${places}${rest}`;
}
