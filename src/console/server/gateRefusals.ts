/** What the gate says to whoever it does not let through: the same to all, and nothing about others. */
import type { Role } from '../../domain/console/roles.ts';
import type { Answer } from '../../http/respond.ts';
import { faultAnswer } from './handlers.ts';

export const tooManyOpen: Answer = {
  ...faultAnswer(429, {
    code: 'TooMany',
    error: 'too many pages or logs are open, of this user or of all',
    remedy: 'close some, or go to another console',
  }),
  headers: { 'retry-after': '10' },
};

export const unexpected = faultAnswer(500, {
  code: 'Unexpected',
  error: 'the console has a fault here',
});
export const notFound = faultAnswer(404, { code: 'NotFound', error: 'there is nothing here' });
export const foreignName = faultAnswer(403, {
  code: 'ForeignHost',
  error: 'the console is not called by this name',
  remedy: 'name it in console.origins',
});
export const foreignPage = faultAnswer(403, {
  code: 'ForeignOrigin',
  error: 'this does not come from a page of the console',
  remedy: 'name what the address bar shows in console.origins',
});
export const loggedOut = faultAnswer(401, { code: 'LoggedOut', error: 'log in first' });
export const forged = faultAnswer(403, {
  code: 'Csrf',
  error: 'the token of the page is another one: load it anew',
});
export const starting: Answer = {
  ...faultAnswer(503, {
    code: 'Starting',
    error: 'the console has not reached etcd yet, and does not know who was logged out',
  }),
  headers: { 'retry-after': '1' },
};

export function deniedTo(role: Role | 'anyone' | 'user'): Answer {
  return faultAnswer(403, { code: 'Denied', error: `this needs the right of ${role}` });
}
