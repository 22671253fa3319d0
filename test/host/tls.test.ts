// TLS on real sockets: client certificates, verification, renewal.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { End, net, plain, raw, to } from './end.ts';

const folder = mkdtempSync(join(tmpdir(), 'net-test-'));
after(() => rmSync(folder, { recursive: true, force: true }));
function openssl(...words: string[]): void {
  execFileSync('openssl', words, { cwd: folder, stdio: 'pipe' });
}
function file(name: string): string {
  return readFileSync(join(folder, name), 'utf8');
}
function makeCertificates(): void {
  const ec = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
  openssl('req', '-x509', ...ec, '-keyout', 'ca.key', '-out', 'ca.pem', '-subj', '/CN=authority', '-days', '2');
  writeFileSync(join(folder, 'san'), 'subjectAltName=DNS:smsc.example,IP:127.0.0.1');
  for (const name of ['server', 'renewed', 'client']) {
    openssl('req', ...ec, '-keyout', `${name}.key`, '-out', `${name}.csr`, '-subj', `/CN=${name}`);
    const signed = ['-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial', '-days', '2', '-extfile', 'san'];
    openssl('x509', '-req', '-in', `${name}.csr`, '-out', `${name}.pem`, ...signed);
  }
}

test('TLS: client certificate by fingerprint, verification both ways, renewal without dropping anyone, PROXY before TLS', async () => {
  makeCertificates();
  const server = { certificate: file('server.pem'), key: file('server.key') };
  const asks = { ...server, clientAuthorities: file('ca.pem'), requireClientCertificate: false };
  let far = new End();
  const listener = await net.listen({ ...plain, tls: asks }, (connection) => far.take(connection));
  const client = {
    serverName: 'smsc.example',
    authorities: file('ca.pem'),
    certificate: file('client.pem'),
    key: file('client.key'),
    verify: true,
  };
  const near = new End();
  const connection = net.connect(to(listener.port, client), near.handler);
  await near.until((end) => end.opened);
  connection.write(Buffer.from('over TLS'));
  await far.until((end) => end.received === 'over TLS');
  const fingerprint = new X509Certificate(file('client.pem')).fingerprint256.replaceAll(':', '').toLowerCase();
  assert.equal(far.connection?.facts.certificateFingerprint, fingerprint);
  assert.equal(far.connection?.facts.tls, true);
  const standing = far;

  const byName = new End();
  net.connect(to(listener.port, { ...client, serverName: 'other.example' }), byName.handler);
  await byName.until((end) => end.reason !== null);
  assert.deepEqual(byName.reason, { code: 'refused', detail: 'ERR_TLS_CERT_ALTNAME_INVALID' });
  const unknown = new End();
  net.connect(to(listener.port, { ...client, authorities: null }), unknown.handler);
  await unknown.until((end) => end.reason !== null);
  assert.equal(unknown.reason?.code, 'refused');

  far = new End();
  listener.renewTls({ ...asks, certificate: file('renewed.pem'), key: file('renewed.key') });
  const byAddress = new End();
  const second = net.connect(
    to(listener.port, { ...client, serverName: '127.0.0.1', certificate: null, key: null }),
    byAddress.handler,
  );
  await byAddress.until((end) => end.opened);
  second.write(Buffer.from('anonymous'));
  await far.until((end) => end.received === 'anonymous');
  assert.equal(far.connection?.facts.certificateFingerprint, null);
  connection.write(Buffer.from(', still'));
  await standing.until((end) => end.received === 'over TLS, still');
  connection.destroy();
  second.destroy();
  await listener.close();

  const strict = { ...asks, requireClientCertificate: true };
  far = new End();
  const behind = await net.listen({ ...plain, tls: strict, proxies: ['127.0.0.1'] }, (one) => far.take(one));
  const tcp = raw(behind);
  tcp.write('PROXY TCP4 203.0.113.77 198.51.100.2 4000 3550\r\n');
  const { connect: connectTls } = await import('node:tls');
  const secure = connectTls({
    socket: tcp,
    servername: 'smsc.example',
    ca: client.authorities,
    cert: client.certificate,
    key: client.key,
  });
  secure.write('hello');
  await far.until((end) => end.received === 'hello');
  assert.equal(far.connection?.facts.remoteAddress, '203.0.113.77');
  assert.equal(far.connection?.facts.certificateFingerprint, fingerprint);
  secure.destroy();
  await far.until((end) => end.reason !== null);
  far = new End();
  const bare = raw(behind);
  bare.write('PROXY TCP4 203.0.113.77 198.51.100.2 4000 3550\r\n');
  const refused = connectTls({ socket: bare, servername: 'smsc.example', ca: client.authorities });
  refused.on('error', () => {});
  await new Promise((resolve) => refused.on('close', resolve));
  assert.equal(far.connection, null, 'required and not given');
  await behind.close();
});
