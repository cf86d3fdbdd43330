/**
 * The types a setting can have: how its text is read, and how it is shown in `--help`.
 *
 * `parse` never throws; its error says what was expected, as the end of "… is not ".
 */
import { isIP } from 'node:net';
import { isAbsolute, resolve } from 'node:path';
import { parseSupervisorUrl } from '../clients/supervisorUrl.ts';
import { formatDuration, parseDurationMs } from '../domain/duration.ts';
import { isHostName } from '../domain/placement.ts';
import { type Result, err, ok } from '../domain/result.ts';

export interface SettingType<T> {
  /** Stands for the value in `--help`; undefined for a flag without one. */
  readonly placeholder: string | undefined;
  /** `baseDir` is what a relative path is relative to. */
  readonly parse: (text: string, baseDir: string) => Result<T, string>;
  readonly format: (value: T) => string;
}

/** In milliseconds, both bounds allowed. */
export function duration(minMs: number, maxMs: number): SettingType<number> {
  return {
    placeholder: 'DURATION',
    format: formatDuration,
    parse: (text) => {
      const ms = parseDurationMs(text);
      if (!ms.ok || (ms.value >= minMs && ms.value <= maxMs)) return ms;
      return err(`a duration from ${formatDuration(minMs)} to ${formatDuration(maxMs)}`);
    },
  };
}

export interface RestartLimit {
  readonly count: number;
  readonly windowMs: number;
}

export const restartLimit: SettingType<RestartLimit | undefined> = {
  placeholder: 'COUNT/DURATION|off',
  format: (limit) =>
    limit === undefined ? 'off' : `${limit.count}/${formatDuration(limit.windowMs)}`,
  parse: (text) => {
    if (text === 'off') return ok(undefined);
    const [count = '', window = '', ...rest] = text.split('/');
    const windowMs = parseDurationMs(window);
    const isWhole = rest.length === 0 && /^[1-9]\d{0,4}$/.test(count);
    if (!isWhole || !windowMs.ok || windowMs.value < 1) {
      return err('a restart limit such as 3/15s, or off');
    }
    return ok({ count: Number(count), windowMs: windowMs.value });
  },
};

/** Items are trimmed; a list without any is refused. */
export function listOf(
  item: SettingType<string>,
  placeholder: string,
): SettingType<readonly string[]> {
  return {
    placeholder,
    format: (items) => items.join(','),
    parse: (text, baseDir) => {
      const items: string[] = [];
      for (const part of text.split(',').map((each) => each.trim())) {
        if (part === '') continue;
        const parsed = item.parse(part, baseDir);
        if (!parsed.ok) return err(`${parsed.error} (at "${part}")`);
        items.push(parsed.value);
      }
      return items.length > 0 ? ok(items) : err('a comma list with at least one item');
    },
  };
}

export const etcdUrl: SettingType<string> = {
  placeholder: 'URL',
  format: String,
  parse: (text) => {
    const url = URL.canParse(text) ? new URL(text) : undefined;
    const isHttp = url?.protocol === 'http:' || url?.protocol === 'https:';
    if (url === undefined || !isHttp) return err('a URL such as http://10.0.0.1:2379');
    if (url.username !== '' || url.password !== '') return err(noSecretsInUrls);
    if (!/^\/?$/.test(url.pathname) || url.search !== '' || url.hash !== '') {
      return err('a URL of a server only: leave out what follows host and port');
    }
    return ok(url.origin);
  },
};

const noSecretsInUrls =
  'a safe place for a password: give the user name and a password file as settings of their own';

export const supervisorUrl: SettingType<string> = {
  placeholder: 'URL',
  format: String,
  parse: (text) => {
    if (isAbsolute(text)) return err(`a URL: write unix://${text}`);
    if (/^\w+:\/\/[^/]*@/.test(text)) return err(noSecretsInUrls);
    return parseSupervisorUrl(text).ok
      ? ok(text)
      : err('a URL such as unix:///var/run/supervisor.sock or http://127.0.0.1:9001');
  },
};

export const keyPrefix: SettingType<string> = {
  placeholder: 'PREFIX',
  format: String,
  parse: (text) => {
    const prefix = text.replace(/\/+$/, '');
    const isPlain = /^(?:\/[^/\s\p{Cc}]+)+$/u.test(prefix);
    return isPlain ? ok(prefix) : err('a key prefix such as /services/apps');
  },
};

export const path: SettingType<string> = {
  placeholder: 'PATH',
  format: String,
  parse: (text, baseDir) =>
    text.includes('\0') || text.trim() === '' ? err('a path') : ok(resolve(baseDir, text)),
};

