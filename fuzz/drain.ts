// Receivers in order for the fuzzing customers: after the fuzz they take every receipt, so that nothing has a reason to stay open.
import { Chance } from '../src/operator/chance.ts';
import { CommandId, RESPONSE_BIT } from '../src/smpp/commands.ts';
import { writeHead } from './head.ts';
import { Line } from './line.ts';
import { bindAs, type Credentials } from './session.ts';

const ANSWER_MS = 5;
const TRIES = 20;

export class Drain {
  readonly #port: number;
  readonly #lines: Line[] = [];
  #timer: NodeJS.Timeout | null = null;

  constructor(port: number) {
    this.#port = port;
  }

  /** `addresses`: from which the account has bound before. */
  async open(customers: readonly { readonly credentials: Credentials; readonly address: string }[]): Promise<void> {
    this.#timer = setInterval(() => {
      for (const line of this.#lines) void answerAll(line);
    }, ANSWER_MS);
    for (const { credentials, address } of customers) {
      for (let tries = TRIES; tries > 0; tries--) {
        const line = await Line.open(this.#port, address);
        if (line === null) continue;
        const version = await bindAs(line, credentials, new Chance(tries), CommandId.bind_receiver);
        if (version > 0) {
          this.#lines.push(line);
          break;
        }
        line.reset();
      }
    }
  }

  close(): void {
    if (this.#timer !== null) clearInterval(this.#timer);
    for (const line of this.#lines) line.finish();
  }
}

function answerAll(line: Line): Promise<void> {
  const asked = line.asked.splice(0);
  if (asked.length === 0 || line.closed) return Promise.resolve();
  const octets = Buffer.alloc(asked.length * 17);
  let at = 0;
  for (const { commandId, sequence } of asked) {
    const from = at;
    at += writeHead(octets, at, commandId + RESPONSE_BIT, 0, sequence);
    if (commandId !== CommandId.deliver_sm) continue;
    // message_id, which is unused and has its NUL (SMPP 3.4 §4.6.2).
    octets[at++] = 0;
    octets.writeUInt32BE(17, from);
  }
  return line.write(octets.subarray(0, at), null);
}
