/**
 * Texts from templates, by liquidjs: the one place that knows which engine it is.
 *
 * A template reads the data that it is given, and nothing else: no file, no clock, no chance, so that
 * the same data make the same text. What it may take is limited; what is wrong with it is said with
 * its line. A name that does not exist is an error: a text with a hole in it is worse than none.
 */
import {
  assert,
  Context,
  type Emitter,
  type FilterImplOptions,
  Liquid,
  type Template as Node,
  toValueSync,
} from 'liquidjs';
import { parseAppName } from '../../src/domain/appName.ts';
import { err, ok, type Result } from '../../src/domain/result.ts';
import { type TemplateData, unpublishedApp } from '../../src/domain/template/templateData.ts';
import { type EngineLimits, type TemplateFault, usualLimits } from './templateLimits.ts';

export interface TemplateEngine {
  readonly compile: (text: string) => Result<CompiledTemplate, TemplateFault>;
}

/** Never throws. */
export type CompiledTemplate = (data: TemplateData) => Result<string, TemplateFault>;

/** They read files, or are of no use in a file that is no web page. */
const tagsLeftOut: readonly string[] = [
  ...['include', 'render', 'layout', 'block', 'tablerow'],
  ...['increment', 'decrement'],
];

/** What they give differs from one time to the next, or from one host to another. */
const filtersLeftOut: readonly string[] = [
  ...['date', 'date_to_xmlschema', 'date_to_rfc822', 'date_to_string', 'date_to_long_string'],
  'sample',
];

export function createTemplateEngine(limits: EngineLimits = usualLimits): TemplateEngine {
  const liquid = new Liquid({
    strictFilters: true,
    strictVariables: true,
    ownPropertyOnly: true,
    parseLimit: limits.sourceMax,
    renderLimit: limits.renderMs,
    memoryLimit: limits.memory,
    // Should anything still ask for a file, there are none.
    templates: {},
    // Its own default is the language of the host.
    locale: 'en',
  });
  for (const tag of tagsLeftOut) Reflect.deleteProperty(liquid.tags, tag);
  for (const filter of filtersLeftOut) Reflect.deleteProperty(liquid.filters, filter);
  for (const [name, filter] of Object.entries(liquid.filters)) {
    liquid.registerFilter(name, boundFilter(filter, limits.pieceMax));
  }
  boundCaptures(liquid, limits.textMax);
  return {
    compile: (text) => {
      try {
        const nodes = liquid.parse(text);
        return ok((data) => render(liquid, nodes, data, limits));
      } catch (error) {
        return err(faultOf(error, 'Malformed'));
      }
    },
  };
}

function render(
  liquid: Liquid,
  nodes: Node[],
  data: TemplateData,
  limits: EngineLimits,
): Result<string, TemplateFault> {
  const text = createText(limits.textMax);
  try {
    const context = new Context(scopeOf(data), liquid.options, { sync: true }, { liquid });
    boundPieces(context, limits.pieceMax);
    toValueSync(liquid.renderer.renderTemplates(nodes, context, text));
    return ok(text.buffer);
  } catch (error) {
    return err(faultOf(error, 'Failed'));
  }
}

/** What counts all that is made looks at each piece too. */
function boundPieces({ memoryLimit }: Context, pieceMax: number): void {
  const use = memoryLimit.use.bind(memoryLimit);
  memoryLimit.use = (count) => {
    assert(!(count > pieceMax), 'memory alloc limit exceeded');
    use(count);
  };
}

/** A filter goes through its whole text at one stroke, in which nothing counts the time. */
function boundFilter(filter: FilterImplOptions, max: number): FilterImplOptions {
  const handler = typeof filter === 'function' ? filter : filter.handler;
  const bounded: typeof handler = function (...values) {
    for (const value of values) {
      assert(
        lengthOf(value, max) <= max,
        () => `a filter takes no more than ${String(max)} characters`,
      );
    }
    return handler.apply(this, values);
  };
  return typeof filter === 'function' ? bounded : { ...filter, handler: bounded };
}

/** What is captured is bounded like the whole. */
function boundCaptures({ renderer }: Liquid, textMax: number): void {
  const renderTemplates = renderer.renderTemplates.bind(renderer);
  renderer.renderTemplates = (nodes, context, text = createText(textMax)) =>
    renderTemplates(nodes, context, text);
}

/** Where the engine writes to: a thing that is no text would leave `[object Object]` in the file. */
function createText(textMax: number): Emitter {
  const text: Emitter = {
    buffer: '',
    write: (value: unknown) => {
      assert(
        text.buffer.length + lengthOf(value, textMax) <= textMax,
        () => `the text has more than ${String(textMax)} characters`,
      );
      text.buffer += asText(value);
    },
  };
  return text;
}

/** Of all texts in it; counted no further than just beyond `max`. */
function lengthOf(value: unknown, max: number): number {
  if (typeof value === 'string') return value.length;
  if (!Array.isArray(value)) return 0;
  let length = 0;
  for (const each of value) {
    length += lengthOf(each, max);
    if (length > max) break;
  }
  return length;
}

function asText(value: unknown): string {
  if (value === undefined || value === null) return '';
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  assert(Array.isArray(value), 'only texts and numbers can be written: name a field of it');
  return Array.isArray(value) ? value.map(asText).join('') : '';
}

/** Lists are made when the template asks for them. */
function scopeOf(data: TemplateData): Record<string, unknown> {
  let apps: unknown;
  let hosts: unknown;
  return {
    get apps() {
      return (apps ??= data.apps.map(withNil));
    },
    get hosts() {
      return (hosts ??= data.hosts.map(withNil));
    },
    app: byName(data),
    host: withNil(data.host),
  };
}

/** What is not known is nil: it is no name that does not exist. */
function withNil(value: object): Record<string, unknown> {
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, nilOf(each)]));
}

function nilOf(value: unknown): unknown {
  if (value === undefined) return null;
  if (Array.isArray(value)) return value.map(nilOf);
  return typeof value === 'object' && value !== null ? withNil(value) : value;
}

/** Every name that an app may have leads to one, be it an app that is nowhere. */
function byName({ appNamed }: TemplateData): object {
  const found = new Map<string, object>();
  const find = (key: string | symbol): object | undefined => {
    if (typeof key === 'symbol' || !parseAppName(key).ok) return undefined;
    const app = found.get(key) ?? withNil(appNamed(key) ?? unpublishedApp(key));
    found.set(key, app);
    return app;
  };
  return new Proxy(Object.create(null) as object, {
    get: (_target, key) => find(key),
    has: (_target, key) => find(key) !== undefined,
    ownKeys: () => [],
    getOwnPropertyDescriptor: (_target, key) => {
      const value = find(key);
      return value && { value, enumerable: true, configurable: true };
    },
  });
}

function faultOf(error: unknown, type: TemplateFault['type']): TemplateFault {
  const { message } = error instanceof Error ? error : new Error(String(error));
  const detail = message.replace(/\s+/g, ' ').slice(0, 500);
  const isTooMuch = /(?:limit exceeded|Invalid string length|more than \d+ characters)/.test(
    detail,
  );
  return { type: isTooMuch ? 'TooMuch' : type, detail };
}
