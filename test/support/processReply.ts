/** Replies to `getAllProcessInfo`, byte for byte as Python's xmlrpc library writes them. */

export type Raw = Readonly<Record<string, string | number>>;

/** A running process; `fields` replaces what matters to a test. */
export function rawProcess(fields: Raw = {}): Raw {
  return {
    name: 'web',
    group: 'web',
    start: 1_700_000_000,
    stop: 0,
    now: 1_700_000_100,
    state: 20,
    statename: 'RUNNING',
    spawnerr: '',
    exitstatus: 0,
    logfile: '/dev/stdout',
    stdout_logfile: '/dev/stdout',
    stderr_logfile: '',
    pid: 4242,
    description: 'pid 4242, uptime 0:01:40',
    ...fields,
  };
}

export function pythonReply(processes: readonly Raw[]): string {
  return (
    "<?xml version='1.0'?>\n<methodResponse>\n<params>\n<param>\n<value><array><data>\n" +
    processes.map(struct).join('') +
    '</data></array></value>\n</param>\n</params>\n</methodResponse>\n'
  );
}

function struct(raw: Raw): string {
  const members = Object.entries(raw).map(([name, value]) => {
    const type = typeof value === 'number' ? 'int' : 'string';
    return `<member>\n<name>${name}</name>\n<value><${type}>${escape(String(value))}</${type}></value>\n</member>\n`;
  });
  return `<value><struct>\n${members.join('')}</struct></value>\n`;
}

function escape(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
