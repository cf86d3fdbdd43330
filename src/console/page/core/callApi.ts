/** The console's routes as functions. A refusal is an `ApiFault`; nothing is thrown. */
import type { ApiFault } from '../../../domain/console/api.ts';
import { type RouteName, routes } from '../../../domain/console/routes.ts';
import { err, ok, type Result } from '../../../domain/result.ts';
import { store } from './store.ts';

export interface ApiRefusal extends ApiFault {
  /** 0: nobody answered. */
  readonly status: number;
}

export interface ApiCall {
  /** For the `:name`s of the path. */
  readonly path?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, string | undefined>>;
  readonly body?: unknown;
  readonly signal?: AbortSignal;
}

/** The answer as it was given; its body has not been read. */
export async function openApi(
  name: RouteName,
  call: ApiCall = {},
): Promise<Result<Response, ApiRefusal>> {
  const { method } = routes[name];
  const isPost = method === 'POST';
  const headers: Record<string, string> = { accept: 'application/json' };
  if (isPost) {
    headers['content-type'] = 'application/json';
    headers['x-supervene-csrf'] = store.state().session?.csrf ?? '';
  }
  try {
    const response = await fetch(urlOf(name, call), {
      method,
      headers,
      credentials: 'same-origin',
      cache: 'no-store',
      ...(isPost ? { body: JSON.stringify(call.body ?? {}) } : {}),
      ...(call.signal === undefined ? {} : { signal: call.signal }),
    });
    if (response.ok) return ok(response);
    const fault = await faultOf(response);
    if (fault.code === 'LoggedOut') store.dispatch({ type: 'SessionEnded' });
    return err({ ...fault, status: response.status });
  } catch (error) {
    return err({ status: 0, code: 'Unreachable', error: String(error) });
  }
}

export async function callApi<Answer>(
  name: RouteName,
  call: ApiCall = {},
): Promise<Result<Answer, ApiRefusal>> {
  const opened = await openApi(name, call);
  if (!opened.ok) return opened;
  try {
    return ok((await opened.value.json()) as Answer);
  } catch (error) {
    return err({ status: 0, code: 'Unreachable', error: String(error) });
  }
}

export function urlOf(name: RouteName, { path = {}, query = {} }: ApiCall): string {
  const filled = routes[name].path.replaceAll(/:(\w+)/g, (_, key: string) =>
    encodeURIComponent(path[key] ?? ''),
  );
  const search = new URLSearchParams();
  for (const [key, value] of Object.entries(query)) if (value !== undefined) search.set(key, value);
  const text = search.toString();
  return text === '' ? filled : `${filled}?${text}`;
}

async function faultOf(response: Response): Promise<ApiFault> {
  try {
    const fault = (await response.json()) as Partial<ApiFault>;
    if (typeof fault.error === 'string' && typeof fault.code === 'string') return fault as ApiFault;
  } catch {
    // Not from the console itself: a proxy in between.
  }
  return { code: 'Unreachable', error: `the console answered ${String(response.status)}` };
}
