/** `supervene validate --policy`: the verdicts of a host's policy, offline. */
import { describe, expect, it } from 'vitest';
import { runCliHere } from '../../support/fakeCommandIo.ts';

const strict = '[policy]\nmode = "strict"\nusers = ["www-data"]\n';
const good = 'command=/opt/web/run\nuser=www-data\n';
const bad = 'command=/opt/web/run\nuser=nobody\nstdout_logfile=/etc/cron.d/x\n';

describe('supervene validate --policy', () => {
  it('refuses by the policy of the file it is given, in the usual form', async () => {
    const files = { 'web1.toml': strict, '/cwd/web1.toml': strict, 'a.conf': good, 'b.conf': bad };
    const argv = ['validate', 'a.conf', 'b.conf', '--config', 'web1.toml'];
    const { code, stdout } = await runCliHere(argv, { files });
    expect(code).toBe(1);
    const lines = stdout.trimEnd().split('\n');
    expect(lines).toHaveLength(2);
    expect(lines[0]).toMatch(/^b\.conf:2: E_POLICY_USER .*www-data/);
    expect(lines[1]).toMatch(/^b\.conf:3: E_POLICY_LOG_PATH /);
  });

  it('warns by the policy of this host, which is compat unless it says otherwise', async () => {
    const { code, stdout } = await runCliHere(['validate', 'b.conf', '--policy'], {
      files: { 'b.conf': bad },
    });
    expect(code).toBe(0);
    expect(stdout).toMatch(/^b\.conf:2: W_POLICY_USER .*\nb\.conf:3: W_POLICY_LOG_PATH .*\n$/);
  });

  it('reads the settings of this host from its file and environment', async () => {
    const files = { 'b.conf': bad, '/etc/supervene/supervene.toml': strict };
    const outcome = await runCliHere(['validate', 'b.conf', '--policy'], { files });
    expect(outcome).toMatchObject({ code: 1 });
    const env = { SUPERVENE_POLICY_MODE: 'compat' };
    expect(await runCliHere(['validate', 'b.conf', '--policy'], { files, env })).toMatchObject({
      code: 0,
    });
  });

  it('refuses unknown options under strict, whatever --allow-unknown says', async () => {
    const files = { '/cwd/h.toml': strict, 'a.conf': `${good}comand=x\n` };
    const argv = ['validate', 'a.conf', '--allow-unknown', '--config', 'h.toml'];
    const { code, stdout } = await runCliHere(argv, { files });
    expect({ code, stdout }).toMatchObject({ code: 1 });
    expect(stdout).toContain('a.conf:3: E_UNKNOWN_OPTION');
  });

  it('gives the defaults of programs and the default user their part', async () => {
    const more = `${strict}defaultUser = "app"\n[program]\nstdout_logfile = "/tmp/x"\n`;
    const files = { '/cwd/h.toml': more, 'a.conf': 'command=/opt/web/run\n' };
    const argv = ['validate', 'a.conf', '--config', 'h.toml'];
    const { stdout } = await runCliHere(argv, { files });
    expect(stdout).toMatch(/^a\.conf:1: E_POLICY_LOG_PATH .*\n$/);
  });

  it('is used wrongly with settings that have faults, or without content', async () => {
    const files = { '/cwd/h.toml': '[policy]\nmode = "lax"\n', 'a.conf': good };
    const argv = ['validate', 'a.conf', '--config', 'h.toml'];
    const outcome = await runCliHere(argv, { files });
    expect(outcome.code).toBe(2);
    expect(outcome.stderr).toContain('compat, strict');
    expect(await runCliHere(['validate', '--policy'], { files })).toMatchObject({ code: 2 });
  });

  it('takes what follows --policy for content', async () => {
    const files = { 'b.conf': bad, '/etc/supervene/supervene.toml': strict };
    const { code, stdout } = await runCliHere(['validate', '--policy', 'b.conf'], { files });
    expect(code).toBe(1);
    expect(stdout).toMatch(/^b\.conf:2: E_POLICY_USER /);
  });

  it('says nothing of a policy unless it is asked', async () => {
    const files = { 'b.conf': bad, '/etc/supervene/supervene.toml': strict };
    expect(await runCliHere(['validate', 'b.conf'], { files })).toMatchObject({
      code: 0,
      stdout: '',
    });
  });
});
