// Sessions as the fuzzer leads them: bound in every mode or not at all, fed with chunks until they end, left in every way. Each
// has dice of its own from the seed and its number.
import { Chance } from '../src/operator/chance.ts';
import { CommandId } from '../src/smpp/commands.ts';
import type { Chunk, Composer, Source, Tolerance } from './compose.ts';
import { binds } from './corpus.ts';
import type { Group, Sent } from './group.ts';
import { writeHead } from './head.ts';
import { Line, type Outcome } from './line.ts';
import type { Sample } from './mutate.ts';

/** Who binds where. */
export interface Credentials {
  readonly systemId: string;
  readonly password: string;
}

export interface Fuzzing {
  readonly seed: number;
  readonly composer: Composer;
  readonly groups: readonly Group[];
  /** Ends all sessions at the next chunk. */
  stopped(): boolean;
}

/** A session left open that has answered nothing for this long is deaf; timers of the other side are below. */
const DEAF_MS = 40_000;
const BAD_ALLOWED = 2;
const LAST_PROBE = 0x45000000;
/** Chunks of the same group. */
const ANSWERED_MEANWHILE = 200;
/** Times of waiting for a program that answers nobody. */
const TRIES_MAX = 5;
const CHUNK_MUTATED_MAX = 60;
const ROUNDS_MAX = 60;
/** Sessions whose stream was lost wait for the other side's timer beside the others. */
const PARKED_MAX = 300;
const RETRY_MS = 50;
const VERSIONS = [0x34, 0x34, 0x50, 0x33] as const;
const MODES = [CommandId.bind_transceiver, CommandId.bind_transmitter, CommandId.bind_receiver] as const;

export const sleep = (ms: number): Promise<void> => new Promise((go) => setTimeout(go, ms));

/** Connection after connection to one port until the group has its quota. */
export class ClientSlots {
  readonly #fuzzing: Fuzzing;
  readonly #group: Group;
  readonly #port: number;
  readonly #source: Source;
  readonly #parked = new Set<Promise<void>>();
  #connections = 0;

  constructor(fuzzing: Fuzzing, group: Group, port: number, source: Source) {
    this.#fuzzing = fuzzing;
    this.#group = group;
    this.#port = port;
    this.#source = source;
  }

