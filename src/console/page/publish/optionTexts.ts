/** What every option of a program does, for completion and for what is pointed at. */
import { textsOf } from '../core/language.ts';

/** By the name of the option; of `stdout_…` and `stderr_…` once, as `log_…`. */
export const optionTexts = textsOf({
  en: {
    command:
      'The program that is run, with its arguments. No shell looks at it: for pipes, variables or && write /bin/sh -c "…". It must stay in the foreground.',
    process_name:
      'The name of each process. With numprocs above 1 it must contain %(process_num)d.',
    numprocs: 'How many processes of this program are run.',
    numprocs_start: 'The number of the first process, for %(process_num)d.',
    priority: 'Programs with a low number start first and stop last.',
    autostart: 'Whether it is started with supervisord, and after a publish.',
    autorestart:
      'Whether it is started again after it ended: always, never, or only when its exit code is none of exitcodes.',
    startsecs:
      'So many seconds it must run to count as started. 0: a start is never a failure, so nothing is ever rolled back for it.',
    startretries: 'So often a start is tried before supervisord gives up and calls it FATAL.',
    exitcodes: 'Exit codes that are expected, with commas between. For autorestart=unexpected.',
    stopsignal: 'The signal that asks it to stop.',
    stopwaitsecs: 'So many seconds it has to stop after that signal; then it is killed.',
    stopasgroup:
      'The stop signal goes to the whole process group: for programs that do not pass it on to their children, such as a shell. Implies killasgroup.',
    killasgroup: 'KILL goes to the whole process group, so that no children stay behind.',
    user: 'The user that it runs as, by name or number. Without it: as supervisord itself, usually root.',
    directory: 'The directory that it starts in.',
    umask: 'Which permissions new files do not get, in octal.',
    environment:
      'Variables as KEY="value",OTHER="value". Double a % in values. Readers without the right to publish see no values.',
    redirect_stderr: 'What it writes to standard error goes into the log of standard output.',
    serverurl: 'The URL that it finds in SUPERVISOR_SERVER_URL. AUTO is right.',
    log_logfile:
      'Where its output goes: a path, AUTO for a file that supervisord names and removes, NONE for nowhere. Of /dev/stdout nobody keeps anything: logs are shown only of files.',
    log_logfile_maxbytes: 'At this size the log is rolled over; 0 for never, as devices need it.',
    log_logfile_backups: 'So many old log files are kept.',
    log_capture_maxbytes: 'The buffer for process communication events; 0 for none.',
    log_events_enabled: 'Everything it writes becomes an event for listeners.',
    log_syslog: 'Its output goes to syslog too, with its name in front.',
  },
  zh: {
    command:
      '要运行的程序及其参数。不经过 shell：需要管道、变量或 && 时请写 /bin/sh -c "…"。程序必须留在前台。',
    process_name: '每个进程的名称。numprocs 大于 1 时必须包含 %(process_num)d。',
    numprocs: '此程序运行多少个进程。',
    numprocs_start: '第一个进程的编号，用于 %(process_num)d。',
    priority: '数字小的程序先启动、后停止。',
    autostart: '是否随 supervisord 启动，以及在发布后启动。',
    autorestart: '结束后是否再次启动：总是、从不，或仅当退出码不在 exitcodes 中时。',
    startsecs: '运行满这么多秒才算启动成功。0：启动永远不算失败，因此也不会因此回退。',
    startretries: '启动尝试这么多次后，supervisord 放弃并标记为 FATAL。',
    exitcodes: '预期的退出码，以逗号分隔。用于 autorestart=unexpected。',
    stopsignal: '请求其停止的信号。',
    stopwaitsecs: '发出信号后等待这么多秒；之后强制结束。',
    stopasgroup:
      '停止信号发给整个进程组：用于不把信号传给子进程的程序，例如 shell。同时隐含 killasgroup。',
    killasgroup: 'KILL 发给整个进程组，不留下子进程。',
    user: '以哪个用户运行，名称或编号。不写：与 supervisord 相同，通常是 root。',
    directory: '启动时所在的目录。',
    umask: '新文件不获得的权限，八进制。',
    environment:
      '环境变量，写作 KEY="value",OTHER="value"。值中的 % 要写两个。没有发布权限的人看不到值。',
    redirect_stderr: '标准错误的输出写入标准输出的日志。',
    serverurl: '进程在 SUPERVISOR_SERVER_URL 中得到的地址。AUTO 即可。',
    log_logfile:
      '输出去向：路径；AUTO 由 supervisord 命名并清理；NONE 丢弃。写到 /dev/stdout 的内容没有人保留：只有文件日志可以查看。',
    log_logfile_maxbytes: '日志达到此大小时轮转；0 为从不，设备文件必须为 0。',
    log_logfile_backups: '保留多少个旧日志文件。',
    log_capture_maxbytes: '进程通信事件的缓冲区；0 为关闭。',
    log_events_enabled: '它写出的一切都成为监听器的事件。',
    log_syslog: '输出同时写入 syslog，前面带名称。',
  },
});

export const expansionTexts = textsOf({
  en: {
    program_name: 'The name of the app.',
    group_name: 'The name of the group: the app.',
    host_node_name: 'The name of the host.',
    here: 'The directory of the host’s supervisor configuration.',
    process_num:
      'The number of the process, from numprocs_start on; %(process_num)02d for two digits.',
    numprocs: 'How many processes there are.',
    ENV_: 'A variable of supervisord’s own environment on that host.',
    intro: 'is replaced on each host by',
    percent: 'Write %% for a literal %.',
  },
  zh: {
    program_name: '应用的名称。',
    group_name: '组的名称，即应用。',
    host_node_name: '主机名。',
    here: '主机上 supervisor 配置所在目录。',
    process_num: '进程的编号，从 numprocs_start 开始；%(process_num)02d 为两位数字。',
    numprocs: '进程的数量。',
    ENV_: '该主机上 supervisord 自身环境中的变量。',
    intro: '在每台主机上替换为',
    percent: '要写字面的 %，请写 %%。',
  },
});

export const optionWords = textsOf({
  en: {
    default: 'Default',
    none: 'none',
    values: 'Values',
    yesNo: 'true or false',
    autorestart: 'true, false or unexpected',
    integer: 'a whole number from {min} to {max}',
    size: 'a size such as 0, 512KB or 50MB',
    octal: 'an octal number such as 022',
    signal: 'a signal such as TERM, INT, QUIT, HUP or USR1',
    codes: 'numbers from 0 to 255 with commas',
    path: 'a path',
    pathOrWord: 'a path, AUTO or NONE',
    text: 'text',
    user: 'a user',
    expands: '%(…)s is expanded in it',
    set: 'set already in line {line}',
  },
  zh: {
    default: '默认',
    none: '无',
    values: '取值',
    yesNo: 'true 或 false',
    autorestart: 'true、false 或 unexpected',
    integer: '{min} 到 {max} 的整数',
    size: '大小，例如 0、512KB 或 50MB',
    octal: '八进制数，例如 022',
    signal: '信号，例如 TERM、INT、QUIT、HUP 或 USR1',
    codes: '0 到 255 的数字，以逗号分隔',
    path: '路径',
    pathOrWord: '路径、AUTO 或 NONE',
    text: '文本',
    user: '用户',
    expands: '其中的 %(…)s 会被展开',
    set: '第 {line} 行已设置',
  },
});
