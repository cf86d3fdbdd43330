/** What an app that is to go needs: somebody's word where the guard asks for it, then its removal. */
import { decideStops } from './decideProcesses.ts';
import { type Decision, hold, idle, type Scene, stepDecision } from './decision.ts';
import { hostObstacle, waitForRetry } from './obstacles.ts';
import { isOwnedHere } from './removals.ts';
import { asAppName } from './appState.ts';
import type { Target } from './target.ts';
import { waitForDrain } from './turnGate.ts';

export function decideTakeBack(scene: Scene, reason: string): Decision {
  if (scene.app.file?.type !== 'Ours' || scene.state.confDir.status !== 'Listed') return idle;
  const retry = waitForRetry(scene);
  if (retry !== undefined) return retry;
  const because = `supervisord refuses it: ${reason}`;
  return stepDecision({ type: 'RemoveFile', app: asAppName(scene.app), because }, 'quarantined');
}

export function decideRemoval(scene: Scene, target: Extract<Target, { type: 'Remove' }>): Decision {
  const { app, state } = scene;
  if (!isOwnedHere(app)) return idle;
  const guarded = removalHold(scene, target.doubt);
  if (guarded !== undefined) return guarded;
  const obstacle = hostObstacle(scene);
  if (obstacle !== undefined) return obstacle;
  const retry = waitForRetry(scene);
  if (retry !== undefined) return retry;
  const draining = waitForDrain(scene);
  if (draining !== undefined) return draining;
  if (app.file?.type === 'Ours') {
    return stepDecision(
      { type: 'RemoveFile', app: asAppName(app), because: target.because },
      'removing',
    );
  }
  const { diff } = state.supervisor;
  if (diff === undefined) return { ...idle, status: 'removing', needsReread: true };
  if (!diff.removed.includes(app.name)) return { ...idle, status: 'removing' };
  const stops = decideStops(scene, target.because);
  if (stops !== undefined) return { ...stops, status: 'removing' };
  return { ...idle, status: 'removing', update: { change: 'Removed', because: target.because } };
}

/** What keeps this app from being removed; undefined when nothing does. */
export function removalHold(scene: Scene, doubt: string | undefined): Decision | undefined {
  const { app, state, settings } = scene;
  if (!app.isRemovalApproved) {
    const hint = confirmHint(settings.hostId);
    return doubt === undefined
      ? hold(scene, 'MassRemoval', `too many removals within 10 minutes; ${hint}`, 'held')
      : hold(scene, 'RemovalUnconfirmed', `${doubt}; ${hint}`, 'held');
  }
  if (state.source.status === 'Current') return undefined;
  return hold(scene, 'EtcdStale', 'not removed while etcd cannot be read', 'held');
}

function confirmHint(hostId: string): string {
  return `supervene confirm ${hostId} lets it through`;
}
