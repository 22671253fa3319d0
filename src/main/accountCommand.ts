// The commands about accounts: credit, show, suspend, resume, cancel, and hash for passwords in gateway.yaml.
import { text as readAll } from 'node:stream/consumers';
import { createCrypto } from '../host/crypto.ts';
import { gatewayClient } from './client.ts';
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
  tell,
} from './cliTools.ts';

interface Money {
  readonly amount: string;
  readonly currency: string;
}

interface AccountAnswer {
  readonly account: string;
  readonly balance: Money;
  readonly held: Money;
  readonly credit_limit: Money;
  readonly available: Money;
  readonly enabled?: boolean;
  readonly suspended?: boolean;
  readonly binds?: number;
  readonly open_messages?: number;
  readonly waiting_receipts?: number;
}

export const accountCommand: Command = {
  summary: 'account credit|show|list|suspend|resume|cancel NAME, account hash',
  help: `glaspost account: what administrators do with customers' accounts

  glaspost account credit NAME AMOUNT --reference R   money in; the same reference again changes nothing
  glaspost account show NAME                          balance, held money, binds, open messages
  glaspost account list                               all accounts
  glaspost account suspend NAME                       take nothing more; what is open goes on
  glaspost account resume NAME
  glaspost account cancel NAME [--lane pin|normal|bulk]   end everything that has not left
  glaspost account hash                               reads a password from standard input and prints its
                                                      password_hash for gateway.yaml

${clientHelp}
Example
  glaspost account credit demo 100.00 --reference invoice-2026-11 -c DIR
`,
  async run(args) {
    const { values, positionals } = readArguments(
      args,
      { ...clientOptions, reference: { type: 'string' }, lane: { type: 'string' } },
      ['credit, show, list, suspend, resume, cancel or hash', '[NAME]', '[AMOUNT]'],
    );
    const [action, name, amount] = positionals;
    if (action === 'hash') return hash(values.json === true);
    const client = gatewayClient(values, { kind: 'admin' });
    if (action === 'list') {
      const { json } = await client.call('GET', '/api/v1/admin/accounts');
      const { data } = json as { data: AccountAnswer[] };
      if (values.json === true) say(JSON.stringify(json));
      else say(table([['account', 'available', 'held', 'open', 'binds', ''], ...data.map(listRow)]));
      return Exit.ok;
    }
    const path = `/api/v1/admin/accounts/${encodeURIComponent(needed(name, 'NAME'))}`;
    if (amount !== undefined && action !== 'credit')
      throw new CommandError(`does not understand "${amount}"; --help shows how`, Exit.usage);
    switch (action) {
      case 'credit': {
        const body = { amount: needed(amount, 'AMOUNT'), reference: needed(values.reference, '--reference') };
        const { json } = await client.call('POST', `${path}/credits`, body);
        const answer = json as AccountAnswer & { repeated: boolean };
        if (values.json === true) say(JSON.stringify(json));
        else {
          say(
            `${answer.repeated ? 'was credited before, nothing changed' : `credited ${body.amount} ${answer.balance.currency}`} (reference ${body.reference})`,
          );
          say(accountText(answer));
        }
        return Exit.ok;
      }
      case 'show':
      case 'suspend':
      case 'resume': {
        const { json } =
          action === 'show' ? await client.call('GET', path) : await client.call('POST', `${path}/${action}`);
        say(values.json === true ? JSON.stringify(json) : accountText(json as AccountAnswer));
        return Exit.ok;
      }
      case 'cancel': {
        const { json } = await client.call(
          'POST',
          `${path}/cancel`,
          values.lane === undefined ? {} : { lane: values.lane },
        );
        say(
          values.json === true
            ? JSON.stringify(json)
            : `${(json as { cancelled: number }).cancelled} messages cancelled`,
        );
        return Exit.ok;
      }
      default:
        throw new CommandError(`does not know "${action}"; --help shows what there is`, Exit.usage);
    }
  },
};

function money(value: Money): string {
  return `${value.amount} ${value.currency}`;
}

function listRow(one: AccountAnswer): string[] {
  const marks = [one.enabled === false ? 'disabled' : '', one.suspended === true ? 'suspended' : '']
    .filter(Boolean)
    .join(', ');
  return [
    one.account,
    money(one.available),
    money(one.held),
    String(one.open_messages ?? ''),
    String(one.binds ?? ''),
    marks,
  ];
}

function accountText(one: AccountAnswer): string {
  const rows = [
    ['account', one.account],
    ['available', money(one.available)],
    ['balance', money(one.balance)],
    ['held', money(one.held)],
    ['credit limit', money(one.credit_limit)],
  ];
  if (one.binds !== undefined) {
    const state = one.enabled === false ? 'disabled' : one.suspended === true ? 'suspended' : 'active';
    rows.push(['state', state], ['binds', String(one.binds)]);
    rows.push(['open messages', String(one.open_messages)], ['waiting receipts', String(one.waiting_receipts)]);
  }
  return table(rows);
}

/** scrypt of a password that nobody sees: it comes from standard input, not from the command line. */
async function hash(json: boolean): Promise<number> {
  if (process.stdin.isTTY) tell('password, then Enter and Ctrl-D:');
  const password = (await readAll(process.stdin)).replace(/\r?\n$/, '');
  if (password === '') throw new CommandError('standard input holds no password', Exit.usage);
  const hashed = await createCrypto().hashPassword(password);
  say(json ? JSON.stringify({ password_hash: hashed }) : hashed);
  return Exit.ok;
}
