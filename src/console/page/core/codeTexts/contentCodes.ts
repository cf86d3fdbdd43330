/** Faults of names, placements and contents: nothing but another publish mends them. */
import type { CodeTexts } from './codeTexts.ts';

const encode = {
  en: 'Publish it here or with supervene publish, which encode it.',
  zh: '在此处或用 supervene publish 发布，会自动编码。',
} as const;
const clean = {
  en: 'Remove it: the text is UTF-8 with LF.',
  zh: '请删去：文本应为 UTF-8，以 LF 换行。',
} as const;
const ofItsKind = (en: string, zh: string): CodeTexts => ({
  en: [`A value is not ${en}.`, 'Write one, as the line says.'],
  zh: [`值不是${zh}。`, '请按该行提示填写。'],
});

export const contentCodes: Readonly<Record<string, CodeTexts>> = {
  E_APP_NAME: {
    en: [
      'No app can have this name: letters, digits, dot, dash and underscore, 63 at most.',
      'Publish it under another name, and unpublish this one.',
    ],
    zh: [
      '应用不能用这个名字：只能用字母、数字、点、短横和下划线，最多 63 个。',
      '换个名字发布，并取消发布这一个。',
    ],
  },
  E_APP_NAME_RESERVED: {
    en: [
      'The name means something to supervisord or its tools.',
      'Publish it under another name, and unpublish this one.',
    ],
    zh: ['这个名字对 supervisord 或其工具另有含义。', '换个名字发布，并取消发布这一个。'],
  },
  E_HALF_PAIR: {
    en: ['Only one of the two keys, ips and content, is there.', 'Publish both, or unpublish it.'],
    zh: ['ips 与 content 两个键只有一个。', '两个一起发布，或取消发布。'],
  },
  E_PLACEMENT: {
    en: [
      'The placement is no text, or no item of it is an address, a block, a host name or *.',
      'Publish it again with hosts.',
    ],
    zh: ['部署位置不是文本，或没有一项是地址、网段、主机名或 *。', '写明主机后重新发布。'],
  },
  E_ROLLOUT: {
    en: [
      'The rollout key has an unknown field or a bad value.',
      'Publish it with the fields for it, or take the key away.',
    ],
    zh: ['rollout 键有未知字段或错误的值。', '用相应的字段重新发布，或删去该键。'],
  },
  E_ELSEWHERE: {
    en: [
      'The content was not kept by this host, since the app is placed on others.',
      'Look at it on one of those.',
    ],
    zh: ['应用部署在别的主机上，本机没有保留其内容。', '到那些主机上查看。'],
  },
  E_EMPTY: {
    en: ['There is no content in the content.', 'Publish the body of a [program:x] section.'],
    zh: ['content 是空的。', '发布 [program:x] 段的正文。'],
  },
  E_TOO_LARGE: {
    en: ['It is above 64 KiB decoded.', 'Move data into a file on the hosts.'],
    zh: ['解码后超过 64 KiB。', '把数据移到主机上的文件里。'],
  },
  E_NOT_UTF8: { en: ['The content is no UTF-8.', encode.en], zh: ['内容不是 UTF-8。', encode.zh] },
  E_BASE64: {
    en: ['The content is neither base64 nor the text of a program.', encode.en],
    zh: ['内容既不是 base64，也不是程序文本。', encode.zh],
  },
  E_NUL: { en: ['A NUL is in the content.', clean.en], zh: ['内容中有 NUL 字符。', clean.zh] },
  E_CONTROL_CHARACTER: {
    en: ['A control character that supervisor would read as something else.', clean.en],
    zh: ['有会被 supervisor 误读的控制字符。', clean.zh],
  },
  E_BOM: { en: ['A byte order mark is in it.', clean.en], zh: ['内容中有 BOM。', clean.zh] },
  E_LONE_CR: { en: ['A CR without LF is in it.', clean.en], zh: ['有不带 LF 的 CR。', clean.zh] },
  E_SECTION_HEADER: {
    en: [
      'A line begins with “[”.',
      'Only the body of the section is content: take the header out.',
    ],
    zh: ['有一行以“[”开头。', '内容只是段的正文：请去掉段标题。'],
  },
  E_SYNTAX: {
    en: [
      'A line is neither an option nor a comment, or has no name before its “=”.',
      'Correct the line it names.',
    ],
    zh: ['有一行既不是选项也不是注释，或“=”前没有名字。', '改正所指的行。'],
  },
  E_COMMENT: {
    en: ['A “;” behind a blank would cut the value off.', 'Put the comment on its own line.'],
    zh: ['空格后的“;”会截断该值。', '把注释单独放一行。'],
  },
  E_CONTINUATION: {
    en: [
      'A value goes on in the next line, where only one line makes sense.',
      'Begin every option in the same column.',
    ],
    zh: ['值延续到了下一行，而这里只能是一行。', '每个选项都从同一列开始。'],
  },
  E_UNKNOWN_OPTION: {
    en: ['supervisor knows no such option for programs.', 'The nearest one is named.'],
    zh: ['supervisor 的程序段没有这个选项。', '提示中给出了最接近的选项。'],
  },
  E_NO_COMMAND: { en: ['There is no command.', 'Write one.'], zh: ['没有 command。', '请写上。'] },
  E_COMMAND: {
    en: ['The command cannot be split as a shell would, or is empty.', 'Quote it.'],
    zh: ['command 无法按 shell 的方式拆分，或为空。', '请加引号。'],
  },
  E_INTEGER: ofItsKind('a whole number', '整数'),
  E_BYTE_SIZE: ofItsKind('a size such as 50MB', '50MB 这样的大小'),
  E_BOOLEAN: ofItsKind('true or false', ' true 或 false'),
  E_AUTORESTART: ofItsKind('true, false or unexpected', ' true、false 或 unexpected'),
  E_UMASK: ofItsKind('an octal number such as 022', ' 022 这样的八进制数'),
  E_SIGNAL: ofItsKind('a signal such as TERM or 15', ' TERM 或 15 这样的信号'),
  E_EXIT_CODES: ofItsKind('a list of exit statuses such as 0,2', ' 0,2 这样的退出码列表'),
  E_OUT_OF_RANGE: {
    en: ['A number is too small or too large.', 'The line names the range.'],
    zh: ['数字过小或过大。', '该行写明了范围。'],
  },
  E_EMPTY_VALUE: {
    en: ['An option has no value where it needs one.', 'Write one, or leave the option out.'],
    zh: ['选项需要值却没有。', '写上值，或去掉该选项。'],
  },
  E_ENVIRONMENT: {
    en: ['environment is not KEY="value",….', 'Quote each value.'],
    zh: ['environment 不是 KEY="value",… 的形式。', '给每个值加上引号。'],
  },
  E_EXPANSION: {
    en: ['A %(…)s that supervisor does not know, or a lone %.', 'Write %% for a percent sign.'],
    zh: ['有 supervisor 不认识的 %(…)s，或单独的 %。', '百分号请写成 %%。'],
  },
  E_LOGFILE: {
    en: ['The path of a log is too long for the file system.', 'Choose a shorter one.'],
    zh: ['日志路径对文件系统来说太长。', '换个短的。'],
  },
  E_USER: {
    en: ['user is neither a name nor a number.', 'Write one.'],
    zh: ['user 既不是名字也不是数字。', '请改正。'],
  },
  E_PROCESS_NAME: {
    en: ['The name of a process is not allowed.', 'Correct process_name as the reason says.'],
    zh: ['进程名不允许。', '按原因改正 process_name。'],
  },
  E_PROCESS_NUM: {
    en: [
      'With several processes their names must differ.',
      'Put %(process_num)s into process_name.',
    ],
    zh: ['有多个进程时名字必须不同。', '在 process_name 中加入 %(process_num)s。'],
  },
  E_STOPASGROUP: {
    en: ['killasgroup=false contradicts stopasgroup=true.', 'Remove one.'],
    zh: ['killasgroup=false 与 stopasgroup=true 矛盾。', '删去一个。'],
  },
  E_NO_HOSTS: {
    en: ['A file for apply names no hosts.', 'Write “; hosts: …” in its first line, or !*.'],
    zh: ['apply 所用的文件没有写明主机。', '在第一行写“; hosts: …”，或 !*。'],
  },
  E_TWO_FILES: {
    en: ['An app has two files for apply.', 'Keep one of them.'],
    zh: ['一个应用有两个供 apply 使用的文件。', '只留一个。'],
  },
  E_STRANGE_FILE: {
    en: ['A directory for apply has a file that is none of an app.', 'Remove it, or rename it.'],
    zh: ['apply 的目录里有不属于任何应用的文件。', '删去或改名。'],
  },
  E_FILE: {
    en: ['A file for apply cannot be read as one.', 'As the reason says.'],
    zh: ['apply 的文件无法读取。', '按原因所述处理。'],
  },
  E_UNREADABLE: {
    en: ['validate cannot read the file.', 'As the reason says.'],
    zh: ['validate 读不了该文件。', '按原因所述处理。'],
  },
};
