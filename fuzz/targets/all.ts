// All in-process fuzzers by name.
import { config, http, proxy } from './inputs.ts';
import { messages, mos } from './letters.ts';
import { batches, guardRecords, leaves, seals } from './records.ts';
import type { Target } from './target.ts';
import { headers, names, receipts, texts, times } from './texts.ts';
import { decoder, framing, outcomes } from './wire.ts';

export const targets: readonly Target[] = [
  ...[decoder, framing, outcomes],
  ...[receipts, headers, texts, times, names],
  ...[http, config, proxy],
  ...[guardRecords, batches, leaves, seals, messages, mos],
];
