/** Warnings: they change nothing of what runs. */
import type { CodeTexts } from './codeTexts.ts';

export const warningCodes: Readonly<Record<string, CodeTexts>> = {
  W_UNKNOWN_OPTION: {
    en: ['An option that supervisor does not know was left out.', 'Correct it.'],
    zh: ['supervisor 不认识的选项已被略去。', '请改正。'],
  },
  W_DUPLICATE_OPTION: {
    en: ['An option stands twice; the last one counts.', 'Remove one.'],
    zh: ['同一选项出现两次；以最后一个为准。', '删去一个。'],
  },
  W_CONTINUATION: {
    en: ['A value goes on in an indented line.', 'Begin in the same column if that is not meant.'],
    zh: ['值在缩进的下一行继续。', '若非有意，请从同一列开始。'],
  },
  W_ENVIRONMENT: {
    en: [
      'What stands behind a value of environment is dropped by supervisor.',
      'Quote each value.',
    ],
    zh: ['environment 中某个值之后的内容会被 supervisor 丢弃。', '给每个值加上引号。'],
  },
  W_LOG_DEVICE: {
    en: ['A log is a device, which cannot roll over.', 'Set its …_maxbytes=0.'],
    zh: ['日志是设备，无法轮转。', '把它的 …_maxbytes 设为 0。'],
  },
  W_LOG_UNBOUNDED: {
    en: ['A log of its own without a limit grows until the disk is full.', 'Set its …_maxbytes.'],
    zh: ['没有上限的日志会一直增长到磁盘写满。', '设置它的 …_maxbytes。'],
  },
  W_LOG_SYSLOG: {
    en: ['…_logfile=syslog is the old form.', 'Write …_syslog=true and …_logfile=NONE.'],
    zh: ['…_logfile=syslog 是旧写法。', '改写为 …_syslog=true 和 …_logfile=NONE。'],
  },
  W_LOG_IGNORED: {
    en: ['stderr_logfile beside redirect_stderr=true is ignored.', 'Remove one.'],
    zh: ['有 redirect_stderr=true 时，stderr_logfile 会被忽略。', '删去一个。'],
  },
  W_PLACEMENT_ITEM: {
    en: ['An item of the placement makes no sense and is passed over.', 'Correct it.'],
    zh: ['部署位置中有一项没有意义，已被略过。', '请改正。'],
  },
  W_SECOND_HOSTS: {
    en: ['A second “; hosts:” line in a file for apply is a comment.', 'Remove it.'],
    zh: ['apply 所用文件中的第二个“; hosts:”行只是注释。', '请删去。'],
  },
};
