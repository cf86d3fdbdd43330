/**
 * The text of one template from its source and what is offered: read and parsed again only when the
 * source has changed, and rendered only when that or the data have.
 */
import type { FileSystem } from '../../src/clients/fileSystem.ts';
import { err, ok, type Result } from '../../src/domain/result.ts';
import type { TemplateSource } from '../../src/domain/template/templateData.ts';
import { toFileError } from '../files/fileError.ts';
import type { TemplateFault } from './templateLimits.ts';

export interface Renderer {
  /** The same data make the same text. */
  readonly render: (source: TemplateSource) => Promise<Result<string, TemplateFault>>;
}

/** Makes the text of one template; `name` is whose, and never throws. */
export type MakeText = (
  template: { readonly name: string; readonly text: string },
  source: TemplateSource,
) => Promise<Result<string, TemplateFault>>;

export interface RendererDeps {
  readonly fileSystem: FileSystem;
  readonly makeText: MakeText;
  /** Bytes of a source that are read at all. */
  readonly sourceMax: number;
}

export function createRenderer(
  { fileSystem, makeText, sourceMax }: RendererDeps,
  src: string,
): Renderer {
  let identity = '';
  let text: string | undefined;
  let rendered:
    { readonly of: TemplateSource; readonly result: Result<string, TemplateFault> } | undefined;

  /** Links are followed: the source is whatever root lets the path lead to. */
  const read = async (): Promise<Result<string, TemplateFault>> => {
    try {
      const stats = await fileSystem.stat(src, { bigint: true });
      const now = [stats.dev, stats.ino, stats.size, stats.mtimeNs, stats.ctimeNs].join(':');
      if (text !== undefined && now === identity) return ok(text);
      rendered = undefined;
      if (!stats.isFile()) return unreadable(`${src} is not a regular file`);
      if (stats.size > BigInt(sourceMax)) {
        return unreadable(`${src} has more than ${String(sourceMax)} bytes`);
      }
      text = await fileSystem.readFile(src, 'utf8');
      identity = now;
      return ok(text);
    } catch (error) {
      return unreadable(toFileError(error, `read ${src}`).detail);
    }
  };

  return {
    render: async (source) => {
      const template = await read();
      if (!template.ok) return template;
      if (rendered?.of === source) return rendered.result;
      const result = await makeText({ name: src, text: template.value }, source);
      // How long it took, and whether there was memory, may be another next time.
      const isFinal = result.ok || ['Malformed', 'Failed'].includes(result.error.type);
      rendered = isFinal ? { of: source, result } : undefined;
      return result;
    },
  };
}

function unreadable(detail: string) {
  return err({ type: 'Malformed', detail } as const);
}
