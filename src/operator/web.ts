// The operator's HTTP side: what handsets received, what happened, MO messages, and settings while it runs.
import type { HttpHandler } from '../port/http.ts';
import { defaultTables } from '../sms/gsm.ts';
import type { Operator } from './operator.ts';
import type { Part } from './part.ts';
import { applySettings } from './spec.ts';

/** Numbers listed by `GET /handsets`. */
const LIST_MAX = 1000;

const HELP = `Simulated operator
GET    /status                      counters, binds, the most submits in any one second
GET    /handsets                    numbers that received something (at most ${LIST_MAX}) and the summary
GET    /handsets?summary=1          counts of whole messages, distinct ones, duplicates, incomplete ones
GET    /handsets/{number}           its messages, joined, and the parts as they came
GET    /handsets/digests            every digest with its count, 12 octets each (high, low, count)
DELETE /handsets                    forgets them all
POST   /mo {"from","to","text"}     a subscriber's message to a customer; "account" chooses which
PATCH  /settings {"latency":"5-20ms","misbehave":"lies=0.01"}   the flags of the command line, by name
POST   /disconnect                  cuts every connection
`;

export function operatorHttp(operator: Operator): HttpHandler {
  return async (request) => {
    const url = new URL(request.url);
    const route = `${request.method} ${url.pathname}`;
    switch (route) {
      case 'GET /':
        return new Response(HELP, { headers: { 'content-type': 'text/plain; charset=utf-8' } });
      case 'GET /status':
        return Response.json(operator.status());
      case 'GET /handsets': {
        const summary = operator.handsets.summary();
        if (url.searchParams.has('summary')) return Response.json(summary);
        return Response.json({ ...summary, numbers: operator.handsets.numbers(LIST_MAX) });
      }
      case 'GET /handsets/digests':
        return new Response(new Uint8Array(operator.handsets.dump()), {
          headers: { 'content-type': 'application/octet-stream' },
        });
      case 'DELETE /handsets':
        operator.handsets.clear();
        return new Response(null, { status: 204 });
      case 'POST /disconnect':
        return Response.json({ cut: operator.disconnect() });
      case 'POST /mo':
        return postMo(operator, await bodyOf(request));
      case 'PATCH /settings':
        return patchSettings(operator, await bodyOf(request));
    }
    const handset = /^GET \/handsets\/\+?([0-9]{1,20})$/.exec(decodeURIComponent(route));
    if (handset !== null) return handsetAnswer(operator, handset[1] as string);
    return problem(404, `nothing at ${route}; GET / lists what there is`);
  };
}

function handsetAnswer(operator: Operator, number: string): Response {
  const seen = operator.handsets.look(number);
  if (seen === null)
    return problem(
      409,
      'handsets are only counted here (handsets: counts); start with handsets: texts to keep what they received',
    );
  return Response.json({
    number,
    messages: seen.messages.map((message) => ({ ...message, receivedAt: new Date(message.receivedAt).toISOString() })),
    parts: seen.parts.map(partAnswer),
  });
}

function partAnswer(part: Part): object {
  return {
    at: new Date(part.at).toISOString(),
    messageId: part.id,
    from: part.from,
    esmClass: part.esmClass,
    dataCoding: part.dataCoding,
    udh: part.udh.toString('hex'),
    userData: part.octets.toString('hex'),
    ...(part.total > 1 ? { reference: part.reference, part: part.sequence, of: part.total } : {}),
    ...(part.tables !== defaultTables ? { tables: part.tables } : {}),
  };
}

/** As it comes: nothing in it has been checked. */
interface MoBody {
  readonly from?: unknown;
  readonly to?: unknown;
  readonly text?: unknown;
  readonly account?: unknown;
}

function postMo(operator: Operator, body: MoBody | null): Response {
  const from = body?.from;
  const to = body?.to;
  const text = body?.text;
  const account = body?.account ?? null;
  if (
    typeof from !== 'string' ||
    typeof to !== 'string' ||
    typeof text !== 'string' ||
    (account !== null && typeof account !== 'string')
  ) {
    return problem(400, 'the body is {"from":"…","to":"…","text":"…"} and, if wanted, "account":"system_id"');
  }
  const sent = operator.mo.send(from, to, text, account);
  return 'fault' in sent ? problem(422, sent.fault) : Response.json(sent, { status: 202 });
}

function patchSettings(operator: Operator, body: { readonly [name: string]: unknown } | null): Response {
  if (body === null) return problem(400, 'the body is an object of settings, e.g. {"latency":"5-20ms"}');
  const texts = Object.fromEntries(Object.entries(body).map(([name, value]) => [name, String(value)]));
  const applied = applySettings(operator.core.behaviour, texts);
  if (!applied.ok) return problem(422, applied.error.map(({ path, message }) => `${path}: ${message}`).join('; '));
  operator.setBehaviour(applied.value);
  return Response.json(applied.value);
}

async function bodyOf(request: Request): Promise<{ readonly [name: string]: unknown } | null> {
  const text = await request.text();
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as { [name: string]: unknown })
    : null;
}

function problem(status: number, detail: string): Response {
  return Response.json({ status, detail }, { status, headers: { 'content-type': 'application/problem+json' } });
}
