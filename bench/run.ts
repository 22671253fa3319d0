// `npm run bench -- [NAME] [options]`: one file per question; this one only knows their names. Each prints one line of JSON with
// `--json`. Without a name the standard workload is measured (bench/sustained.ts).
import { endWithSignals } from './processes.ts';

type Question = (args: readonly string[]) => Promise<number>;

/** Loaded when asked for: some of them begin to measure as soon as they are there. */
const questions: { readonly [name: string]: () => Promise<Question> } = {
  sustained: async () => (await import('./sustained.ts')).sustainedMain,
  'open-loop': async () => (await import('./openLoop.ts')).openLoopMain,
  backlog: async () => (await import('./backlog.ts')).backlogMain,
  pin: async () => (await import('./pin.ts')).pinMain,
  http: async () => (await import('./http.ts')).httpMain,
  'round-trip': async () => (await import('./roundTrip.ts')).roundTripMain,
  throttle: async () => (await import('./throttle.ts')).throttleMain,
  fairness: async () => (await import('./fairness.ts')).fairnessMain,
  soak: async () => (await import('./soak.ts')).soakMain,
  history: async () => (await import('./history.ts')).historyMain,
};

/** Benches of one part alone: programs by themselves, `node bench/NAME.ts`. */
const parts = ['api', 'codec', 'correlations', 'journal', 'spill', 'peers', 'harness', 'calibrate'];

const help = `npm run bench -- [NAME] [--json] …                       defaults in brackets

  sustained    life cycles per second, closed by windows, beside the bare pipeline
               [--seconds 20] [--warmup-seconds 5] [--rate N] [--mixed] [--binds 8] [--window 250] [--max-open 40000]
               [--no-limit] [--keep]
               --mixed: 10 % of three parts, 5 % UCS-2 · --no-limit: without ../shared/limit · --keep: leaves the folder
  open-loop    submit_sm → submit_sm_resp from the scheduled send, at stated rates, median of several runs
               [--rates 5000,8000,14000] [--runs 5] [--seconds 6]
  backlog      with the operator down a million messages wait, the gateway is killed, all is delivered  [--messages 1000000]
  pin          a PIN behind a backlog that is being delivered: scheduled send → the operator has it
               [--messages 1000000] [--seconds 20] [--rate 50]
  http         messages accepted per second over HTTP, in batches of 100 and one by one
               [--seconds 8] [--connections 32] [--links up|down|both]
  round-trip   one bind, 40 ms, window 50: share of window / round trip  [--seconds 10] [--rtt-ms 40] [--window 50]
  throttle     links under more load than their limits, at the guard's writes: fullest second, mean over the interval
               [--limits 200,1000,5000] [--seconds 60]
  fairness     ten messages of one customer beside another's backlog on a slow link: send → the operator has them
               [--messages 100000] [--limit 200] [--rounds 10]
  soak         memory of gateway and guard, minute by minute  [--minutes 10] [--rate 3000]
  history      sustained and bare pipeline alternately; appends a line to bench/history.jsonl  [--runs 3] [--seconds 15] [--dry]

Parts alone, e.g. node bench/codec.ts --json: ${parts.join(', ')}
`;

endWithSignals();
const [first, ...rest] = process.argv.slice(2);
const named = first !== undefined && !first.startsWith('-');
const question = questions[named ? first : 'sustained'];
if (process.argv.includes('--help')) process.stdout.write(help);
else if (question === undefined) {
  process.stderr.write(`no bench is called ${first}\n\n${help}`);
  process.exitCode = 2;
} else process.exitCode = await (await question())(named ? rest : process.argv.slice(2));
