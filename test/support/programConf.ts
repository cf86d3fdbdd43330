/** Texts for a conf directory: one group, one program, `sleep` unless told otherwise. */

export function conf(name: string, ...options: readonly string[]): string {
  const isSet = (option: string): boolean => options.some((line) => line.startsWith(`${option}=`));
  const defaults = [
    'command=sleep 1000',
    'startsecs=0',
    'stdout_logfile=NONE',
    'stderr_logfile=NONE',
  ].filter((line) => !isSet(line.split('=')[0] ?? ''));
  return `[group:${name}]\nprograms=${name}\n\n[program:${name}]\n${[...defaults, ...options].join('\n')}\n`;
}
