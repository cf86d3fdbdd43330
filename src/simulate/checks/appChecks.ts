/** What holds for single apps: texts on disk, quarantines, operators' stops. */
import { basename, dirname } from 'node:path';
import { mapGet } from '../../../reducers/persistentMap.ts';
import type { State } from '../../../reducers/state.ts';
import type { Plan } from '../../domain/plan.ts';
import type { Check, Complain } from './check.ts';

export interface TextCheckDeps {
  readonly complain: Complain;
  readonly confDir: string;
  /** All that stands in the conf directory now, by name; undefined for what is no file. */
  readonly texts: () => ReadonlyMap<string, string>;
}

/** AtomicFile: whatever is seen at one of our names was planned, or put there by people. */
export function createTextCheck({ complain, confDir, texts }: TextCheckDeps) {
  const known = new Set<string>();
  /** Whoever edits in place, may leave anything. */
  const edited = new Set<string>();
  const look = (when: string): void => {
    for (const [name, text] of texts()) {
      if (!name.endsWith('.supervene.conf') || name.startsWith('.') || known.has(text)) continue;
      if (edited.has(name)) continue;
      const start = JSON.stringify(text.slice(0, 60));
      complain('AtomicFile', `${name} ${when} is no text that was planned: ${start}`);
      known.add(text);
    }
  };
  const check: Check = {
    onRecorded: ({ event }) => {
      // Durable, so that not even a power cut brings back what was there before; unless it was edited
      // between the writing and the word of it.
      if (event.type === 'FileWritten') {
        const name = `${event.app}.supervene.conf`;
        if (known.has(texts().get(name) ?? '')) edited.delete(name);
      }
      if (event.type !== 'PlanStarted') return;
      for (const step of event.plan.steps) if (step.type === 'WriteFile') known.add(step.text);
    },
    onFileChange: ({ call, path, to }) => {
      const [dir, name] = [dirname(to ?? path), basename(to ?? path)];
      if (dir !== confDir) return;
      // Before a call: what the calls up to now have made of it.
      look(`before ${call} ${name}`);
    },
    onLife: (_initial, wasPowerCut) => look(wasPowerCut ? 'after the power cut' : 'at start'),
  };
  return { check, onEdited: (name: string) => void edited.add(name), edited };
}

/** StickyQuarantine. */
export function createQuarantineCheck(complain: Complain): Check {
  /** Content hash by app. */
  const refused = new Map<string, string>();
  return {
    onRecorded: ({ event }) => {
      if (event.type === 'HostProbed') {
        if (event.refusals.length > 0) refused.set(event.app, event.contentSha256);
        else if (refused.get(event.app) === event.contentSha256) refused.delete(event.app);
      }
      if (event.type === 'RetryRequested') refused.delete(event.app);
      if (event.type !== 'PlanStarted') return;
      for (const step of event.plan.steps) {
        if (step.type !== 'WriteFile' || refused.get(step.app) !== step.sha256) continue;
        complain('StickyQuarantine', `${event.plan.id} writes ${step.app} as it was refused`);
      }
    },
  };
}

/** OperatorStop: from the hold on, only an operator lets it start. */
export function createOperatorCheck(complain: Complain): Check {
  const held = new Set<string>();
  /** Texts under way that keep an app stopped. */
  const keeping = new Set<string>();
  /**
   * Started again since an operator stopped it, by somebody or by a supervisord that began with the
   * old text: the agent may not know yet, and what it then writes comes too late.
   */
  const restarted = new Set<string>();
  const isHeld = (state: State, name: string): boolean =>
    mapGet(state.appsByName, name)?.hold?.isWhole === true;

  const onPlan = ({ steps }: Plan, before: State): void => {
    for (const step of steps) {
      if (step.type !== 'WriteFile') continue;
      const keeps = isHeld(before, step.app) && /^autostart=false$/m.test(step.text);
      if (keeps) keeping.add(step.app);
      else keeping.delete(step.app);
    }
  };

  return {
    onRecorded: ({ event }, before, after) => {
      if (event.type === 'PlanStarted') onPlan(event.plan, before);
      // From here on not even a restart of supervisord starts it.
      if (event.type === 'FileWritten' && keeping.has(event.app)) {
        if (!restarted.has(event.app)) held.add(event.app);
      }
      if (event.type !== 'DesiredChanged' && event.type !== 'DesiredListed') return;
      // What was unpublished is forgotten, and its stop with it.
      for (const name of [...held]) if (!isHeld(after, name)) held.delete(name);
    },
    onProcess: ({ type, group, by }) => {
      if (type === 'Started') restarted.add(group);
      if (by === 'Operator' && type === 'Stopped') restarted.delete(group);
      if (type !== 'Started') return;
      if (!held.delete(group) || by === 'Operator') return;
      complain('OperatorStop', `${group} was started by the ${by.toLowerCase()}`);
    },
  };
}
