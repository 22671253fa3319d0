// Formats inside of messages: receipts, user data headers, alphabets, cutting and joining, times, numbers, ids.
import assert from 'node:assert/strict';
import { readUdh } from '../../src/egress/udh.ts';
import { partOfHeader, planBody } from '../../src/gateway/bodies.ts';
import { classifySender, INTERNATIONAL_ONLY, normaliseDestination } from '../../src/numbering/address.ts';
import { inBlocks } from '../../src/numbering/cidr.ts';
import { formatAbsolute, parseTime, toAbsoluteMs } from '../../src/smpp/time.ts';
import { Joiner } from '../../src/sms/join.ts';
import { type IdBase, indexKey, lookupKeys, matchRank } from '../../src/sms/messageId.ts';
import { mergeReceipt, parseCsvReceipt, parseReceipt, receiptOctetsToText } from '../../src/sms/receipt.ts';
import { splitOctets, splitText } from '../../src/sms/split.ts';
import { buildUdh, parseUdh } from '../../src/sms/udh.ts';
import { mixture, noise, pick, spoil, type Target } from './target.ts';

const NOW = Date.UTC(2026, 10, 25);
const LABELS =
  'id: sub: dlvrd: submit|date: done|date: stat: err: text: ID: Stat: DELIVRD UNDELIV 000 001 2609211234 20260921123456'
    .split(' ')
    .map((word) => word.replace('|', ' '));

/** Every receipt text reads as something whose parts stand in it; the state is a known one. */
export const receipts: Target = {
  name: 'receipts',
  few: 3000,
  prepare: () => ({
    draw(chance) {
      const input = mixture([...LABELS, ...LABELS, ' ', ' ', ',', '\0'], chance, 40);
      return {
        input,
        check() {
          const dates = { nowMs: NOW, utcOffsetMs: 3_600_000, twelveDigits: 'YYMMDDhhmmss' } as const;
          const read = parseReceipt(input, dates);
          for (const part of [read.id, read.sub, read.stat, read.err])
            assert.ok(part === undefined || input.includes(part));
          for (const ms of [read.submitMs, read.doneMs]) assert.ok(ms === undefined || Number.isSafeInteger(ms));
          assert.ok(read.state === undefined || (read.state >= 0 && read.state <= 9));
          parseCsvReceipt(input, dates);
          mergeReceipt(read, {
            receiptedMessageId: input.slice(0, 20),
            messageState: input.length,
            networkErrorType: undefined,
            networkErrorCode: undefined,
          });
          receiptOctetsToText(Buffer.from(input, 'utf8'), input.length & 0xff);
        },
      };
    },
  }),
};

/** Both readers of headers stay inside of the octets, agree on the length, and read alike what one of them wrote. */
export const headers: Target = {
  name: 'udh',
  few: 4000,
  prepare: () => ({
    draw(chance) {
      const total = 1 + chance.below(255);
      const seq = 1 + chance.below(total);
      const bits = pick(chance, [8, 16] as const);
      const right = buildUdh({
        ...(chance.below(3) > 0 ? { concat: { bits, ref: chance.below(bits === 8 ? 256 : 65_536), total, seq } } : {}),
        ...(chance.below(4) === 0 ? { singleShift: chance.below(14), lockingShift: chance.below(14) } : {}),
      });
      const body = Buffer.concat([right, noise(chance, chance.below(20))]);
      const input = chance.below(4) === 0 ? noise(chance, chance.below(24)) : spoil(body, chance);
      return {
        input,
        check() {
          const facts = readUdh(input, 0, input.length);
          const udh = parseUdh(input);
          assert.ok(facts.octets <= input.length);
          if (!udh.ok) {
            assert.notEqual(facts.denial, null, 'what one cannot read the other does not let out');
            return;
          }
          assert.ok(udh.value.length <= input.length);
          for (const element of udh.value.elements) assert.ok(element.data.length < udh.value.length);
          if (facts.denial === null && !facts.repeated && facts.total > 0 && udh.value.concat !== undefined)
            assert.deepEqual(
              [udh.value.concat.ref, udh.value.concat.total, udh.value.concat.seq],
              [facts.reference, facts.total, facts.sequence],
            );
          partOfHeader(0x40, input);
        },
      };
    },
  }),
};

const ALPHABETS = ['gsm7', 'gsm7-packed', 'latin1', 'ascii'] as const;
const LETTERS = ['a', 'é', '€', '[', 'ж', '漢', '😀', 'ş', ' ', '\n'];

