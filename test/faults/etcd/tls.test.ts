/** Certificates that are no good: nobody is spoken to, everything stays, and it is said why. */
import { rmSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { sleeper } from '../../support/agentHost.ts';
import {
  type CertificateFlaw,
  type Certificates,
  createCertificates,
} from '../../support/certificates.ts';
import { type Etcd, startEtcd } from '../../support/etcd.ts';
import { freePort } from '../../support/freePort.ts';
import { createTempDir, type TempDir } from '../../support/tempDir.ts';
import { type CalmHost, startCalmHost } from '../support/calmHost.ts';
import { expectRecovery } from '../support/recovery.ts';

const boundMs = 5_000;

let dir: TempDir;
let files: Certificates;
let etcd: Etcd;
let host: CalmHost;
beforeEach(async () => {
  dir = await createTempDir('tls');
  files = createCertificates(dir.path);
  const [port, securePort] = [await freePort(), await freePort()];
  const secure = `https://127.0.0.1:${String(securePort)}`;
  etcd = await startEtcd({
    port,
    // Tests speak to it without TLS, on a port of their own.
    flags: [
      ...['--listen-client-urls', `http://127.0.0.1:${String(port)},${secure}`],
      ...['--cert-file', files.serverCertFile, '--key-file', files.serverKeyFile],
      ...['--client-cert-auth', '--trusted-ca-file', files.caFile],
    ],
  });
  host = await startCalmHost({
    etcd,
    etcdEndpoint: secure,
    environment: {
      SUPERVENE_ETCD_CA: files.caFile,
      SUPERVENE_ETCD_CERT: files.clientCertFile,
      SUPERVENE_ETCD_KEY: files.clientKeyFile,
    },
  });
});
afterEach(async () => {
  await host.stop();
  await etcd.stop();
  await dir.remove();
});

/** etcd and the agent read certificates for each new connection. */
async function surviveA(row: string, reason: string, spoil: () => void, mend: () => void) {
  const witness = await host.witness('calm', 'foreign');
  spoil();
  await etcd.restart();
  await host.publish('changing', sleeper(2));
  await host.waitUntilUnready(reason);
  await host.waitUntilUnready('EtcdStale');
  // Also an agent that starts meanwhile.
  await host.agent.terminate();
  host.agent.start();
  await host.waitUntilUnready('EtcdStale');
  expect(await host.process('changing')).toBeUndefined();
  mend();
  const healedAtMs = performance.now();
  await expectRecovery(row, boundMs, healedAtMs, () => host.runs('changing', 2));
  await host.waitUntilAtRest();
  await witness.testify();
}

describe('over TLS with certificates on both sides', () => {
  it('an agent works, and takes a renewed certificate without a restart', async () => {
    const witness = await host.witness('calm', 'foreign');
    writeFileSync(files.serverCertFile, files.sign('server'));
    writeFileSync(files.clientCertFile, files.sign('client'));
    await etcd.restart();
    const healedAtMs = performance.now();
    await host.publish('changing', sleeper(1));
    await expectRecovery('A24 renewed', boundMs, healedAtMs, () => host.runs('changing', 1));
    await host.waitUntilAtRest();
    await witness.testify();
  });

  it.each([
    ['expired', 'certificate has expired'],
    ['of another authority', 'unable to verify the first certificate'],
    ['for another name', 'IP: 127.0.0.1 is not in the cert'],
  ] as const satisfies readonly (readonly [CertificateFlaw, string])[])(
    'A24: a server’s certificate that is %s ends it, until there is a good one',
    async (flaw, reason) => {
      await surviveA(
        `A24 server ${flaw}`,
        reason,
        () => writeFileSync(files.serverCertFile, files.sign('server', flaw)),
        () => writeFileSync(files.serverCertFile, files.sign('server')),
      );
    },
  );

  it.each(['expired', 'of another authority'] as const)(
    'A24: a certificate of the agent that is %s ends it, until there is a good one',
    async (flaw) => {
      await surviveA(
        `A24 client ${flaw}`,
        'EtcdStale',
        () => writeFileSync(files.clientCertFile, files.sign('client', flaw)),
        () => writeFileSync(files.clientCertFile, files.sign('client')),
      );
    },
  );

  it('A24: a certificate that is not there, or is none, is said by its path', async () => {
    await surviveA(
      'A24 client missing',
      files.clientCertFile,
      () => rmSync(files.clientCertFile),
      () => writeFileSync(files.clientCertFile, files.sign('client')),
    );
  });
});
