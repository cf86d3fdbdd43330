/** What a simulated host answers when it is asked what only a host knows. */
import type { HostPorts } from '../../agent/hostPorts.ts';
import type { HostRefusal } from '../../domain/event.ts';
import type { HostQuestion } from '../../domain/plan.ts';
import type { SupervisordHost } from '../model/supervisordHost.ts';
import type { SchedulerLike } from 'rxjs';

const users: ReadonlyMap<string, number> = new Map([
  ['root', 0],
  ['0', 0],
  ['nobody', 65534],
]);

/** supervisord's view of it. Programs below `/nowhere` do not exist. */
export function hostOf(nodeName: string): SupervisordHost {
  return {
    uidOf: (user) => users.get(user),
    hasDirectory: (path) => !path.startsWith('/nowhere'),
    commandFault: (program) => (program.startsWith('/nowhere') ? 'NotFound' : undefined),
    environment: new Map(),
    nodeName,
  };
}

/** The agent's view of the same. Nothing can be asked about a supervisord that is away. */
export function createProbe(
  host: SupervisordHost,
  scheduler: SchedulerLike,
  isSupervisordUp: () => boolean,
): HostPorts['probe'] {
  return ({ app, contentSha256, questions }) =>
    new Promise((resolve) => {
      scheduler.schedule(() => {
        const isUnanswered =
          !isSupervisordUp() && questions.some(({ type }) => type === 'EnvironmentHas');
        resolve({
          ...{ type: 'HostProbed', app, contentSha256 },
          refusals: questions.flatMap((question) => refusalOf(question, host)),
          ...(isUnanswered ? { doubt: 'SupervisordAway' as const } : {}),
        });
      }, 1);
    });
}

function refusalOf(question: HostQuestion, host: SupervisordHost): readonly HostRefusal[] {
  const refuse = (code: string, message: string): readonly HostRefusal[] => {
    return [{ code, message, remedy: 'Change the content.' }];
  };
  switch (question.type) {
    case 'UserExists':
      if (host.uidOf(question.user) !== undefined) return [];
      return refuse('E_NO_SUCH_USER', `there is no user ${question.user}`);
    case 'LogDirectoryExists':
      if (host.hasDirectory(question.path)) return [];
      return refuse('E_NO_LOG_DIRECTORY', `there is no directory ${question.path}`);
    case 'EnvironmentHas':
      if (host.environment.has(question.name)) return [];
      return refuse('E_NO_SUCH_ENV', `${question.name} is not set`);
    case 'GroupExists':
    // No simulated host has a strict policy.
    case 'CommandTrusted':
    case 'LogDirectoryTrusted':
    case 'UserUnprivileged':
      return [];
  }
}
