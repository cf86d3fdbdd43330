/** Faults that show on a host: what did not run there, what is missing there, what is not signed. */
import type { CodeTexts } from './codeTexts.ts';

const signAgain = {
  en: 'Publish it signed, with supervene publish --sign. If nobody of you wrote it, see who did.',
  zh: '用 supervene publish --sign 签名后发布。若不是你们所写，请查明是谁写的。',
} as const;

const unsigned = (en: string, zh: string): CodeTexts => ({
  en: [en, signAgain.en],
  zh: [zh, signAgain.zh],
});

export const hostCodes: Readonly<Record<string, CodeTexts>> = {
  E_FATAL: {
    en: ['It was FATAL after the change.', 'Look at its stderr, then publish what runs.'],
    zh: ['变更后进程变为 FATAL。', '查看它的 stderr，然后发布能运行的内容。'],
  },
  E_FLAPPING: {
    en: [
      'It started again and again, without ever being FATAL.',
      'Look at its stderr; give it a startsecs above 0.',
    ],
    zh: ['反复启动，却从未变为 FATAL。', '查看它的 stderr；把 startsecs 设为大于 0。'],
  },
  E_EXITED: {
    en: [
      'It ended with a status that is not expected.',
      'Look at its stderr, or name the status in exitcodes.',
    ],
    zh: ['以预期之外的状态码结束。', '查看它的 stderr，或把该状态码写入 exitcodes。'],
  },
  E_UNHEALTHY: {
    en: [
      'Its processes run, but its health check never passed in time.',
      'Ask the check yourself on that host.',
    ],
    zh: ['进程在运行，但健康检查未能及时通过。', '请在该主机上亲自执行这项检查。'],
  },
  E_CANT_REREAD: {
    en: [
      'supervisord refuses the app’s file; the last good text was put back.',
      'The reason is supervisord’s own; publish another content.',
    ],
    zh: [
      'supervisord 拒绝应用的文件；已放回上一个可用的文本。',
      '原因出自 supervisord；请发布其他内容。',
    ],
  },
  E_NO_SUCH_USER: {
    en: ['The host has no such user.', 'Make it there, or correct the content; then retry.'],
    zh: ['主机上没有该用户。', '在主机上创建，或改正内容；然后重试。'],
  },
  E_NO_SUCH_GROUP: {
    en: ['The host has no such group.', 'Make it there, or correct the content; then retry.'],
    zh: ['主机上没有该用户组。', '在主机上创建，或改正内容；然后重试。'],
  },
  E_NO_LOG_DIRECTORY: {
    en: ['The directory of a log file is missing on the host.', 'Make it there; then retry.'],
    zh: ['主机上缺少日志文件所在目录。', '在主机上创建；然后重试。'],
  },
  E_NO_SUCH_ENV: {
    en: [
      'supervisord’s own environment lacks a variable of %(ENV_x)s.',
      'Set it and restart supervisord there; then retry.',
    ],
    zh: [
      'supervisord 自身的环境缺少 %(ENV_x)s 所需变量。',
      '设置它并重启那里的 supervisord；然后重试。',
    ],
  },
  E_SIGNATURE_MISSING: unsigned('It is not signed.', '没有签名。'),
  E_SIGNATURE_MALFORMED: unsigned('What is there is no signature.', '签名格式不对。'),
  E_SIGNATURE_INVALID: unsigned('The signature does not hold.', '签名验证不通过。'),
  E_SIGNATURE_MISMATCH: unsigned(
    'What is there is not what was signed.',
    '现有内容与所签内容不符。',
  ),
  E_SIGNATURE_APP: unsigned('It was signed for another app.', '签名属于另一个应用。'),
  E_SIGNATURE_KEY: unsigned('It was signed by a key that may not.', '所用密钥无权签名。'),
  E_SIGNATURE_THRESHOLD: {
    en: ['Too few have signed it.', 'Add a signature: supervene keys sign.'],
    zh: ['签名人数不足。', '追加签名：supervene keys sign。'],
  },
  E_SIGNATURE_EXPIRED: {
    en: ['The signature expired before this host saw it.', 'Sign it again.'],
    zh: ['本机看到之前签名已过期。', '请重新签名。'],
  },
  E_SIGNATURE_ROLLBACK: {
    en: [
      'It is older than what this host accepted before.',
      'Publish it again with --sign KEYFILE --above VERSION, the version the reason names.',
    ],
    zh: [
      '比本机此前接受的版本更旧。',
      '用 --sign KEYFILE --above VERSION 重新发布，VERSION 为原因中所写的版本。',
    ],
  },
  E_TRUST_KEYS: {
    en: [
      'The keys in trust.dir cannot be read, so nothing new is accepted.',
      'Mend them there, then restart the agent.',
    ],
    zh: ['trust.dir 中的密钥读不了，因此不接受任何新内容。', '在主机上修复，然后重启代理。'],
  },
  E_UNKNOWN: {
    en: ['A code of a later version of supervene.', 'Upgrade.'],
    zh: ['更新版本的 supervene 才有的代码。', '请升级。'],
  },
};
