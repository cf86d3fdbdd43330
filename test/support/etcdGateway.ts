/**
 * What tests say to etcd: its JSON gateway over HTTP, with nothing of supervene in between, so that
 * a fault of our own client cannot hide behind itself. Keys and values are UTF-8 or bytes.
 */
export type Bytes = string | Uint8Array;

export interface EtcdGateway {
  /** The revision at which it happened, as all of these. */
  put(key: string, value: Bytes): Promise<string>;
  del(key: string): Promise<string>;
  delPrefix(prefix: string): Promise<string>;
  /** Any number of puts and deletions (`undefined`) at one revision. */
  txn(changes: Readonly<Record<string, Bytes | undefined>>): Promise<string>;
  get(key: string): Promise<string | undefined>;
  revision(): Promise<string>;
  /** Forgets what was before this revision; the current one by default. */
  compact(revision?: string): Promise<void>;
  /** Any call of the gateway: `call('/v3/lease/grant', { TTL: 5 })`. */
  call(path: string, body: unknown): Promise<Record<string, unknown>>;
  /** From now on calls are made as this user. */
  login(name: string, password: string): void;
}

export function createEtcdGateway(url: string, defaultTimeoutMs = 5_000): EtcdGateway {
  let user: { name: string; password: string } | undefined;
  let token: string | undefined;

  async function post(path: string, body: unknown): Promise<Record<string, unknown>> {
    const response = await fetch(url + path, {
      method: 'POST',
      body: JSON.stringify(body),
      headers: token === undefined ? {} : { authorization: token },
      signal: AbortSignal.timeout(defaultTimeoutMs),
    });
    const answer = (await response.json()) as Record<string, unknown>;
    if (!response.ok)
      throw new Error(`etcd ${path}: ${String(answer['error'] ?? answer['message'])}`);
    return answer;
  }

  async function call(path: string, body: unknown): Promise<Record<string, unknown>> {
    if (user === undefined) return post(path, body);
    try {
      if (token !== undefined) return await post(path, body);
    } catch (error) {
      if (!/invalid auth token|old revision/.test(String(error))) throw error;
    }
    token = undefined;
    try {
      token = String((await post('/v3/auth/authenticate', user))['token']);
    } catch (error) {
      if (!String(error).includes('authentication is not enabled')) throw error;
    }
    return post(path, body);
  }

  const revisionOf = (answer: Record<string, unknown>): string =>
    String((answer['header'] as Record<string, unknown>)['revision']);

  return {
    put: async (key, value) =>
      revisionOf(await call('/v3/kv/put', { key: encode(key), value: encode(value) })),
    del: async (key) => revisionOf(await call('/v3/kv/deleterange', { key: encode(key) })),
    delPrefix: async (prefix) =>
      revisionOf(
        await call('/v3/kv/deleterange', { key: encode(prefix), range_end: prefixEnd(prefix) }),
      ),
    txn: async (changes) => {
      const success = Object.entries(changes).map(([key, value]) =>
        value === undefined
          ? { requestDeleteRange: { key: encode(key) } }
          : { requestPut: { key: encode(key), value: encode(value) } },
      );
      return revisionOf(await call('/v3/kv/txn', { success }));
    },
    get: async (key) => {
      const kvs = (await call('/v3/kv/range', { key: encode(key) }))['kvs'];
      const [first] = (kvs ?? []) as readonly { value?: string }[];
      return first && Buffer.from(first.value ?? '', 'base64').toString('utf8');
    },
    revision: async () => revisionOf(await call('/v3/kv/range', { key: encode('\0') })),
    compact: async (revision) => {
      const at = revision ?? revisionOf(await call('/v3/kv/range', { key: encode('\0') }));
      await call('/v3/kv/compaction', { revision: at, physical: true });
    },
    call,
    login: (name, password) => {
      user = { name, password };
    },
  };
}

function encode(bytes: Bytes): string {
  return Buffer.from(bytes as string).toString('base64');
}

/** Good for prefixes that end in a slash or another character below 0xff. */
function prefixEnd(prefix: string): string {
  const end = Buffer.from(prefix);
  end[end.length - 1] = (end.at(-1) ?? 0) + 1;
  return end.toString('base64');
}
