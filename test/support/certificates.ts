/** A certificate authority with certificates for 127.0.0.1, good and bad ones, by openssl. */
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

export interface Certificates {
  readonly caFile: string;
  readonly serverCertFile: string;
  readonly serverKeyFile: string;
  readonly clientCertFile: string;
  readonly clientKeyFile: string;
  /** Signs a certificate for the key of `server` or `client`; gives its PEM. */
  readonly sign: (whose: 'server' | 'client', flaw?: CertificateFlaw) => Buffer;
  /** Of another authority. */
  readonly otherCaFile: string;
}

export type CertificateFlaw = 'expired' | 'of another authority' | 'for another name';

export function createCertificates(dir: string): Certificates {
  const file = (name: string): string => join(dir, name);
  const openssl = (...args: readonly string[]): Buffer =>
    execFileSync('openssl', args, { cwd: dir, stdio: 'pipe' });
  const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
  const here = 'IP:127.0.0.1';
  for (const [name, subject] of [
    ['extensions', here],
    ['elsewhere', 'IP:127.9.9.9,DNS:elsewhere.example'],
  ] as const) {
    writeFileSync(file(name), `subjectAltName=${subject}\nbasicConstraints=CA:FALSE\n`);
  }
  for (const ca of ['ca', 'other']) {
    openssl(
      ...['req', '-x509', ...newKey, '-keyout', `${ca}.key`, '-out', `${ca}.crt`],
      ...['-subj', `/CN=${ca}`],
    );
  }
  for (const name of ['server', 'client']) {
    openssl(
      ...['req', ...newKey, '-keyout', `${name}.key`, '-out', `${name}.csr`],
      ...['-subj', `/CN=${name}`],
    );
  }
  const sign: Certificates['sign'] = (whose, flaw) => {
    const ca = flaw === 'of another authority' ? 'other' : 'ca';
    return openssl(
      ...['x509', '-req', '-in', `${whose}.csr`, '-CA', `${ca}.crt`, '-CAkey', `${ca}.key`],
      ...['-CAcreateserial', '-days', flaw === 'expired' ? '-1' : '30'],
      ...['-extfile', flaw === 'for another name' ? 'elsewhere' : 'extensions'],
    );
  };
  for (const name of ['server', 'client'] as const) writeFileSync(file(`${name}.crt`), sign(name));
  return {
    caFile: file('ca.crt'),
    serverCertFile: file('server.crt'),
    serverKeyFile: file('server.key'),
    clientCertFile: file('client.crt'),
    clientKeyFile: file('client.key'),
    sign,
    otherCaFile: file('other.crt'),
  };
}
