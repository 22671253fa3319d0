// What comes in from outside of SMPP: HTTP requests, configuration files, PROXY heads.
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readProxyHead } from '../../src/host/proxyProtocol.ts';
import { loadGatewayConfig } from '../../src/main/gatewayConfig.ts';
import { loadGuardConfig } from '../../src/main/guardConfig.ts';
import { defaultPorts, writeInitFiles } from '../../src/main/initFiles.ts';
import { readOperatorArguments } from '../../src/main/operatorConfig.ts';
import type { Chance } from '../../src/operator/chance.ts';
import { createRig, message } from '../../test/api/rig.ts';
import { mixture, pick, spoil, type Target } from './target.ts';

const PATHS = [
  '/api/v1/messages',
  '/api/v1/messages/batch',
  '/api/v1/messages/msg_0123456789abcdefghjkmnpqrs',
  '/api/v1/balance',
  '/api/v1/admin/status',
  '/api/v1/admin/accounts',
  '/api/v1/admin/accounts/alpha',
  '/api/v1/admin/accounts/alpha/credits',
  '/api/v1/admin/accounts/alpha/cancel',
  '/api/v1/admin/messages/x/trace',
  '/api/v1/admin/cdrs',
  '/metrics',
  '/openapi.json',
] as const;
const BODIES = [
  JSON.stringify(message),
  JSON.stringify({ messages: [message, message] }),
  JSON.stringify({ ...message, schedule_at: '2026-12-01T10:00:00Z', validity: '1h', reference: 'r', type: 'binary' }),
  JSON.stringify({ amount: '10.5', reference: 'credit-1' }),
  JSON.stringify({ lane: 'bulk' }),
];
const JSON_PIECES = [
  '{',
  '}',
  '[',
  ']',
  '"to"',
  '"text"',
  ':',
  ',',
  'null',
  '1e999',
  '-0',
  '"\\ud800"',
  '"__proto__"',
  '{}',
  '0',
  'true',
];
const QUERY = [
  'limit=',
  'cursor=',
  'from=',
  'to=',
  '&',
  '=',
  '%',
  '%zz',
  '%00',
  '2026-01-01T00:00:00Z',
  '99999999999999',
  '-1',
  'account=',
];

/** Never a 5xx of our own making, always a problem by RFC 9457 when it is refused. */
export const http: Target = {
  name: 'http',
  few: 1200,
  prepare() {
    const rig = createRig();
    // Messages would pile up over millions of cases.
    rig.service.keep = false;
    return {
      draw(chance) {
        const method = pick(chance, ['POST', 'POST', 'GET', 'DELETE', 'PUT', 'PATCH', 'HEAD', 'OPTIONS']);
        const query =
          chance.below(3) === 0 ? `?${encodeURI(mixture(QUERY, chance, 8).replaceAll(/[\ud800-\udfff#]/g, ''))}` : '';
        const path = `${pick(chance, PATHS)}${chance.below(10) === 0 ? `/${chance.below(1000)}` : ''}${query}`;
        const withBody = method !== 'GET' && method !== 'HEAD';
        const text =
          chance.below(3) === 0
            ? Buffer.from(mixture(JSON_PIECES, chance, 20))
            : spoil(Buffer.from(pick(chance, BODIES)), chance);
        const headers: Record<string, string> = {};
        if (chance.below(5) === 0)
          headers['content-type'] = pick(chance, [
            'text/plain',
            'application/json; charset=latin1',
            'application/json;',
            '*/*',
            'multipart/form-data',
          ]);
        if (chance.below(5) === 0) headers['idempotency-key'] = pick(chance, ['k1', 'k2', 'x'.repeat(300), ' ', '"k"']);
        if (chance.below(10) === 0) headers['content-encoding'] = 'gzip';
        return {
          input: `${method} ${path} ${JSON.stringify(headers)} ${text.toString('latin1')}`,
          async check() {
            const options = { headers, ...(withBody ? { body: new Uint8Array(text) } : {}) };
            const answer = await rig.call(method, path, options);
            const type = answer.headers.get('content-type') ?? '';
            if (answer.status >= 400 && method !== 'HEAD') {
              assert.equal(type, 'application/problem+json', `${answer.status}`);
              for (const member of ['type', 'title', 'status', 'detail', 'code'])
                assert.ok(member in answer.json, member);
              assert.equal(answer.json['status'], answer.status);
            }
            assert.ok(
              answer.status < 500 || answer.json['code'] === 'store-unavailable',
              `${answer.status} ${answer.text}`,
            );
          },
        };
      },
    };
  },
};

