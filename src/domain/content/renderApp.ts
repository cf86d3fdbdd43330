/**
 * The one file of an app: marker, one [group:app], one [program:app], options in the order of
 * `programOptions`.
 *
 * Rendered from parsed options, never pasted; equal input gives equal text. supervisor reads each
 * value back exactly as it is in the options, which is why nothing stands around the `=`: a value
 * that begins with `;` would become a comment.
 */
import { sha256 } from '../sha256.ts';
import { type AppName, type ProgramOptions, type Revision, type Sha256 } from '../types.ts';
import { formatMarker } from './marker.ts';
import { readBoolean } from './optionValues.ts';
import { programOptions } from './programOptions.ts';

export interface RenderInput {
  readonly app: AppName;
  readonly revision: Revision;
  readonly options: ProgramOptions;
  /** For what `options` does not set. */
  readonly defaults: readonly (readonly [string, string])[];
  readonly groupPriority: number;
  /** Stopped by an operator: autostart=false, whatever the content says. */
  readonly isHeld: boolean;
}

export interface RenderedApp {
  /** The whole file, marker first. */
  readonly text: string;
  /** Of everything below the marker line. */
  readonly sha256: Sha256;
}

export function renderApp(input: RenderInput): RenderedApp {
  const { app, revision, isHeld } = input;
  const options = withDefaults(input.options, input.defaults);
  let below = `; Edits here are undone. To change it: supervene publish ${app}
[group:${app}]
programs=${app}
priority=${String(input.groupPriority)}

[program:${app}]
`;
  for (const { name } of programOptions) {
    const value = isHeld && name === 'autostart' ? 'false' : options.get(name);
    if (value !== undefined) below += `${name}=${indentContinuations(value)}\n`;
  }
  const hash = sha256(below);
  return { text: `${formatMarker({ app, revision, sha256: hash })}\n${below}`, sha256: hash };
}

function indentContinuations(value: string): string {
  // Blank lines belong to a value even when they are not indented.
  return value.includes('\n') ? value.replaceAll(/\n(?!\n)/g, '\n    ') : value;
}

/** The options with what they do not set added; the order means nothing. */
export function withDefaults(
  options: ProgramOptions,
  defaults: RenderInput['defaults'],
): ProgramOptions {
  const merged = new Map(defaults);
  // supervisor refuses stopasgroup without killasgroup: what the content sets of the two decides.
  const isTrue = (name: string) => readBoolean(options.get(name) ?? '');
  if (isTrue('stopasgroup') === true) merged.delete('killasgroup');
  if (isTrue('killasgroup') === false) merged.delete('stopasgroup');
  for (const [name, value] of options) merged.set(name, value);
  return merged;
}
