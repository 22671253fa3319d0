// A program with a journal that is killed from outside. It says on standard output what has been reported durable.
import { openJournal } from '../../src/host/journal.ts';

const [folder, mode] = process.argv.slice(2) as [string, 'idle' | 'load' | 'asked'];
const opened = await openJournal({ folder, storageSecret: Buffer.alloc(32, 7) });
if (!opened.ok) throw new Error(opened.error.code);
const journal = opened.value;
let seq = 0;
journal.read(
  0,
  1,
  (found) => {
    seq = found;
  },
  (nextSeq) => {
    seq = nextSeq - 1;
    process.stdout.write('ready\n');
    if (mode === 'load') for (let i = 0; i < 4; i++) next();
    else if (mode === 'asked') process.stdin.on('data', next);
    else setInterval(() => {}, 60_000);
  },
);

/** Four batches are always under way. */
function next(): void {
  const mine = ++seq;
  const records = Buffer.allocUnsafeSlow(2000 + (mine % 7) * 1000).fill(mine & 0xff);
  records.writeUInt32BE(mine, 0);
  const secrets = Buffer.allocUnsafeSlow(64).fill(mine & 0xff);
  journal.append(0, 1, mine, { records, recordsLength: records.length, secrets, secretsLength: 64 }, (outcome) => {
    process.stdout.write(`${outcome} ${mine}\n`);
    if (outcome !== 'durable') process.exit(3);
    if (mine % 50 === 0) {
      journal.endSecrets(0, [mine - 30]);
      journal.trim(0, mine - 200);
    }
    if (mode === 'load') next();
  });
}
