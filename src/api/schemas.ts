// Everything that goes in and out as schemas: they check requests and make the OpenAPI document. Request bodies are strict,
// clients ignore members of answers that they do not know. No handling here.
import { z } from '@hono/zod-openapi';
import {
  API_BATCH_MAX,
  API_BINARY_HEX_MAX,
  API_PAGE_DEFAULT,
  API_PAGE_MAX,
  API_REFERENCE_MAX,
  API_TEXT_MAX,
} from '../base/limits.ts';
import { stateNames } from './values.ts';

const lane = z.enum(['pin', 'normal', 'bulk']);
const timeIn = z.iso.datetime({ offset: true, error: 'must be an RFC 3339 time such as 2026-11-25T08:00:00Z' });
const reference = z
  .string()
  .regex(/^[\x20-\x7e]+$/, 'must be printable ASCII')
  .max(API_REFERENCE_MAX)
  .openapi({ description: 'Your own name for it; comes back in every view and webhook.', example: 'order-4711' });

const binary = z
  .strictObject({
    data_coding: z.int().min(0).max(255).default(4),
    hex: z
      .string()
      .max(API_BINARY_HEX_MAX)
      .regex(/^(?:[0-9a-fA-F]{2})+$/, 'must be pairs of hex digits'),
  })
  .openapi({ description: 'Octets with their data_coding, without a user data header.' });

/** One message as a customer asks for it. */
export const messageRequest = z
  .strictObject({
    to: z.string().min(1).max(32).openapi({ description: 'Destination, E.164 with +.', example: '+4915112345678' }),
    from: z
      .string()
      .min(1)
      .max(21)
      .openapi({ description: 'Sender: a number, a short code, or up to 11 characters.', example: 'Glaspost' }),
    text: z
      .string()
      .min(1)
      .max(API_TEXT_MAX)
      .refine((text) => text.isWellFormed(), 'holds half of a surrogate pair')
      .optional()
      .openapi({
        description: 'The cheapest encoding is chosen; long texts become several segments.',
        example: 'Hello',
      }),
    binary: binary.optional(),
    lane: lane.optional().openapi({ description: 'pin never waits behind bulk. Default: as the account is set.' }),
    purpose: z.string().min(1).max(32).optional().openapi({
      description:
        'Why it is sent, one of those that the account may name; stands in the evidence. Default: as the account is set.',
      example: 'otp',
    }),
    validity_s: z.int().min(1).max(604_800).optional().openapi({ description: 'Seconds after which it is given up.' }),
    schedule_at: timeIn.optional().openapi({ description: 'Not before this time.' }),
    reference: reference.optional(),
  })
  .refine((message) => (message.text === undefined) !== (message.binary === undefined), {
    path: ['text'],
    error: 'exactly one of text and binary must be there',
    // Told together with other faults, but only of what is an object at all.
    when: ({ value }) => typeof value === 'object' && value !== null,
  })
  .openapi('MessageRequest');
export type MessageRequest = z.infer<typeof messageRequest>;

export const batchRequest = z
  .strictObject({ messages: z.array(messageRequest).min(1).max(API_BATCH_MAX) })
  .openapi('BatchRequest', { description: 'One bad message does not keep the others from being accepted.' });

/** A batch before its messages are read one by one. */
export const batchEnvelope = z.strictObject({ messages: z.array(z.unknown()).min(1).max(API_BATCH_MAX) });

/** What POST /messages takes. Only for the document: reading tells the three apart by hand, so that faults name their place. */
export const submitBody = z
  .union([messageRequest, batchRequest, z.array(messageRequest).min(1).max(API_BATCH_MAX)])
  .openapi('SubmitRequest');

export const cancelBody = z.strictObject({ lane: lane.optional() }).openapi('CancelRequest');
export const creditBody = z
  .strictObject({
    amount: z
      .string()
      .regex(
        /^(?!0+(?:\.0+)?$)[0-9]{1,9}(?:\.[0-9]{1,6})?$/,
        'must be an amount above zero such as "100.00", with at most 6 decimal places',
      )
      .openapi({ example: '100.00' }),
    reference,
  })
  .openapi('CreditRequest');

export const listQuery = z.strictObject({
  limit: z
    .string()
    .regex(/^[0-9]{1,3}$/, `must be a whole number from 1 to ${API_PAGE_MAX}`)
    .transform(Number)
    .refine((limit) => limit >= 1 && limit <= API_PAGE_MAX, `must be a whole number from 1 to ${API_PAGE_MAX}`)
    .optional()
    .openapi({ type: 'integer', minimum: 1, maximum: API_PAGE_MAX, default: API_PAGE_DEFAULT }),
  cursor: z.string().min(1).max(200).optional().openapi({ description: 'next_cursor of the page before.' }),
});
const day = /^[0-9]{4}-[0-9]{2}-[0-9]{2}$/;
const timeOrDay = z
  .string()
  .max(40)
  .refine(
    (text) => (day.test(text) ? !Number.isNaN(Date.parse(`${text}T00:00:00Z`)) : timeIn.safeParse(text).success),
    'must be a day such as 2026-11-25 or an RFC 3339 time, in UTC',
  )
  .transform((text) => Date.parse(day.test(text) ? `${text}T00:00:00Z` : text));
