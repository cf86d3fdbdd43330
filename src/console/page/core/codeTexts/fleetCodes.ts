/** What only reports and the fleet as a whole say. */
import type { CodeTexts } from './codeTexts.ts';

export type FleetCode =
  | 'Applying'
  | 'NotRunning'
  | 'HostLost'
  | 'AgentEnded'
  | 'NeverSeen'
  | 'NotSeen'
  | 'TemplateFailed';

export const fleetCodes: Readonly<Record<FleetCode, CodeTexts>> = {
  Applying: {
    en: ['The plan has a step for it, which is being carried out.', 'Wait.'],
    zh: ['计划中有针对它的步骤，正在执行。', '请等待。'],
  },
  NotRunning: {
    en: [
      'A process that should run does not, and nothing is planned about it.',
      'Look at its processes and logs, then start it.',
    ],
    zh: ['应当运行的进程没有运行，也没有相应计划。', '查看进程和日志，然后启动它。'],
  },
  HostLost: {
    en: [
      'Its lease is gone: the machine, its agent or its way to etcd is down. Processes may well run.',
      'Look at the host; forget it when it is gone for good.',
    ],
    zh: [
      '租约已失效：机器、代理或到 etcd 的网络出了问题。进程可能仍在运行。',
      '查看该主机；若它不再回来，可将其遗忘。',
    ],
  },
  AgentEnded: {
    en: ['Its agent was told to end, and said so.', 'Start the agent again, or forget the host.'],
    zh: ['代理被要求结束，并已告知。', '重新启动代理，或遗忘该主机。'],
  },
  NeverSeen: {
    en: [
      'The placement names an address or a name that no host ever answered to.',
      'Correct the placement, or start an agent there. Agents with fleet.report = "off" are not seen either.',
    ],
    zh: [
      '部署位置中的地址或名字从未有主机回应过。',
      '改正部署位置，或在那里启动代理。设置了 fleet.report = "off" 的代理也看不到。',
    ],
  },
  NotSeen: {
    en: [
      'The host has not said yet that it knows what etcd says since that revision.',
      'Nothing for a second; then see whether that host can read etcd.',
    ],
    zh: ['主机尚未表示已知道 etcd 的该版本。', '先等一秒；之后查看该主机能否读取 etcd。'],
  },
  TemplateFailed: {
    en: [
      'A template of this host could not be rendered, checked or reloaded; the file stays as it was.',
      'The reason says which, and why: correct the template, or mend what it is for.',
    ],
    zh: [
      '本机的一个模板无法渲染、检查或重新加载；文件保持原样。',
      '原因里写明了是哪一个、为什么：改正模板，或修复相关服务。',
    ],
  },
};
