/** Steps that put a file in place, and why; and what may be put back whatever else is the matter. */
import { type Decision, type Scene, stepDecision } from './decision.ts';
import { renderVersion } from './interpret.ts';
import { waitForPeace, waitForRetry } from './obstacles.ts';
import { asAppName } from './appState.ts';
import { knownVersion, type Target } from './target.ts';

type RunTarget = Extract<Target, { type: 'Run' }>;

export function writeStep(
  scene: Scene,
  version: RunTarget['version'],
  isHeld: boolean,
  because: string,
): Decision {
  const app = asAppName(scene.app);
  const { text, sha256 } = renderVersion(app, version, scene.settings, isHeld);
  return stepDecision(
    { type: 'WriteFile', app, revision: version.revision, sha256, text, because },
    'converging',
  );
}

export function whyWrite({ app }: Scene, target: RunTarget): string {
  const { file, hold: operatorHold } = app;
  if (file?.type !== 'Ours') {
    return app.written === undefined ? 'it is new here' : 'its file is missing';
  }
  if (file.sha256 === target.version.sha256 || file.sha256 === target.version.heldSha256) {
    if (!file.isOwnerAndModeRight) return 'owner or mode of its file are wrong';
    return operatorHold === undefined
      ? 'an operator started it again'
      : 'an operator stopped it: it must stay stopped';
  }
  if (app.written?.sha256 === target.version.sha256) return 'its file was changed by someone else';
  if (target.isFallback) return 'the last good version is put back';
  return `its content changed at revision ${target.version.revision}`;
}

/**
 * While the host keeps newer content waiting: a text that nobody planned is not left in place. It may
 * be what keeps supervisord from starting, and then nothing else would ever mend it.
 */
export function putBackAccepted(scene: Scene): Decision | undefined {
  const { app, state } = scene;
  const { file, acceptedSha256 } = app;
  if (state.confDir.status !== 'Listed' || acceptedSha256 === undefined) return undefined;
  if (file?.type !== 'Ours' || knownVersion(app, file.sha256) !== undefined) return undefined;
  const version = knownVersion(app, acceptedSha256);
  if (version === undefined) return undefined;
  // An operator's stop outlasts whatever happens to the file.
  const isHeld = app.hold !== undefined;
  const wait =
    waitForRetry(scene) ?? waitForPeace(scene, isHeld ? version.heldSha256 : version.sha256);
  return wait ?? writeStep(scene, version, isHeld, 'its file was changed by someone else');
}