export const cdrQuery = z.strictObject({
  from: timeOrDay.openapi({ type: 'string', description: 'Accepted at or after.', example: '2026-11-01' }),
  to: timeOrDay.openapi({ type: 'string', description: 'Accepted before.', example: '2026-12-01' }),
  account: z.string().min(1).max(32).optional(),
});
export const noQuery = z.strictObject({});

export const idParam = z.object({ id: z.string().openapi({ example: 'msg_01h2hfbp4jfaxrvkka2e74s581' }) });
export const nameParam = z.object({ name: z.string().openapi({ example: 'demo' }) });
export const idempotencyHeader = z.object({
  'idempotency-key': z.string().optional().openapi({
    description: 'Quoted string or token, 1 to 255 characters; remembered for 24 hours.',
    example: '"8e03978e"',
  }),
});

// Answers.

const timeOut = z.iso.datetime();
const moneyOut = z
  .object({ amount: z.string(), currency: z.string() })
  .openapi('Money', { example: { amount: '0.0450', currency: 'EUR' } });
const state = z.enum(stateNames).openapi('MessageState');

export const accepted = z
  .object({
    id: z.string(),
    state,
    to: z.string(),
    from: z.string(),
    reference: z.string().nullable(),
    segments: z.int(),
    price: moneyOut.openapi({ description: 'For the whole message; held until the supplier has taken it.' }),
  })
  .openapi('AcceptedMessage');

const fieldError = z.object({ pointer: z.string(), message: z.string() });
export const problemOut = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    code: z.string(),
    errors: z.array(fieldError).optional(),
    retry_after_s: z.int().optional(),
    request_id: z.string().optional(),
  })
  .openapi('Problem', { description: 'RFC 9457' });

export const batchOut = z
  .object({
    accepted: z.int(),
    refused: z.int(),
    results: z
      .array(z.union([z.object({ ok: accepted }), z.object({ error: problemOut })]))
      .openapi({ description: 'One for each message, in the order of the request.' }),
  })
  .openapi('BatchResult');

export const messageOut = z
  .object({
    id: z.string(),
    state,
    final: z.boolean(),
    to: z.string(),
    from: z.string(),
    reference: z.string().nullable(),
    lane,
    purpose: z.string().nullable().openapi({ description: "null: the account's own" }),
    segments: z.int(),
    price: moneyOut,
    charged: moneyOut,
    accepted_at: timeOut,
    schedule_at: timeOut.nullable(),
    valid_until: timeOut,
    done_at: timeOut.nullable(),
    possible_duplicate: z.boolean(),
  })
  .openapi('Message');
export const messageListOut = z
  .object({ data: z.array(messageOut), next_cursor: z.string().nullable() })
  .openapi('MessageList');
export const cancelledOut = z.object({ id: z.string(), state: z.literal('deleted') }).openapi('CancelledMessage');

const balanceMembers = {
  account: z.string(),
  balance: moneyOut,
  held: moneyOut,
  credit_limit: moneyOut,
  available: moneyOut,
};
export const balanceOut = z.object(balanceMembers).openapi('Balance');
export const accountOut = z
  .object({
    ...balanceMembers,
    enabled: z.boolean(),
    throughput: z.int().openapi({ description: 'Segments per second; 0: no limit.' }),
    suspended: z.boolean(),
    binds: z.int(),
    open_messages: z.int(),
    waiting_receipts: z.int(),
  })
  .openapi('Account');
export const creditOut = balanceOut.extend({ repeated: z.boolean() }).openapi('Credited');
export const cancelledAllOut = z.object({ account: z.string(), cancelled: z.int() }).openapi('CancelledMessages');
export const linkOut = z
  .object({
    name: z.string(),
    state: z.enum(['up', 'slow', 'down', 'paused', 'draining', 'refused', 'disconnected']),
    reason: z.string(),
    queued: z.object({ pin: z.int(), normal: z.int(), bulk: z.int() }),
    in_flight: z.int(),
  })
  .openapi('Link');
export const linkListOut = z.object({ data: z.array(linkOut) });
export const accountListOut = z.object({ data: z.array(accountOut) });
export const statusOut = z
  .object({
    name: z.string(),
    ready: z.boolean(),
    reason: z.string(),
    started_at: timeOut,
    open_messages: z.int(),
    binds: z.int(),
    letter_bytes: z.number(),
    resident_bytes: z.number(),
    journal: z.object({ syncs: z.number(), batches: z.number(), file_bytes: z.number() }),
    links: z.array(linkOut),
    accounts: z.array(accountOut),
  })
  .openapi('Status');
export const traceOut = z
  .object({
    account: z.string(),
    message: messageOut,
    steps: z.array(z.object({ at: timeOut, step: z.string(), link: z.string().nullable(), reason: z.string() })),
  })
  .openapi('Trace');
export const readyOut = z.object({ ready: z.boolean(), reason: z.string() }).openapi('Readiness');
