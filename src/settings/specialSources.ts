/** Flags and variables that are not one setting each. */
/** Where the file of settings is; not a key of that file. */
export const configFlag = '--config';
export const configEnv = 'SUPERVENE_CONFIG';
export const defaultConfigPath = '/etc/supervene/supervene.toml';

/** The table of options for what the content does not set: `[program]` in the file. */
export const programFlag = '--program-default';
export const programEnv = 'SUPERVENE_PROGRAM_DEFAULT';
export const defaultProgramOptions: readonly (readonly [string, string])[] = [
  ['stdout_logfile', '/dev/stdout'],
  ['stdout_logfile_maxbytes', '0'],
  ['stderr_logfile', '/dev/stderr'],
  ['stderr_logfile_maxbytes', '0'],
];

/** Variables that are no settings but may stand in the environment: those of our own tests. */
export const otherVariables: readonly string[] = [
  'SUPERVENE_SEED',
  'SUPERVENE_RUNS',
  'SUPERVENE_SOAK',
];