const YAML_PIECES = [
  'null',
  '[]',
  '{}',
  '~',
  '1e999',
  '.inf',
  '.nan',
  '-1',
  '0',
  '&a x',
  '*a',
  '!!binary x',
  '"',
  "'",
  '|',
  '>',
  '- -',
  '? :',
  '<<: *a',
  '__proto__: {}',
  '99999999999999999999',
  'x: {file: /}',
  '\t',
  '%TAG',
];

function spoilYaml(text: string, chance: Chance): string {
  if (chance.below(4) === 0) return spoil(Buffer.from(text, 'utf8'), chance).toString('utf8');
  const lines = text.split('\n');
  for (let changes = chance.below(3); changes >= 0; changes--) {
    const at = chance.below(lines.length);
    const line = lines[at] as string;
    const kind = chance.below(7);
    if (kind === 0) lines.splice(at, 1);
    else if (kind === 1) lines.splice(at, 0, line);
    else if (kind === 2) lines[at] = `  ${line}`;
    else if (kind === 3) lines[at] = line.replace(/^ +/, '');
    else if (kind === 4) lines[at] = line.replace(/:.*/, `: ${pick(chance, YAML_PIECES)}`);
    else if (kind === 5) lines[at] = `${line}${pick(chance, YAML_PIECES)}`;
    else lines.splice(at, 0, `${/^ */.exec(line)?.[0] ?? ''}${mixture(YAML_PIECES, chance, 3)}`);
  }
  return lines.join('\n');
}

const OPERATOR_YAML = `listen: 127.0.0.1:2776
http: none
accounts:
  - system_id: op
    password: { env: OPERATOR_PASSWORD }
    throttle: 100
behaviour:
  latency: 5-20ms
  receipts: { DELIVRD: 95, UNDELIV: 5 }
handsets: counts
grain_ms: 1
`;

/** Either a configuration, or faults with what and where; never an exception. */
export const config: Target = {
  name: 'config',
  few: 900,
  prepare() {
    const folder = mkdtempSync(join(tmpdir(), 'glaspost-fuzz-config-'));
    writeInitFiles(folder, defaultPorts);
    const environment = { OPERATOR_PASSWORD: 'pw' };
    const gateway = readFileSync(join(folder, 'gateway.yaml'), 'utf8');
    const guard = readFileSync(join(folder, 'guard.yaml'), 'utf8');
    const path = join(folder, 'spoilt.yaml');
    const readers = [
      { text: gateway, read: () => loadGatewayConfig(path, environment) },
      { text: guard, read: () => loadGuardConfig(path, environment) },
      {
        text: OPERATOR_YAML,
        read: () => {
          const read = readOperatorArguments(['--config', path], environment);
          return { loaded: read.kind === 'faults' ? null : read, faults: read.kind === 'faults' ? read.faults : [] };
        },
      },
    ];
    return {
      draw(chance) {
        const { text, read } = pick(chance, readers);
        const input = spoilYaml(text, chance);
        return {
          input,
          check() {
            writeFileSync(path, input);
            const { loaded, faults } = read();
            assert.equal(loaded === null, faults.length > 0);
            for (const fault of faults) assert.ok(typeof fault.path === 'string' && fault.message.length > 0);
          },
        };
      },
      close: () => rmSync(folder, { recursive: true, force: true }),
    };
  },
};

const HEADS = [
  Buffer.from('PROXY TCP4 192.0.2.1 198.51.100.1 56324 2775\r\nrest'),
  Buffer.from('PROXY TCP6 2001:db8::1 2001:db8::2 56324 2775\r\n'),
  Buffer.from('PROXY UNKNOWN\r\n'),
  Buffer.concat([Buffer.from('0d0a0d0a000d0a515549540a2111000cc0000201c6336401dc040ad7', 'hex'), Buffer.from('rest')]),
  Buffer.from('0d0a0d0a000d0a515549540a20000000', 'hex'),
];

/** A head that is whole names its length within what came, and reads the same with less or more behind it. */
export const proxy: Target = {
  name: 'proxy',
  few: 4000,
  prepare: () => ({
    draw(chance) {
      const head = pick(chance, HEADS);
      const input = chance.below(8) === 0 ? head : spoil(head, chance);
      return {
        input,
        check() {
          const read = readProxyHead(input);
          if (read.code === 'more' || read.code === 'bad') return;
          assert.ok(read.length > 0 && read.length <= input.length);
          assert.deepEqual(readProxyHead(input.subarray(0, read.length)), read);
          assert.deepEqual(readProxyHead(Buffer.concat([input, Buffer.from('more')])), read);
          for (let length = 0; length < read.length; length++)
            assert.equal(readProxyHead(input.subarray(0, length)).code, 'more');
        },
      };
    },
  }),
};