  /** `address`: of the bound sessions, so that failed binds from elsewhere do not shut it out. */
  async run(credentials: Credentials, address: string, unboundOfHundred: number): Promise<void> {
    const { seed, groups } = this.#fuzzing;
    const samples = binds(credentials.systemId, credentials.password);
    // The first bind is a right one: from then on this address is known for this system_id.
    let known = false;
    while (!this.#over) {
      if (this.#group.ahead(groups)) {
        await sleep(RETRY_MS);
        continue;
      }
      const number = ++this.#connections;
      const chance = new Chance(seed * 1_000_003 + number * 31 + this.#group.name.length);
      const bound = !known || chance.below(100) >= unboundOfHundred;
      const from = bound ? address : `127.${1 + chance.below(200)}.${chance.below(256)}.${1 + chance.below(254)}`;
      const line = await Line.open(this.#port, from);
      if (line === null) {
        this.#group.refused++;
        await sleep(RETRY_MS);
        continue;
      }
      this.#group.sessions++;
      if (!bound) await this.#stranger(line, chance, samples, number);
      else {
        const version = await bindAs(line, credentials, chance);
        known = true;
        if (version > 0) await this.#session(line, version, chance, number);
        else {
          this.#group.refused++;
          line.reset();
          await sleep(RETRY_MS);
        }
      }
      this.#group.garbled += line.garbled;
      this.#group.inFlight.delete(number);
    }
    await Promise.all(this.#parked);
  }

  get #over(): boolean {
    return this.#group.done || this.#fuzzing.stopped();
  }

  async #session(line: Line, version: number, chance: Chance, number: number): Promise<void> {
    const tolerance: Tolerance = { version, bad: BAD_ALLOWED, mayEnd: true };
    for (let rounds = 1 + chance.below(ROUNDS_MAX); rounds > 0 && !this.#over && !line.closed; rounds--) {
      const count = 1 + chance.below(CHUNK_MUTATED_MAX);
      const chunk = this.#fuzzing.composer.compose(this.#source, line, tolerance, chance, count);
      const sent = this.#sent(chunk.octets, number);
      await line.write(sent.octets, chance);
      if (chunk.ends === 'framing') {
        this.#park(line, chunk, sent, chance);
        return;
      }
      const outcome = await outcomeOf(this.#group, line, chunk);
      if (!settle(this.#group, chunk, sent, outcome)) {
        line.reset();
        return;
      }
    }
    await this.#leave(line, chance);
  }

  #sent(octets: Buffer, connection: number): Sent {
    const sent = { octets: Buffer.from(octets), connection };
    this.#group.inFlight.set(connection, sent);
    return sent;
  }

  /** Half of the streams that are lost are ended by us; the others have to be ended by the other side. */
  #park(line: Line, chunk: Chunk, sent: Sent, chance: Chance): void {
    if (chance.below(2) === 0 || this.#parked.size >= PARKED_MAX) line.finish();
    const waiting = outcomeOf(this.#group, line, chunk).then((outcome) => {
      settle(this.#group, chunk, sent, outcome);
      line.reset();
      this.#parked.delete(waiting);
    });
    this.#parked.add(waiting);
  }

  async #leave(line: Line, chance: Chance): Promise<void> {
    const way = chance.below(3);
    if (way === 0 && !line.closed) {
      const unbind = Buffer.alloc(16);
      writeHead(unbind, 0, CommandId.unbind, 0, 2);
      await line.write(unbind, chance);
      await line.answer(0, -2, RETRY_MS * 10);
    } else if (way === 1) line.finish();
    line.reset();
  }

  /** Without a bind, or with a spoilt one: each wrong request counts against it, so one at a time. */
  async #stranger(line: Line, chance: Chance, samples: readonly Sample[], number: number): Promise<void> {
    const tolerance: Tolerance = { version: 0x34, bad: BAD_ALLOWED, mayEnd: true };
    const { composer } = this.#fuzzing;
    const source: Source = {
      all: this.#source.all,
      answer: (commandId, sequence, dice) => this.#source.answer(commandId, sequence, dice),
      draw: (dice, of) =>
        dice.below(2) === 0 ? (samples[dice.below(samples.length)] as Sample) : this.#source.draw(dice, of),
    };
    for (let rounds = 0; rounds < 12 && !this.#over && !line.closed; rounds++) {
      const chunk = composer.compose(source, line, tolerance, chance, 1);
      const sent = this.#sent(chunk.octets, number);
      await line.write(sent.octets, chance);
      if (chunk.ends === 'framing') {
        this.#park(line, chunk, sent, chance);
        return;
      }
      const outcome = await outcomeOf(this.#group, line, chunk);
      if (outcome === 'answered') this.#group.count(chunk);
      else {
        if (outcome === 'silent') this.#group.wentDeaf(sent);
        break;
      }
    }
    line.reset();
  }
}

/** Binds, in the wanted mode (and 3.4) or any; the version that the session speaks from now on, 0: not bound. */
export async function bindAs(
  line: Line,
  { systemId, password }: Credentials,
  chance: Chance,
  wanted: number | null = null,
): Promise<number> {
  const version = wanted === null ? (VERSIONS[chance.below(VERSIONS.length)] as number) : 0x34;
  const mode = wanted ?? (MODES[chance.below(4) % 3] as number);
  // There is no transceiver in 3.3.
  const commandId = version === 0x33 && mode === CommandId.bind_transceiver ? CommandId.bind_transmitter : mode;
  const body = Buffer.from(`${systemId}\0${password}\0\0${String.fromCharCode(version)}\0\0\0`, 'latin1');
  const octets = Buffer.alloc(16 + body.length);
  writeHead(octets, 0, commandId, 0, 1);
  octets.writeUInt32BE(octets.length, 0);
  octets.set(body, 16);
  await line.write(octets, chance);
  const outcome = await line.answer((commandId | 0x80000000) >>> 0, 1, DEAF_MS);
  return outcome === 'answered' && line.status === 0 ? version : 0;
}

/**
 * What became of the session behind this chunk. Silent: it is open and does not answer, though others of its group have been
 * answered in the meantime; on a machine that gives the programs no time nobody is deaf.
 */
export async function outcomeOf(group: Group, line: Line, chunk: Chunk): Promise<Outcome> {
  const before = group.answered;
  const isDeaf = (): boolean => group.answered - before >= ANSWERED_MEANWHILE;
  const probe = chunk.probe === 0 ? LAST_PROBE : chunk.probe;
  let outcome: Outcome = 'silent';
  if (chunk.probe === 0) {
    outcome = await line.answer(0, -2, DEAF_MS);
    if (outcome !== 'silent') return outcome;
    // A length that lies may have ended just where another PDU began: then the session is as good as before.
    const question = Buffer.alloc(16);
    writeHead(question, 0, CommandId.enquire_link, 0, probe);
    await line.write(question, null);
  }
  for (let tries = 0; outcome === 'silent' && tries < TRIES_MAX && (tries === 0 || !isDeaf()); tries++)
    outcome = await line.answer(CommandId.enquire_link_resp, probe, DEAF_MS);
  return outcome;
}

/** Counts; false: the session is over. */
export function settle(group: Group, chunk: Chunk, sent: Sent, outcome: Outcome): boolean {
  if (outcome === 'answered' || (outcome === 'closed' && chunk.ends !== 'no')) group.count(chunk);
  else if (outcome === 'closed') group.closedEarly(chunk, sent);
  else group.wentDeaf(sent);
  return outcome === 'answered';
}
