// The commands about the running system: status, and link pause, drain, resume through the guard's admin.

import { gatewayClient, guardClient } from './client.ts';
import {
  type Command,
  CommandError,
  clientHelp,
  clientOptions,
  Exit,
  readArguments,
  say,
  table,
  tell,
} from './cliTools.ts';

interface StatusAnswer {
  readonly name: string;
  readonly ready: boolean;
  readonly reason: string;
  readonly started_at: string;
  readonly open_messages: number;
  readonly binds: number;
  readonly letter_bytes: number;
  readonly journal: { readonly syncs: number; readonly file_bytes: number };
  readonly links: readonly {
    readonly name: string;
    readonly state: string;
    readonly reason: string;
    readonly queued: { readonly pin: number; readonly normal: number; readonly bulk: number };
    readonly in_flight: number;
  }[];
  readonly accounts: readonly {
    readonly account: string;
    readonly available: { readonly amount: string; readonly currency: string };
    readonly open_messages: number;
    readonly waiting_receipts: number;
    readonly binds: number;
    readonly suspended: boolean;
  }[];
}

export const statusCommand: Command = {
  summary: 'the gateway, its links and accounts',
  help: `glaspost status: is it ready, what waits, how the links are

  glaspost status -c DIR

${clientHelp}
Exit codes: 0 ready, 1 not ready, 3 nobody answers.
`,
  async run(args) {
    const { values } = readArguments(args, clientOptions);
    const { json } = await gatewayClient(values, { kind: 'admin' }).call('GET', '/api/v1/admin/status');
    const status = json as StatusAnswer;
    say(values.json === true ? JSON.stringify(status) : statusText(status));
    return status.ready ? Exit.ok : Exit.failed;
  },
};

function statusText(status: StatusAnswer): string {
  const megabytes = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(1)} MB`;
  const links = status.links.map((one) => {
    const { pin, normal, bulk } = one.queued;
    return [one.name, one.state, `${pin} / ${normal} / ${bulk}`, String(one.in_flight), one.reason];
  });
  const accounts = status.accounts.map((one) => [
    one.account,
    `${one.available.amount} ${one.available.currency}`,
    String(one.open_messages),
    String(one.waiting_receipts),
    String(one.binds),
    one.suspended ? 'suspended' : '',
  ]);
  return [
    `${status.name}: ${status.ready ? 'ready' : `not ready: ${status.reason}`}, up since ${status.started_at}`,
    `${status.open_messages} open messages in ${megabytes(status.letter_bytes)}, ${status.binds} customer binds, journal ${megabytes(status.journal.file_bytes)}, ${status.journal.syncs} syncs`,
    '',
    table([['link', 'state', 'queued pin / normal / bulk', 'in flight', 'reason'], ...links]),
    '',
    table([['account', 'available', 'open', 'receipts', 'binds', ''], ...accounts]),
  ].join('\n');
}

interface GuardLink {
  readonly name: string;
  readonly state: string;
  readonly reason: string;
  readonly binds: number;
  readonly window: { readonly inFlight: number };
  readonly rate: { readonly contract: number; readonly now: number };
}

export const linkCommand: Command = {
  summary: 'link list, link pause|drain|resume NAME',
  help: `glaspost link: orders a link about, through the guard's admin (guard.yaml: admin)

  glaspost link list -c DIR
  glaspost link pause NAME -c DIR     nothing more leaves; what waits is routed again
  glaspost link drain NAME -c DIR     as pause, and what is open with the supplier is waited for
  glaspost link resume NAME -c DIR

  -c, --config DIR   folder (or file) of guard.yaml (default: $GLASPOST_CONFIG, else the present folder)
  --url URL --key TOKEN   the guard's admin instead
  --json             one JSON value on standard output
`,
  async run(args) {
    const { values, positionals } = readArguments(args, clientOptions, ['list, pause, drain or resume', '[NAME]']);
    const [action, name] = positionals;
    if (action !== 'list' && action !== 'pause' && action !== 'drain' && action !== 'resume') {
      throw new CommandError(`does not know "${action}"; it knows list, pause, drain and resume`, Exit.usage);
    }
    if ((name === undefined) !== (action === 'list'))
      throw new CommandError(action === 'list' ? 'list takes no name' : 'needs the NAME of a link', Exit.usage);
    const client = guardClient(values);
    if (action === 'list') {
      const { links } = (await client.call('GET', '/status')).json as { links: GuardLink[] };
      say(values.json === true ? JSON.stringify({ links }) : linkTable(links));
      return Exit.ok;
    }
    const { json } = await client.call('POST', `/links/${encodeURIComponent(name as string)}/${action}`);
    const link = json as GuardLink & { readonly kept: boolean };
    say(values.json === true ? JSON.stringify(json) : linkTable([link]));
    if (!link.kept)
      tell('the disk of the guard takes nothing now: the order holds, and outlives a restart once there is room again');
    return Exit.ok;
  },
};

function linkTable(links: readonly GuardLink[]): string {
  const rows = links.map((one) => [
    one.name,
    one.state,
    String(one.binds),
    String(one.window.inFlight),
    `${one.rate.now} of ${one.rate.contract}`,
    one.reason,
  ]);
  return table([['link', 'state', 'binds', 'in flight', 'segments/s', 'reason'], ...rows]);
}