/** Any body in any data_coding is planned or refused; any text is cut into parts that fit and join to the same octets. */
export const texts: Target = {
  name: 'texts',
  few: 1500,
  prepare: () => ({
    draw(chance) {
      const input = noise(chance, chance.below(chance.below(4) === 0 ? 2000 : 200));
      const text = mixture(LETTERS, chance, 400);
      const dataCoding = chance.below(256);
      const udhi = chance.below(3) === 0;
      const alphabet = pick(chance, ALPHABETS);
      const ref = chance.below(65_536);
      return {
        input,
        check() {
          const planned = planBody(udhi ? 0x40 : 0, dataCoding, input, alphabet, [1, 2]);
          if (typeof planned !== 'string') assert.ok(planned.segments >= 1 && planned.segments <= 255);
          const split = splitOctets(dataCoding, input, udhi, ref);
          // Septets stand unpacked in the octets of a part: 160 of them are 140 octets on the air.
          if (split.ok) for (const part of split.value.parts) assert.ok(part.length <= 160);
          const cut = splitText(text, ref);
          assert.ok(cut.ok);
          const joiner = new Joiner<number>({ openSets: 4, octets: 1_000_000, waitMs: 1000, rememberMs: 1000 });
          const { parts } = cut.value;
          if (parts.length === 1) return;
          const key = {
            group: 'g',
            source: 's',
            destination: 'd',
            kind: 8,
            ref: ref & 0xff,
            total: parts.length,
          } as const;
          const bodies = parts.map((part) => part.subarray(1 + (part[0] as number)));
          let whole: Buffer | null = null;
          for (const [i, body] of bodies.entries()) {
            const outcome = joiner.offer(key, i + 1, body, i, NOW);
            if (outcome.code === 'complete') whole = outcome.joined.octets;
          }
          assert.ok(whole?.equals(Buffer.concat(bodies)));
        },
      };
    },
  }),
};

/** Times read or are told why not; what reads as an instant is written and read as the same. */
export const times: Target = {
  name: 'times',
  few: 4000,
  prepare: () => ({
    draw(chance) {
      const digits = Array.from({ length: pick(chance, [12, 15, 15, 15, 14]) }, () =>
        chance.below(chance.below(3) === 0 ? 10 : 2),
      );
      const input =
        chance.below(8) === 0
          ? mixture(['0', '1', '+', 'R'], chance, 17)
          : digits.join('') + pick(chance, ['+', '-', 'R', '', 'x']);
      return {
        input,
        check() {
          const time = parseTime(input, { lenient: chance.below(2) === 0 });
          const at = toAbsoluteMs(time, NOW);
          assert.equal(at === null, time.kind === 'none' || time.kind === 'invalid');
          if (at === null) return;
          assert.ok(Number.isSafeInteger(at));
          const written = time.kind === 'absolute' ? formatAbsolute(at) : null;
          if (written !== null) assert.equal(toAbsoluteMs(parseTime(written), NOW), Math.floor(at / 100) * 100);
        },
      };
    },
  }),
};

const BASES: readonly IdBase[] = ['text', 'dec', 'hex'];

/** Numbers, senders, address blocks and message ids as peers may write them. */
export const names: Target = {
  name: 'names',
  few: 4000,
  prepare: () => ({
    draw(chance) {
      const input = mixture(['0', '00', '49', '7', '+', ' ', '-', '(', ')', 'a', 'F', '::', '.', '/', '1'], chance, 24);
      const [ton, npi] = [chance.below(8), chance.below(20)];
      const other = chance.below(2) === 0 ? input.toUpperCase() : `0${input}`;
      const [resp, receipt] = [pick(chance, BASES), pick(chance, BASES)];
      return {
        input,
        check() {
          const number = normaliseDestination(input, ton, npi, INTERNATIONAL_ONLY);
          if (number.ok) {
            assert.match(number.value, /^[1-9][0-9]{6,14}$/);
            assert.deepEqual(normaliseDestination(number.value, 1, 1, INTERNATIONAL_ONLY), number);
          }
          const sender = classifySender(input, ton, npi);
          if (sender.ok) assert.ok(sender.value.address.length <= 20);
          inBlocks(input, [other, '10.0.0.0/8', '::/0']);
          const rank = matchRank(input, other, resp, receipt);
          // What agrees must be found: one of the look-up's keys is that under which the answer's id stands.
          if (rank !== undefined) assert.ok(lookupKeys(other, resp, receipt).includes(indexKey(input)));
        },
      };
    },
  }),
};
