// The commands about messages: send, trace, cdr. They ask the gateway's API as any customer or administrator would.
import { createWriteStream } from 'node:fs';
import { Readable } from 'node:stream';
import { text as readAll } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { setTimeout as wait } from 'node:timers/promises';
import { type Client, gatewayClient } from './client.ts';
import {
  type Command,
  CommandError,
  clientHelp,
  clientOptions,
  Exit,
  needed,
  readArguments,
  say,
  table,
} from './cliTools.ts';

/** How long `send --wait` waits for a final state, and how often it looks. */
const WAIT_MAX_MS = 120_000;
const WAIT_STEP_MS = 250;

interface MessageAnswer {
  readonly id: string;
  readonly state: string;
  readonly final?: boolean;
  readonly segments: number;
  readonly price: { readonly amount: string; readonly currency: string };
}

export const sendCommand: Command = {
  summary: 'send a message through the HTTP API',
  help: `glaspost send: sends one message

  glaspost send -c DIR --to +4915112345678 --from Glaspost --text "Hello"

  --to NUMBER              destination, E.164 with +
  --from SENDER            number, short code, or up to 11 characters
  --text TEXT              - reads it from standard input
  --lane pin|normal|bulk   default: as the account is set
  --validity SECONDS       after which it is given up
  --schedule-at TIME       not before, e.g. 2026-12-01T08:00:00Z
  --reference R            your own name for it
  --idempotency-key K      the same key with the same message sends only once
  --account NAME           whose key of the configuration is used (default: the first with one)
  --wait                   waits for the final state; exit code 1 unless it is delivered

${clientHelp}`,
  async run(args) {
    const option = { type: 'string' } as const;
    const { values } = readArguments(args, {
      ...clientOptions,
      to: option,
      from: option,
      text: option,
      lane: option,
      validity: option,
      'schedule-at': option,
      reference: option,
      'idempotency-key': option,
      account: option,
      wait: { type: 'boolean' },
    });
    const given = needed(values.text, '--text');
    const body = {
      to: needed(values.to, '--to'),
      from: needed(values.from, '--from'),
      text: given === '-' ? (await readAll(process.stdin)).replace(/\r?\n$/, '') : given,
      ...(values.lane === undefined ? {} : { lane: values.lane }),
      ...(values.validity === undefined ? {} : { validity_s: Number(values.validity) }),
      ...(values['schedule-at'] === undefined ? {} : { schedule_at: values['schedule-at'] }),
      ...(values.reference === undefined ? {} : { reference: values.reference }),
    };
    const client = gatewayClient(values, { kind: 'account', name: values.account ?? null });
    const key = values['idempotency-key'];
    const headers = key === undefined ? {} : { 'idempotency-key': JSON.stringify(key) };
    const sent = (await client.call('POST', '/api/v1/messages', body, headers)).json as MessageAnswer;
    if (values.wait !== true) {
      say(values.json === true ? JSON.stringify(sent) : messageText(sent));
      return Exit.ok;
    }
    const ended = await final(client, sent.id);
    say(values.json === true ? JSON.stringify(ended) : messageText(ended));
    return ended.state === 'delivered' ? Exit.ok : Exit.failed;
  },
};

async function final(client: Client, id: string): Promise<MessageAnswer> {
  for (let waitedMs = 0; ; waitedMs += WAIT_STEP_MS) {
    const view = (await client.call('GET', `/api/v1/messages/${id}`)).json as MessageAnswer;
    if (view.final === true || waitedMs >= WAIT_MAX_MS) return view;
    await wait(WAIT_STEP_MS);
  }
}

function messageText(one: MessageAnswer): string {
  const segments = `${one.segments} segment${one.segments === 1 ? '' : 's'}`;
  return `${one.id} ${one.state}, ${segments}, ${one.price.amount} ${one.price.currency}`;
}

export const traceCommand: Command = {
  summary: 'every step of one message with time, reason and link',
  help: `glaspost trace: the history of one message, open or ended

  glaspost trace -c DIR msg_01h2hfbp4jfaxrvkka2e74s581

The id may be written as the API or as SMPP gave it.

${clientHelp}`,
  async run(args) {
    const { values, positionals } = readArguments(args, clientOptions, ['MESSAGE-ID']);
    const client = gatewayClient(values, { kind: 'admin' });
    const { json } = await client.call(
      'GET',
      `/api/v1/admin/messages/${encodeURIComponent(needed(positionals[0], 'MESSAGE-ID'))}/trace`,
    );
    if (values.json === true) {
      say(JSON.stringify(json));
      return Exit.ok;
    }
    const { account, message, steps } = json as {
      account: string;
      message: MessageAnswer & {
        to: string;
        from: string;
        lane: string;
        charged: { amount: string; currency: string };
      };
      steps: { at: string; step: string; link: string | null; reason: string }[];
    };
    say(`${messageText(message)}; charged ${message.charged.amount} ${message.charged.currency}`);
    say(`account ${account}, lane ${message.lane}, from ${message.from}, to ${masked(message.to)}\n`);
    say(
      table([
        ['time', 'step', 'link', 'reason'],
        ...steps.map((one) => [one.at, one.step, one.link ?? '-', one.reason]),
      ]),
    );
    return Exit.ok;
  },
};

/** Terminals get copied into tickets: the whole number is in --json only. */
function masked(number: string): string {
  return `${number.slice(0, 6)}…${number.slice(-2)}`;
}

export const cdrCommand: Command = {
  summary: 'export call detail records as CSV',
  help: `glaspost cdr: one line per ended message that was accepted in a span of time, as CSV

  glaspost cdr -c DIR --from 2026-11-01 --to 2026-12-01 --out november.csv

  --from TIME        day or RFC 3339 time, UTC, included
  --to TIME          not included
  --account NAME     only this account
  --out FILE         default: standard output

${clientHelp}`,
  async run(args) {
    const option = { type: 'string' } as const;
    const { values } = readArguments(args, {
      ...clientOptions,
      from: option,
      to: option,
      account: option,
      out: option,
    });
    const query = new URLSearchParams({ from: needed(values.from, '--from'), to: needed(values.to, '--to') });
    if (values.account !== undefined) query.set('account', values.account);
    const client = gatewayClient(values, { kind: 'admin' });
    const { body } = await client.open('GET', `/api/v1/admin/cdrs?${query}`);
    if (body === null) throw new CommandError('the answer has no body');
    const source = Readable.fromWeb(body as import('node:stream/web').ReadableStream);
    if (values.out === undefined) await pipeline(source, process.stdout, { end: false });
    else {
      await pipeline(source, createWriteStream(values.out, { mode: 0o600 }));
      say(values.json === true ? JSON.stringify({ file: values.out }) : `written to ${values.out}`);
    }
    return Exit.ok;
  },
};
