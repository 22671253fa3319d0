// The load generator as a process of its own: `node bench/loadMain.ts --port 2775 --seconds 20 --rate 12000 …`.
// Progress goes to standard error; the last line on standard output is a LoadResult as JSON, and, with --handsets URL,
// the comparison with what the operator's handsets received.
import { parseArgs } from 'node:util';
import { Load } from './load.ts';
import { type LoadOptions, OPEN_MAX, standardLoad } from './loadOptions.ts';

const { values } = parseArgs({
  options: {
    host: { type: 'string', default: '127.0.0.1' },
    port: { type: 'string', default: '2775' },
    binds: { type: 'string', default: '8' },
    window: { type: 'string', default: '250' },
    accounts: { type: 'string', default: '50' },
    recipients: { type: 'string', default: '1000000' },
    prefixes: { type: 'string', default: '10000' },
    seed: { type: 'string', default: '1' },
    series: { type: 'string', default: '0' },
    rate: { type: 'string', default: '0' },
    'max-open': { type: 'string', default: String(OPEN_MAX) },
    messages: { type: 'string', default: 'Infinity' },
    'warmup-seconds': { type: 'string', default: '5' },
    seconds: { type: 'string', default: '20' },
    'drain-seconds': { type: 'string', default: '60' },
    sender: { type: 'string', default: 'GLASPOST' },
    priority: { type: 'string', default: '0' },
    validity: { type: 'string', default: '' },
    mixed: { type: 'boolean', default: false },
    quiet: { type: 'boolean', default: false },
    handsets: { type: 'string' },
    dump: { type: 'string' },
  },
});

const options: LoadOptions = {
  ...standardLoad,
  workload: {
    seed: Number(values.seed),
    accounts: Number(values.accounts),
    prefixes: Number(values.prefixes),
    recipients: Number(values.recipients),
    mixed: values.mixed,
    series: Number(values.series),
  },
  host: values.host,
  port: Number(values.port),
  binds: Number(values.binds),
  window: Number(values.window),
  rate: Number(values.rate),
  maxOpen: Number(values['max-open']),
  messages: Number(values.messages),
  warmupMs: Number(values['warmup-seconds']) * 1000,
  measureMs: Number(values.seconds) * 1000,
  drainMs: Number(values['drain-seconds']) * 1000,
  sender: values.sender,
  priority: Number(values.priority),
  validity: values.validity,
  progress: values.quiet ? null : (line) => process.stderr.write(`\r${line}\u001b[K`),
};

const load = new Load(options);
const result = await load.run();
if (!values.quiet) process.stderr.write('\n');
let comparison = {};
if (values.handsets !== undefined) {
  const answer = await fetch(`${values.handsets}/handsets/digests`);
  comparison = { handsets: load.tally.compare(Buffer.from(await answer.arrayBuffer())) };
}
if (values.dump !== undefined) await load.tally.dump(values.dump);
process.stdout.write(`${JSON.stringify({ ...result, ...comparison })}\n`);
