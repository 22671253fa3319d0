// Customers over HTTP as a process of their own: closed loop over some kept-open connections, every message with a recipient and a
// text of its own. The last line on standard output is an HttpLoadResult. Keys come in BENCH_API_KEYS, with blanks between.
import { connect } from 'node:net';
import { parseArgs } from 'node:util';
import { Digest } from '../src/operator/digest.ts';
import { Histogram } from './histogram.ts';
import { round } from './load.ts';
import { Draft, standardWorkload, Workload } from './workload.ts';

export interface HttpLoadResult {
  /** All messages with an id, warm-up included. */
  readonly accepted: number;
  readonly refused: number;
  /** Within the interval of measurement. */
  readonly acceptedPerSecond: number;
  readonly requestP50Ms: number;
  readonly requestP99Ms: number;
}

/** Time in which the other side's code gets hot. */
const WARM_UP_MS = 3000;
const RECIPIENTS = 100_000;

const { values } = parseArgs({
  options: {
    port: { type: 'string', default: '8080' },
    seconds: { type: 'string', default: '8' },
    connections: { type: 'string', default: '32' },
    batch: { type: 'string', default: '100' },
    series: { type: 'string', default: '0' },
  },
});
const batch = Number(values.batch);
const keys = (process.env['BENCH_API_KEYS'] ?? '').split(' ');
const workload = new Workload({ ...standardWorkload, recipients: RECIPIENTS, series: Number(values.series) });
const draft = new Draft();
const digest = new Digest();
const latencies = new Histogram();
let number = 0;
let accepted = 0;
let refused = 0;
let open = 0;
let sending = true;
let measuring = false;

function message(): string {
  workload.draft(number++, draft, digest);
  // Letters, digits and blanks only: what differs between JSON, GSM and UTF-8 is another test's business.
  const text = draft.octets.latin1Slice(0, draft.length).replaceAll(/[^A-Za-z0-9 .]/g, 'x');
  return `{"to":"+${workload.digits(draft.recipient)}","from":"GLASPOST","text":"${text}"}`;
}

function request(key: string): string {
  let body = message();
  if (batch > 1) {
    body = `{"messages":[${body}`;
    for (let i = 1; i < batch; i += 1) body += `,${message()}`;
    body += ']}';
  }
  return `POST /api/v1/messages HTTP/1.1\r\nhost: 127.0.0.1:${values.port}\r\nauthorization: Bearer ${key}\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
}

/** Adds up what one answer, complete and with its head, says. */
function take(answer: string): void {
  const bad = answer.split('"error":').length - 1;
  const good = batch === 1 ? (answer.startsWith('HTTP/1.1 202 ') ? 1 : 0) : answer.split('"ok":').length - 1;
  accepted += good;
  refused += batch === 1 ? 1 - good : bad + (good + bad === batch ? 0 : batch - good - bad);
}

function customer(key: string): void {
  let input = '';
  let began = 0;
  const socket = connect({ host: '127.0.0.1', port: Number(values.port), noDelay: true });
  const next = (): void => {
    if (!sending) {
      socket.destroy();
      return;
    }
    open += 1;
    began = performance.now();
    socket.write(request(key));
  };
  socket.on('connect', next);
  socket.on('data', (chunk) => {
    input += chunk.toString('latin1');
    const head = input.indexOf('\r\n\r\n');
    const length = /content-length: ([0-9]+)/i.exec(input)?.[1];
    if (head < 0 || length === undefined || input.length < head + 4 + Number(length)) return;
    take(input);
    if (measuring) latencies.add(performance.now() - began);
    input = '';
    open -= 1;
    next();
  });
}

for (let i = 0; i < Number(values.connections); i += 1) customer(keys[i % keys.length] as string);
const wait = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms));
await wait(WARM_UP_MS);
measuring = true;
const [acceptedFrom, from] = [accepted, performance.now()];
await wait(Number(values.seconds) * 1000);
const perSecond = ((accepted - acceptedFrom) / (performance.now() - from)) * 1000;
measuring = false;
sending = false;
while (open > 0) await wait(10);
const result: HttpLoadResult = {
  accepted,
  refused,
  acceptedPerSecond: Math.round(perSecond),
  requestP50Ms: round(latencies.quantileMs(0.5), 2),
  requestP99Ms: round(latencies.quantileMs(0.99), 2),
};
process.stdout.write(`${JSON.stringify(result)}\n`);
