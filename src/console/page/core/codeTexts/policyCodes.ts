/** What a host's policy refuses when it is strict, and warns of when it is not. */
import type { CodeTexts } from './codeTexts.ts';

const remedies = {
  en: 'Publish it so that it keeps the rule, or let the policy of the host allow it.',
  zh: '改得符合规则后发布，或在主机的策略中允许。',
} as const;
const hostRemedies = {
  en: 'Mend it on that host; it is asked again by itself.',
  zh: '在该主机上修复；之后会自动再次检查。',
} as const;

const rule = (en: string, zh: string): CodeTexts => ({
  en: [en, remedies.en],
  zh: [zh, remedies.zh],
});
const ofHost = (en: string, zh: string): CodeTexts => ({
  en: [en, hostRemedies.en],
  zh: [zh, hostRemedies.zh],
});

/** One entry for both: `W_…` is looked up as `E_…`. */
export function policyWarning({ en, zh }: CodeTexts): CodeTexts {
  return {
    en: [`${en[0]} This host only warns of it.`, en[1]],
    zh: [`${zh[0]}本机仅作警告。`, zh[1]],
  };
}

export const policyCodes: Readonly<Record<string, CodeTexts>> = {
  E_POLICY_APP_NAME: rule(
    'The policy lets no app be called confd or supervene.',
    '策略不允许应用名为 confd 或 supervene。',
  ),
  E_POLICY_LINES: rule('The policy allows 500 lines at most.', '策略只允许最多 500 行。'),
  E_POLICY_CONTINUATION: rule(
    'The policy wants every option on one line.',
    '策略要求每个选项只占一行。',
  ),
  E_POLICY_DUPLICATE: rule(
    'The policy lets no option be set twice.',
    '策略不允许同一选项设置两次。',
  ),
  E_POLICY_OPTION: rule(
    'The policy forbids serverurl, *_events_enabled and *_capture_maxbytes.',
    '策略禁止 serverurl、*_events_enabled 和 *_capture_maxbytes。',
  ),
  E_POLICY_STOPWAITSECS: rule(
    'The policy allows stopwaitsecs up to 300.',
    '策略允许的 stopwaitsecs 最大为 300。',
  ),
  E_POLICY_NUMPROCS: rule(
    'The policy allows numprocs up to 64.',
    '策略允许的 numprocs 最大为 64。',
  ),
  E_POLICY_ROOT: rule(
    'The policy lets this app not run as root; without user it would.',
    '策略不允许该应用以 root 运行；不写 user 即为 root。',
  ),
  E_POLICY_USER: rule(
    'The user is none of those that the policy names.',
    'user 不在策略所列之中。',
  ),
  E_POLICY_USER_EXPANSION: rule(
    'The user depends on what only the host knows.',
    'user 取决于只有主机才知道的内容。',
  ),
  E_POLICY_COMMAND_EXPANSION: rule(
    'Which program runs depends on what only the host knows.',
    '运行哪个程序取决于只有主机才知道的内容。',
  ),
  E_POLICY_COMMAND_RELATIVE: rule(
    'The policy wants the program, and what it runs, as absolute paths.',
    '策略要求程序及其所运行的都用绝对路径。',
  ),
  E_POLICY_COMMAND_PREFIX: rule(
    'The program lies outside of the directories that the policy names.',
    '程序不在策略所列目录之下。',
  ),
  E_POLICY_SHELL: rule(
    'The policy lets no shell or interpreter be given code.',
    '策略不允许把代码交给 shell 或解释器。',
  ),
  E_POLICY_WRAPPER: rule(
    'The policy lets nothing be run through what changes or hides who runs (sudo, chroot, …).',
    '策略不允许通过会改变或隐藏运行者的程序（sudo、chroot 等）运行。',
  ),
  E_POLICY_ENVIRONMENT_NAME: rule(
    'A variable of environment would make programs run other code.',
    'environment 中有变量会使程序运行其他代码。',
  ),
  E_POLICY_ENVIRONMENT_PATH: rule(
    'The policy lets nobody set PATH for a program that runs as root.',
    '策略不允许为以 root 运行的程序设置 PATH。',
  ),
  E_POLICY_ENV_EXPANSION: rule(
    'A %(ENV_x)s shows a variable of supervisord that the policy does not name.',
    '%(ENV_x)s 用到了策略未列出的 supervisord 变量。',
  ),
  E_POLICY_LOG_PATH: rule(
    'A log file lies outside of the directories that the policy names.',
    '日志文件不在策略所列目录之下。',
  ),
  E_POLICY_LOG_EXPANSION: rule(
    'The path of a log file holds %(ENV_x)s or %(here)s.',
    '日志文件路径含有 %(ENV_x)s 或 %(here)s。',
  ),
  E_POLICY_COMMAND_MISSING: ofHost(
    'The program does not exist on that host, so that nobody knows what it will be.',
    '主机上没有该程序，无从知道它会是什么。',
  ),
  E_POLICY_COMMAND_LINK: ofHost(
    'Links lead from the program to somewhere that the policy does not name.',
    '程序的链接指向策略所列之外的地方。',
  ),
  E_POLICY_COMMAND_WRITABLE: ofHost(
    'Others than root can change the program, or a directory above it.',
    'root 以外的用户可以改动该程序或其上级目录。',
  ),
  E_POLICY_LOG_DIRECTORY: ofHost(
    'Others than root can put links into the directory of a log file.',
    'root 以外的用户可以在日志目录中放置链接。',
  ),
  E_POLICY_USER_ROOT: ofHost('The user is another name of uid 0.', '该用户是 uid 0 的别名。'),
  E_POLICY_UNVERIFIED: ofHost('The host could not find out.', '主机无法查明。'),
};
