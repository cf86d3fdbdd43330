/**
 * Follows the fleet in etcd and folds what changes into the live model, all that comes within 50 ms at
 * once. Says how the console is linked with etcd: away, what is shown is as of then; back, everything
 * was listed anew, and what is other is folded in as any change is.
 */
import type { FleetAccess } from '../../../commands/fleet/openFleet.ts';
import type { LiveLink } from '../../../domain/console/live.ts';
import { createLiveModel, type LiveModel } from '../../../domain/console/liveModel.ts';

export interface LiveSource {
  readonly model: LiveModel;
  readonly link: () => LiveLink;
  /** Resolves when everything was listed once. */
  readonly listed: Promise<void>;
  readonly close: () => void;
}

export interface LiveSourceDeps {
  readonly follow: FleetAccess['follow'];
  readonly nowMs: () => number;
}

/** Of a version more, and of another link. */
export interface LiveListener {
  readonly onChange: () => void;
  readonly onLink: () => void;
}

const pauseMs = 50;

export function openLiveSource(
  { follow, nowMs }: LiveSourceDeps,
  { onChange, onLink }: LiveListener,
): LiveSource {
  const model = createLiveModel();
  let link: LiveLink = { isConnected: false, fault: 'reading etcd …', sinceMs: nowMs() };
  let timer: NodeJS.Timeout | undefined;
  let isListed = (): void => undefined;
  const listed = new Promise<void>((resolve) => {
    isListed = resolve;
  });

  const fold = (): void => {
    timer = undefined;
    const isWhole = followed.isListed();
    const fault = followed.fault()?.message ?? (isWhole ? null : 'reading etcd …');
    const isNews = isWhole && model.fold(followed.takeChanges(), followed.rollouts(), nowMs());
    if (isNews) onChange();
    const isConnected = fault === null;
    if (isConnected !== link.isConnected || fault !== link.fault) {
      const sinceMs = isConnected === link.isConnected ? link.sinceMs : nowMs();
      link = { isConnected, fault, sinceMs };
      onLink();
    }
    if (isWhole) isListed();
  };
  const followed = follow(() => {
    timer ??= setTimeout(fold, pauseMs);
  }, 'WithRollouts');

  return {
    model,
    link: () => link,
    listed,
    close: () => {
      clearTimeout(timer);
      followed.stop();
    },
  };
}
