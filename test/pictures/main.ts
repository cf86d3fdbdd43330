/**
 * `npm run pictures`: runs the demo's cluster, types what a person would, and draws what the terminal
 * then shows, and the console's pages in a browser, into docs/pictures. Everything in them happened; only numbers differ from run to run.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { startCluster, type Cluster } from '../demo/cluster.ts';
import { createStage, type Stage } from '../demo/stage.ts';
import { runSupervene } from '../support/agent.ts';
import { findProjectRoot } from '../support/findProjectRoot.ts';
import { runOnTerminal } from '../support/pseudoTerminal.ts';
import { waitFor } from '../support/waitFor.ts';
import { drawConsole } from './drawConsole.ts';
import { drawTerminal } from './drawTerminal.ts';
import { terminalText } from './terminalText.ts';

const columns = 120;
const folder = join(findProjectRoot(), 'docs/pictures');

const stage = createStage();
try {
  await record(await startCluster(stage.onClear), stage);
} catch (error) {
  console.error(error);
  process.exitCode = 1;
} finally {
  for (const complaint of await stage.clear()) console.error(complaint);
}
process.exit();

async function record({ etcd, hosts }: Cluster, { dir }: Stage): Promise<void> {
  const environment = {
    SUPERVENE_ETCD: etcd.endpoint,
    // What these programs are allowed on these hosts; the hosts' own policy would only warn.
    SUPERVENE_POLICY_ROOT_APPS: '*',
    SUPERVENE_POLICY_COMMAND_PREFIXES: '/usr/bin',
    SUPERVENE_POLICY_ENVIRONMENT: 'DEMO_PORT',
  };
  const put = (name: string, text: string): void => writeFileSync(join(dir, name), text);
  const draw = (
    name: string,
    args: readonly string[],
    more: Readonly<Record<string, string>> = {},
  ) => drawCommand(name, args, { dir, environment: { ...environment, ...more } });
  const addresses = hosts.map(({ address }) => address).join(',');

  put('demo1.conf', site());
  await draw('publish', [
    'publish',
    'demo1',
    '--hosts',
    addresses,
    '--file',
    'demo1.conf',
    '--wait',
  ]);

  const publish = (...args: readonly string[]) =>
    runSupervene(['publish', ...args], { environment });
  put('mails.conf', 'command = /usr/bin/sleep infinity\nstartsecs = 1\n');
  await publish('mails', '--hosts', 'web1-01,web1-02', '--file', join(dir, 'mails.conf'), '--wait');
  put('mails.conf', 'command = /usr/bin/false\nstartsecs = 1\nstartretries = 1\n');
  await publish('mails', '--file', join(dir, 'mails.conf'), '--wait');
  const [first, second, third] = hosts;
  if (first === undefined || second === undefined || third === undefined) return;
  await second.supervisord.supervisorctl('stop', 'demo1:*');
  await waitFor('the stop to be told', async () => {
    const { stdout } = await runSupervene(['status', '--all'], { environment });
    return stdout.includes('OperatorStop') && /rolled-back +mails +web1-02/.test(stdout);
  });
  await draw('status', ['status']);
  await drawConsole({
    etcdEndpoint: etcd.endpoint,
    app: 'demo1',
    addresses: hosts.map(({ address }) => address),
    failed: { app: 'mails', host: second.name },
  });

  await third.agent.terminate();
  put('demo1.conf', `${site()}stopwaitsecs = 20\n`);
  await publish('demo1', '--file', join(dir, 'demo1.conf'));
  await draw('plan', ['plan'], third.agent.environment);
}

function site(): string {
  const command = '/usr/bin/python3 -m http.server --bind 127.0.0.1 %(ENV_DEMO_PORT)s';
  return `command = ${command}\nstartsecs = 2\n`;
}

async function drawCommand(
  name: string,
  args: readonly string[],
  { dir, environment }: { dir: string; environment: Readonly<Record<string, string>> },
): Promise<void> {
  const terminal = runOnTerminal(args, { columns, rows: 60, environment, workingDir: dir });
  const code = await terminal.ended();
  // The first line is the name of the terminal.
  const output = terminal.output().replace(/^[^\n]*\n/, '');
  const typed = `\u001b[1m$ supervene ${args.join(' ')}\u001b[0m\r\n`;
  const lines = terminalText(`${typed}${output}`, columns);
  mkdirSync(folder, { recursive: true });
  writeFileSync(
    join(folder, `${name}.svg`),
    drawTerminal(`supervene ${args.join(' ')}`, lines, columns),
  );
  console.log(
    `docs/pictures/${name}.svg: exit code ${String(code)}, ${String(lines.length)} lines`,
  );
}