export const ipAddress: SettingType<string> = {
  placeholder: 'ADDRESS',
  format: String,
  parse: (text) => (isIP(text) === 0 ? err('an IPv4 or IPv6 address') : ok(text)),
};

/** One line of visible text; used for user names. */
export const word: SettingType<string> = {
  placeholder: 'NAME',
  format: String,
  parse: (text) => (/^[^\s\p{Cc}]{1,255}$/u.test(text) ? ok(text) : err('a word without blanks')),
};

/** Becomes part of an etcd key, and is compared with items of a placement. */
export const hostId: SettingType<string> = {
  placeholder: 'NAME',
  format: String,
  parse: (text) =>
    isHostName(text) ? ok(text) : err('a host name (letters, digits, dash, underscore, dots)'),
};

export function oneOf<Name extends string>(...names: readonly Name[]): SettingType<Name> {
  return {
    placeholder: names.join('|'),
    format: String,
    parse: (text) => {
      const found = names.find((name) => name === text);
      return found === undefined ? err(`one of ${names.join(', ')}`) : ok(found);
    },
  };
}

export const yesOrNo: SettingType<boolean> = {
  placeholder: undefined,
  format: String,
  parse: (text) => {
    if (text === 'true' || text === '1') return ok(true);
    return text === 'false' || text === '0' ? ok(false) : err('true or false');
  },
};

export function wholeNumber(min: number, max: number): SettingType<number> {
  return {
    placeholder: 'NUMBER',
    format: String,
    parse: (text) => {
      const value = /^-?\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
      return value >= min && value <= max ? ok(value) : err(`a whole number from ${min} to ${max}`);
    },
  };
}

const unitsBytes: Readonly<Record<string, number>> = {
  '': 1,
  B: 1,
  KB: 1000,
  MB: 1000 ** 2,
  GB: 1000 ** 3,
  KIB: 1024,
  MIB: 1024 ** 2,
  GIB: 1024 ** 3,
};

export function bytes(min: number): SettingType<number> {
  const format = (value: number): string =>
    value % 1024 ** 2 === 0 ? `${value / 1024 ** 2}MiB` : `${value}B`;
  return {
    placeholder: 'BYTES',
    format,
    parse: (text) => {
      const match = /^(\d{1,12}) ?([A-Za-z]{0,3})$/.exec(text);
      const factor = unitsBytes[match?.[2]?.toUpperCase() ?? '?'];
      if (match?.[1] === undefined || factor === undefined) return err('a size such as 256MiB');
      const value = Number(match[1]) * factor;
      return value >= min && Number.isSafeInteger(value)
        ? ok(value)
        : err(`a size of at least ${format(min)}`);
    },
  };
}

/** Permission bits, written in octal. */
export const fileMode: SettingType<number> = {
  placeholder: 'MODE',
  format: (mode) => mode.toString(8).padStart(4, '0'),
  parse: (text) => {
    if (!/^(?:0o)?0?[0-7]{3}$/.test(text)) return err('a mode in octal such as 0600 or 0640');
    const mode = Number.parseInt(text.replace(/^0o/, ''), 8);
    return (mode & 0o600) === 0o600 ? ok(mode) : err('a mode that lets the owner read and write');
  },
};

/** A number is an id, anything else a name to look up on this host. */
export interface Owner {
  readonly user: string | number;
  /** Undefined: the user's own group. */
  readonly group: string | number | undefined;
}

export const owner: SettingType<Owner> = {
  placeholder: 'USER[:GROUP]',
  format: ({ user, group }) => (group === undefined ? String(user) : `${user}:${group}`),
  parse: (text) => {
    const match =
      /^([A-Za-z0-9_][A-Za-z0-9_.-]{0,63})(?::([A-Za-z0-9_][A-Za-z0-9_.-]{0,63}))?$/.exec(text);
    if (match?.[1] === undefined) return err('an owner such as root, root:adm or 1000:1000');
    const group = match[2] === undefined ? undefined : nameOrId(match[2]);
    return ok({ user: nameOrId(match[1]), group });
  },
};

function nameOrId(text: string): string | number {
  return /^\d{1,10}$/.test(text) ? Number(text) : text;
}

/** `T`, or nothing when the setting is not given. */
export function optional<T>(type: SettingType<T>): SettingType<T | undefined> {
  return {
    placeholder: type.placeholder,
    format: (value) => (value === undefined ? 'none' : type.format(value)),
    parse: type.parse,
  };
}
