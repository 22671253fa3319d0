// The guard's admin over HTTP on loopback: state, metrics, and the orders pause, drain and resume for a link. A bearer token is
// asked for everything. Nothing here reads or shows a message, a number or a credential.
import type { HttpHandler } from '../port/http.ts';
import { linkStateName } from '../smpp/vendor.ts';
import type { Core } from './core.ts';
import type { Link, LinkOrder } from './links.ts';

const ORDERS: ReadonlyMap<string, LinkOrder> = new Map([
  ['pause', 'pause'],
  ['drain', 'drain'],
  ['resume', 'run'],
]);

/** `token` is compared in constant time. */
export function adminHandler(core: Core, token: string): HttpHandler {
  const { crypto } = core.world;
  const wanted = crypto.sha256(Buffer.from(`Bearer ${token}`));
  return (request) => {
    const given = crypto.sha256(Buffer.from(request.headers.get('authorization') ?? ''));
    if (!crypto.equal(wanted, given)) return problem(401, 'unauthorized', 'send the admin token as a bearer token');
    const path = new URL(request.url).pathname;
    if (path === '/status' && request.method === 'GET') return json(200, status(core));
    if (path === '/metrics' && request.method === 'GET') {
      return new Response(metrics(core), { headers: { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' } });
    }
    const match = /^\/links\/([^/]{1,64})\/(pause|drain|resume)$/.exec(path);
    if (match === null)
      return problem(
        404,
        'not-found',
        'there is GET /status, GET /metrics and POST /links/NAME/pause, drain or resume',
      );
    if (request.method !== 'POST') return problem(405, 'method-not-allowed', 'use POST');
    const link = core.links.byName.get(decodeURIComponent(match[1] as string));
    const order = ORDERS.get(match[2] as string);
    if (link === undefined || link.removed || order === undefined)
      return problem(404, 'no-such-link', 'GET /status names the links');
    return new Promise((resolve) => {
      core.linkOrders.give(link, order, (kept) => {
        core.world.log.info('link ordered', { link: link.name, order, kept });
        resolve(json(200, { ...linkView(core, link), kept }));
      });
    });
  };
}

function status(core: Core): unknown {
  return {
    name: core.config.name,
    ready: core.closedReason === null,
    reason: core.closedReason ?? '',
    openOrders: core.ops.live,
    correlations: core.sent.size,
    parkedReceipts: core.receipts.parked,
    journal: core.log.stats,
    links: core.links.byNumber.filter((one) => !one.removed).map((one) => linkView(core, one)),
    upstreams: core.upstreams.all
      .filter((one) => one.config !== null)
      .map((one) => ({
        name: one.name,
        mode: one.config?.mode,
        binds: one.binds.size,
        clockAheadSeconds: Math.round(core.upstreams.orders.clocks.aheadMs(one) / 1000),
        waitingReceipts: one.queues.reduce((sum, queue) => sum + (queue?.waiting ?? 0), 0),
      })),
    counters: core.counters,
  };
}

function linkView(core: Core, link: Link): object {
  const now = core.world.loop.monotonic();
  let room = 0;
  let inFlight = 0;
  for (const bind of link.binds) {
    room += bind.peer.slots;
    inFlight += bind.peer.inFlight;
  }
  return {
    name: link.name,
    supplier: link.config.supplier,
    state: linkStateName(link.state),
    reason: link.reason,
    order: link.order === 'run' ? null : { is: link.order, since: new Date(link.orderedAt).toISOString() },
    binds: link.binds.size,
    window: { room, inFlight },
    rate: { contract: link.config.throttlePerSecond, now: Math.floor(link.pacer.rate(now)) },
    queued: link.queue.waiting,
    receipts: { matched: link.matched, mismatchRatio: mismatchRatio(link), hint: mismatchHint(link) },
  };
}

/** Share of receipts whose id was not written as in the answer. */
function mismatchRatio(link: Link): number {
  return link.matched === 0 ? 0 : (link.matched - link.matchedExactly) / link.matched;
}

/** A rule is proposed, never switched on (R26). */
function mismatchHint(link: Link): string {
  const { respBase, receiptBase } = link.config.dialect;
  if (mismatchRatio(link) > 0.5 && respBase === receiptBase)
    return 'ids in receipts differ from those in answers: look at dialect.resp_base and dialect.receipt_base';
  return '';
}

/** Prometheus text format. */
function metrics(core: Core): string {
  const lines: string[] = [];
  for (const [name, value] of Object.entries(core.counters)) {
    lines.push(`# TYPE glaspost_guard_${name}_total counter`, `glaspost_guard_${name}_total ${value}`);
  }
  const stats = core.world.journal.stats();
  gauge(lines, 'open_orders', core.ops.live);
  gauge(lines, 'correlations', core.sent.size);
  gauge(lines, 'correlation_bytes', core.sent.bytes);
  gauge(lines, 'parked_receipts', core.receipts.parked);
  gauge(lines, 'journal_bytes', stats.fileBytes);
  lines.push('# TYPE glaspost_guard_journal_syncs_total counter', `glaspost_guard_journal_syncs_total ${stats.syncs}`);
  const now = core.world.loop.monotonic();
  lines.push(
    '# TYPE glaspost_guard_link_state gauge',
    '# TYPE glaspost_guard_link_in_flight gauge',
    '# TYPE glaspost_guard_link_rate gauge',
  );
  for (const link of core.links.byNumber) {
    if (link.removed) continue;
    let inFlight = 0;
    for (const bind of link.binds) inFlight += bind.peer.inFlight;
    const label = `{link="${link.name}"}`;
    lines.push(
      `glaspost_guard_link_state${label} ${link.state}`,
      `glaspost_guard_link_in_flight${label} ${inFlight}`,
      `glaspost_guard_link_rate${label} ${Math.floor(link.pacer.rate(now))}`,
      `glaspost_guard_link_queued${label} ${link.queue.waiting}`,
      `glaspost_guard_link_mismatch_ratio${label} ${mismatchRatio(link)}`,
    );
  }
  lines.push('# TYPE glaspost_guard_clock_ahead_seconds gauge');
  for (const upstream of core.upstreams.all) {
    if (upstream.config?.mode !== 'token') continue;
    const aheadS = core.upstreams.orders.clocks.aheadMs(upstream) / 1000;
    lines.push(`glaspost_guard_clock_ahead_seconds{upstream="${upstream.name}"} ${aheadS}`);
  }
  return `${lines.join('\n')}\n`;
}

function gauge(lines: string[], name: string, value: number): void {
  lines.push(`# TYPE glaspost_guard_${name} gauge`, `glaspost_guard_${name} ${value}`);
}

function json(code: number, body: unknown): Response {
  return Response.json(body, { status: code });
}

/** RFC 9457. */
function problem(code: number, type: string, detail: string): Response {
  return new Response(JSON.stringify({ type: `urn:glaspost:${type}`, status: code, title: type, detail }), {
    status: code,
    headers: { 'content-type': 'application/problem+json' },
  });
}
