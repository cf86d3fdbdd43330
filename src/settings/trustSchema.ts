/** The settings of whose signatures count, and how many of them. */
import type { TrustConfig } from '../clients/trustKeys.ts';
import { err, ok } from '../domain/result.ts';
import type { Threshold } from '../domain/trust/trustSettings.ts';
import { isWildcard } from '../domain/wildcard.ts';
import { setting } from './setting.ts';
import { oneOf, path, type SettingType } from './settingTypes.ts';

const oneKey: readonly Threshold[] = [{ apps: '*', count: 1 }];

/** `2`, or `prod-*:2, *:1`: the first that matches counts. */
export const thresholds: SettingType<readonly Threshold[]> = {
  placeholder: 'COUNT|APPS:COUNT,…',
  format: (items) =>
    items.length === 1 && items[0]?.apps === '*'
      ? String(items[0].count)
      : items.map(({ apps, count }) => `${apps}:${count}`).join(','),
  parse: (text) => {
    const parsed: Threshold[] = [];
    for (const item of text.split(',').map((each) => each.trim())) {
      const [first = '', count = first, ...rest] = item.split(':').map((each) => each.trim());
      const apps = item.includes(':') ? first : '*';
      const isThreshold = rest.length === 0 && isWildcard(apps) && /^[1-9]\d?$/.test(count);
      if (!isThreshold) return err('a threshold such as 2, or prod-*:2, *:1');
      parsed.push({ apps, count: Number(count) });
    }
    return ok(parsed);
  },
};

export const trustSchema = {
  trustMode: setting<TrustConfig['mode']>(
    'trust.mode',
    '--trust-mode',
    'agent',
    oneOf('off', 'warn', 'enforce'),
    'off',
    'what content that is not signed by enough trusted keys comes to',
  ),
  trustDir: setting(
    'trust.dir',
    '--trust-dir',
    'trust',
    path,
    '/etc/supervene/trust.d',
    'directory of the trusted keys (*.pub); read when the agent starts',
  ),
  trustThreshold: setting<readonly Threshold[]>(
    'trust.threshold',
    '--trust-threshold',
    'agent',
    thresholds,
    oneKey,
    'how many different keys have to sign, by app; first match counts',
  ),
};
