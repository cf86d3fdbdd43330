/** The answer to orders, as it comes: one outcome a line. Gives how it ended. */
import type { OrderOutcome } from '../../../domain/console/api.ts';
import { err, ok, type Result } from '../../../domain/result.ts';
import { type ApiRefusal, openApi } from '../core/callApi.ts';
import type { PlannedOrder } from './actionModel.ts';

/** A body may have 256 KiB: so many orders fit in any case. */
const ordersMax = 400;

export async function askOrders(
  orders: readonly PlannedOrder[],
  tell: (outcome: OrderOutcome) => void,
  signal: AbortSignal,
): Promise<Result<void, ApiRefusal>> {
  for (let from = 0; from < orders.length; from += ordersMax) {
    const some = orders.slice(from, from + ordersMax).map(({ host, order }) => ({ host, order }));
    const opened = await openApi('orders', { body: { orders: some }, signal });
    if (!opened.ok) return opened;
    try {
      await readLines(opened.value.body, tell);
    } catch (error) {
      return err({ status: 0, code: 'Unreachable', error: String(error) });
    }
  }
  return ok(undefined);
}

async function readLines(
  body: ReadableStream<Uint8Array> | null,
  tell: (outcome: OrderOutcome) => void,
): Promise<void> {
  const reader = body?.getReader();
  const decoder = new TextDecoder();
  let rest = '';
  for (;;) {
    const { done, value } = (await reader?.read()) ?? { done: true };
    rest += decoder.decode(value, { stream: !done });
    const lines = rest.split('\n');
    rest = done ? '' : (lines.pop() ?? '');
    for (const line of lines) if (line.trim() !== '') tell(JSON.parse(line) as OrderOutcome);
    if (done) return;
  }
}
