// Prometheus metrics: counters and state of the gateway read when they are asked for, and the API's own requests.
import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { GatewayService, StatusView } from '../gateway/service.ts';

const LINK_UP: ReadonlySet<string> = new Set(['up', 'slow']);
/** Seconds; an accept is a few milliseconds, an export minutes. */
const BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10];

/** Of one API instance; it has a registry of its own. */
export class Metrics {
  readonly #service: GatewayService;
  readonly #registry = new Registry();
  readonly #requests: Counter<'method' | 'route' | 'status'>;
  readonly #seconds: Histogram<'route'>;
  readonly #counters = new Map<string, Counter>();
  readonly #gauges: ReturnType<typeof gauges>;

  constructor(service: GatewayService) {
    this.#service = service;
    const registers = [this.#registry];
    this.#requests = new Counter({
      name: 'glaspost_http_requests_total',
      help: 'Requests to the HTTP API by route and status',
      labelNames: ['method', 'route', 'status'],
      registers,
    });
    this.#seconds = new Histogram({
      name: 'glaspost_http_request_seconds',
      help: 'From the request to its answer',
      labelNames: ['route'],
      buckets: BUCKETS,
      registers,
    });
    this.#gauges = gauges(registers);
  }

  /** One request was answered. `route` is a path of the document, so that labels stay few. */
  observe(method: string, route: string, status: number, seconds: number): void {
    this.#requests.inc({ method, route, status });
    this.#seconds.observe({ route }, seconds);
  }

  /** The text format 0.0.4. */
  async text(): Promise<string> {
    for (const [name, value] of Object.entries(this.#service.counters())) {
      let counter = this.#counters.get(name);
      if (counter === undefined) {
        const help = `Since the start: ${name.replaceAll('_', ' ')}`;
        counter = new Counter({ name: `glaspost_gateway_${name}_total`, help, registers: [this.#registry] });
        this.#counters.set(name, counter);
      }
      counter.reset();
      counter.inc(value);
    }
    this.#set(this.#service.status());
    return this.#registry.metrics();
  }

  get contentType(): string {
    return this.#registry.contentType;
  }

  #set(status: StatusView): void {
    const g = this.#gauges;
    g.ready.set(status.ready ? 1 : 0);
    g.started.set(status.startedAt / 1000);
    g.open.set(status.openMessages);
    g.binds.set(status.binds);
    g.letters.set(status.letterBytes);
    g.resident.set(status.residentBytes);
    g.syncs.set(status.journal.syncs);
    g.batches.set(status.journal.batches);
    g.journalBytes.set(status.journal.fileBytes);
    for (const gauge of [g.linkUp, g.linkQueued, g.linkInFlight, g.available, g.held, g.accountOpen, g.receipts])
      gauge.reset();
    for (const link of status.links) {
      g.linkUp.set({ link: link.name, state: link.state }, LINK_UP.has(link.state) ? 1 : 0);
      for (const lane of ['pin', 'normal', 'bulk'] as const)
        g.linkQueued.set({ link: link.name, lane }, link.queued[lane]);
      g.linkInFlight.set({ link: link.name }, link.inFlight);
    }
    for (const one of status.accounts) {
      const labels = { account: one.account, currency: one.currency };
      g.available.set(labels, (one.balance - one.held + one.creditLimit) / 1e6);
      g.held.set(labels, one.held / 1e6);
      g.accountOpen.set({ account: one.account }, one.openMessages);
      g.receipts.set({ account: one.account }, one.waitingReceipts);
    }
  }
}

function gauges(registers: Registry[]) {
  const gauge = <L extends string = never>(name: string, help: string, labelNames: readonly L[] = []): Gauge<L> =>
    new Gauge({ name: `glaspost_${name}`, help, labelNames: [...labelNames], registers });
  return {
    ready: gauge('ready', '1 when messages are accepted'),
    started: gauge('start_time_seconds', 'Start of the gateway, seconds since the epoch'),
    open: gauge('open_messages', 'Messages that have not ended or whose receipt was not taken'),
    binds: gauge('customer_binds', 'SMPP sessions of customers'),
    letters: gauge('letter_bytes', 'Letters of open messages, in memory and in pages outside'),
    resident: gauge('letter_resident_bytes', 'Letters of open messages in memory'),
    syncs: gauge('journal_syncs', 'Syncs of the journal since the start'),
    batches: gauge('journal_batches', 'Batches committed since the start'),
    journalBytes: gauge('journal_file_bytes', 'Size of the journal on disk'),
    linkUp: gauge('link_up', '1 when a link takes messages', ['link', 'state']),
    linkQueued: gauge('link_queued_messages', 'Messages waiting for a link', ['link', 'lane']),
    linkInFlight: gauge('link_in_flight', 'Orders without an answer', ['link']),
    available: gauge('account_available', 'Money for new messages, in units of the currency', ['account', 'currency']),
    held: gauge('account_held', 'Money held for open messages, in units of the currency', ['account', 'currency']),
    accountOpen: gauge('account_open_messages', 'Open messages of an account', ['account']),
    receipts: gauge('account_waiting_receipts', 'Receipts that wait for the customer', ['account']),
  };
}
