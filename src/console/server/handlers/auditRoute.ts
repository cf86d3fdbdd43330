/** `audit`: a page of the trail, the newest first, and whether all of it is whole. */
import { etcdFault } from '../../../commands/etcdFault.ts';
import type { AuditDocument } from '../../../domain/console/api.ts';
import { jsonAnswer } from '../../../http/respond.ts';
import { createAuditReader } from '../audit/readAudit.ts';
import type { Handlers } from '../handlers.ts';
import { etcdAnswer, type HandlerDeps, wrongAnswer } from './parts.ts';

const pageSize = 100;

export function createAuditRoute({ client, settings }: HandlerDeps): Pick<Handlers, 'audit'> {
  const reader = createAuditReader(client.range, settings.etcd.fleetPrefix);
  return {
    audit: async ({ query }) => {
      const given = query.get('before');
      if (given !== null && !/^[1-9]\d{0,14}$/.test(given)) {
        return wrongAnswer('before is not the number of an entry');
      }
      const verdict = await reader.verdict();
      if (!verdict.ok) return etcdAnswer(etcdFault(verdict.error, settings.etcd));
      const before = given === null ? undefined : Number(given);
      const entries = await reader.before(before, pageSize);
      if (!entries.ok) return etcdAnswer(etcdFault(entries.error, settings.etcd));
      const document: AuditDocument = { entries: entries.value, verdict: verdict.value };
      return jsonAnswer(200, document);
    },
  };
}
