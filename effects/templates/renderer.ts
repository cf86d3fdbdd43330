/**
 * The text of one template from its source and what is offered: read and parsed again only when the
 * source has changed, and rendered only when that or the data have.
 */
import type { FileSystem } from '../../src/clients/fileSystem.ts';
import { err, type Result } from '../../src/domain/result.ts';
import type { TemplateData } from '../../src/domain/template/templateData.ts';
import { toFileError } from '../files/fileError.ts';
import type { CompiledTemplate, TemplateEngine, TemplateFault } from './templateEngine.ts';

export interface Renderer {
  /** The same data make the same text. */
  readonly render: (data: TemplateData) => Promise<Result<string, TemplateFault>>;
}

export interface RendererDeps {
  readonly fileSystem: FileSystem;
  readonly engine: TemplateEngine;
  /** Bytes of a source that are read at all. */
  readonly sourceMax: number;
}

export function createRenderer(
  { fileSystem, engine, sourceMax }: RendererDeps,
  src: string,
): Renderer {
  let identity = '';
  let compiled: Result<CompiledTemplate, TemplateFault> | undefined;
  let rendered:
    { readonly of: TemplateData; readonly result: Result<string, TemplateFault> } | undefined;

  /** Links are followed: the source is whatever root lets the path lead to. */
  const compile = async (): Promise<Result<CompiledTemplate, TemplateFault>> => {
    try {
      const stats = await fileSystem.stat(src, { bigint: true });
      const now = [stats.dev, stats.ino, stats.size, stats.mtimeNs, stats.ctimeNs].join(':');
      if (compiled !== undefined && now === identity) return compiled;
      rendered = undefined;
      if (!stats.isFile()) return unreadable(`${src} is not a regular file`);
      if (stats.size > BigInt(sourceMax)) {
        return unreadable(`${src} has more than ${String(sourceMax)} bytes`);
      }
      compiled = engine.compile(await fileSystem.readFile(src, 'utf8'));
      identity = now;
      return compiled;
    } catch (error) {
      return unreadable(toFileError(error, `read ${src}`).detail);
    }
  };

  return {
    render: async (data) => {
      const template = await compile();
      if (!template.ok) return template;
      if (rendered?.of !== data) rendered = { of: data, result: template.value(data) };
      return rendered.result;
    },
  };
}

function unreadable(detail: string) {
  return err({ type: 'Malformed', detail } as const);
}
