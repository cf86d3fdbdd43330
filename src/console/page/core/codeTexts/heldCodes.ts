/** Reasons to hold: what is wanted and not done. `docs/operations.md` has them in English, too. */
import type { HeldCode } from '../../../../domain/plan.ts';
import type { CodeTexts } from './codeTexts.ts';

export const heldCodes: Readonly<Record<HeldCode, CodeTexts>> = {
  NotYetObserved: {
    en: [
      'The agent has just started, or has not yet seen etcd, supervisord or the host.',
      'Wait some seconds. If it stays, see on that host which of them is away.',
    ],
    zh: [
      '代理刚刚启动，或尚未看到 etcd、supervisord 或主机本身的状况。',
      '等几秒。如果一直如此，请到该主机上查看是哪一个不可用。',
    ],
  },
  QuietWindow: {
    en: ['A change is a few milliseconds old; what follows at once goes with it.', 'Nothing.'],
    zh: ['变更刚发生几毫秒；紧接着的变更会一并处理。', '无需处理。'],
  },
  Pending: {
    en: [
      'etcd has only one of the two keys, ips and content; the app waits for the other.',
      'Publish it with both, or unpublish it.',
    ],
    zh: [
      'etcd 中只有 ips 与 content 两个键之一；应用在等另一个。',
      '把两个键一起发布，或取消发布。',
    ],
  },
  Starting: {
    en: [
      'It was started, and has not yet been seen to run for its startsecs (ten seconds where that is 0).',
      'Wait.',
    ],
    zh: ['已启动，但运行时间还未达到 startsecs（为 0 时按十秒计）。', '请等待。'],
  },
  Stopping: {
    en: [
      'It was asked to end; the new version comes after that.',
      'Wait, at most its stopwaitsecs.',
    ],
    zh: ['已要求它结束；之后才会换上新版本。', '请等待，最长为 stopwaitsecs。'],
  },
  Retrying: {
    en: [
      'The last attempt failed; it is tried again, every 30 seconds at last, for ever.',
      'The reason says what failed: mend that.',
    ],
    zh: ['上一次尝试失败；会一直重试，间隔最长 30 秒。', '原因里写明了失败之处：请修复它。'],
  },
  Failed: {
    en: [
      'A program does not run, and starting it again is up to supervisord or to you.',
      'Look at its logs, then mend it, publish better content, or start it.',
    ],
    zh: [
      '程序没有运行，是否再启动取决于 supervisord 或您。',
      '查看日志，然后修复、发布更好的内容，或启动它。',
    ],
  },
  RestartLimit: {
    en: [
      'New content came more often than reconcile.restartLimit allows; the newest waits.',
      'Nothing; stop publishing in a loop.',
    ],
    zh: [
      '新内容来得比 reconcile.restartLimit 允许的更频繁；最新的一份在等待。',
      '无需处理；请停止循环发布。',
    ],
  },
  AwaitingTurn: {
    en: [
      'The app changes host by host: others have their turn, this host’s traffic is still going elsewhere, or etcd cannot be asked.',
      'Wait. The app’s history shows for whom it waits; a lost host is named.',
    ],
    zh: [
      '应用逐台主机变更：正轮到其他主机，或本机流量仍在转移，或无法询问 etcd。',
      '请等待。应用的历史页会显示在等谁；失联的主机会被点名。',
    ],
  },
  RolloutHalted: {
    en: [
      'The new content failed on a host, or somebody halted it; the other hosts keep the old version.',
      'Look at the host it names, then publish what runs, or resume the rollout.',
    ],
    zh: [
      '新内容在某台主机上失败，或被人暂停；其余主机保留旧版本。',
      '查看所指的主机，然后发布能运行的内容，或恢复滚动发布。',
    ],
  },
  OperatorStop: {
    en: [
      'Somebody stopped it, here or with supervisorctl; it stays stopped through new content and restarts.',
      'Start it when it is to run again.',
    ],
    zh: [
      '有人停止了它（在此处或用 supervisorctl）；即使有新内容或重启，也保持停止。',
      '要再次运行时，请启动它。',
    ],
  },
  Refused: {
    en: [
      'The content or the placement breaks a rule; the last good version goes on.',
      'See the code beside it, and publish without that fault.',
    ],
    zh: ['内容或部署位置违反规则；上一个可用版本继续运行。', '查看旁边的代码，改正后重新发布。'],
  },
  Quarantined: {
    en: [
      'This host tried the content, or looked at it, and does not take it; the last good version goes on.',
      'See the code beside it. Publish another content, or mend the host and retry.',
    ],
    zh: [
      '本机试过或检查过该内容后不予采用；上一个可用版本继续运行。',
      '查看旁边的代码。发布其他内容，或修复主机后重试。',
    ],
  },
  ForeignFile: {
    en: [
      'A file that is not supervene’s has the name of the app’s file, or defines the same group or program.',
      'Move or empty it. What confd wrote: supervene adopt on that host.',
    ],
    zh: [
      '一个不属于 supervene 的文件占用了应用的文件名，或定义了同名的组或程序。',
      '移走或清空它。若为 confd 所写：在该主机上运行 supervene adopt。',
    ],
  },
  ForeignConfBroken: {
    en: [
      'supervisord cannot read its configuration because of a file that is not supervene’s; nothing can be taken over on this host.',
      'Correct the file it names.',
    ],
    zh: [
      '因一个不属于 supervene 的文件，supervisord 读不了配置；本机无法应用任何变更。',
      '改正所指的文件。',
    ],
  },
  UnplannedDiff: {
    en: [
      'supervisord tells of changes that nobody planned: somebody edited its files. Nothing is taken over, since that would change other programs too.',
      'supervisorctl reread, look, then supervisorctl update yourself, or put the edit back.',
    ],
    zh: [
      'supervisord 报告了计划之外的变更：有人改了它的文件。因为会影响其他程序，所以什么都不应用。',
      '运行 supervisorctl reread 查看，然后自行 supervisorctl update，或撤销改动。',
    ],
  },
  MassRemoval: {
    en: [
      'More than max(3, 30 %) of the apps on this host were to go within 10 minutes.',
      'If that is meant, confirm it for the host; else put the keys back: roll the apps back.',
    ],
    zh: [
      '10 分钟内要移除本机超过 max(3, 30%) 的应用。',
      '若确属有意，请对该主机确认；否则恢复这些键：回滚应用。',
    ],
  },
  RemovalUnconfirmed: {
    en: [
      'An app is gone from etcd in a way that proves nothing: etcd was emptied, restored or replaced, or the removal is not signed.',
      'If that is meant, confirm it for the host; else restore etcd, or publish again.',
    ],
    zh: [
      '应用从 etcd 中消失，但不能说明问题：etcd 被清空、恢复或更换，或移除未经签名。',
      '若确属有意，请对该主机确认；否则恢复 etcd，或重新发布。',
    ],
  },
  EtcdStale: {
    en: [
      'etcd is away, behind, or another one than before; what was known last is kept and repaired.',
      'Mend etcd or the way to it. If another cluster is meant, confirm it for the host.',
    ],
    zh: [
      'etcd 不可用、落后，或已不是原来的那个；保持并维护最后所知的状态。',
      '修复 etcd 或到它的网络。若确实换了集群，请对该主机确认。',
    ],
  },
  IdentityLost: {
    en: [
      'The host lost the address or the name that placements name it by; its apps are held, not stopped.',
      'Give it back, or set host.addresses or host.id.',
    ],
    zh: [
      '主机失去了部署位置所用的地址或名字；其应用被搁置，并未停止。',
      '恢复该地址或名字，或设置 host.addresses 或 host.id。',
    ],
  },
  SupervisorUnreachable: {
    en: [
      'supervisord does not answer: away, hanging, or another socket or password.',
      'Start it there; supervene doctor says what is the matter.',
    ],
    zh: [
      'supervisord 没有回应：未运行、卡住，或套接字、密码不对。',
      '在该主机上启动它；supervene doctor 会说明问题所在。',
    ],
  },
  ConfDirUnusable: {
    en: [
      'The directory for its files is missing, no directory, or cannot be written.',
      'supervene doctor on that host says which.',
    ],
    zh: ['存放配置文件的目录缺失、不是目录，或不可写。', '在该主机上运行 supervene doctor 查看。'],
  },
  JournalUnwritable: {
    en: [
      'The journal’s disk is full or fails; no new change is begun, what runs goes on.',
      'Make room; it goes on by itself.',
    ],
    zh: [
      '日志（journal）所在磁盘已满或故障；不再开始新变更，运行中的继续。',
      '腾出空间；之后会自行继续。',
    ],
  },
};
