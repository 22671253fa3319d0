// How behaviour is written by people: `5-20ms`, `lognormal:10ms,0.5`, `DELIVRD=95,UNDELIV=5`, `0=99,0x58=1`,
// `lies=0.01,never-answers=0.001`. Used by flags, YAML and `PATCH /settings` alike. Faults say what would be right.
import { type ConfigFault, err, ok, type Result } from '../base/result.ts';
import type { Distribution, Weighted } from './chance.ts';
import { type Behaviour, receiptStates } from './config.ts';
import { type FaultName, type FaultRates, faultNames, faults } from './faults.ts';

const UNITS: { readonly [unit: string]: number } = { ms: 1, s: 1000, m: 60_000 };
/** Longest delay that may be asked for: a day. */
const DELAY_MAX_MS = 86_400_000;
/** Default cut of a lognormal delay, in medians. */
const LOGNORMAL_CUT = 100;

/** `250ms`, `1.5s`, `2m`, or a bare number of milliseconds. */
export function parseDuration(text: string): Result<number, string> {
  const match = /^([0-9]+(?:\.[0-9]+)?)(ms|s|m)?$/.exec(text.trim());
  const ms = match === null ? Number.NaN : Number(match[1]) * (UNITS[match[2] ?? 'ms'] as number);
  if (!(ms <= DELAY_MAX_MS)) return err(`"${text}" is no duration up to a day; write 250ms, 1.5s or 2m`);
  return ok(ms);
}

/** A fixed duration, `A-B` for uniform, or `lognormal:MEDIAN,SIGMA[,MAX]`. */
export function parseDistribution(text: string): Result<Distribution, string> {
  const lognormal = /^lognormal:([^,]+),([0-9.]+)(?:,(.+))?$/.exec(text.trim());
  if (lognormal !== null) {
    const median = parseDuration(lognormal[1] as string);
    if (!median.ok) return median;
    const sigma = Number(lognormal[2]);
    if (!(sigma >= 0 && sigma <= 5)) return err(`sigma of "${text}" must be a number from 0 to 5`);
    const max = lognormal[3] === undefined ? ok(median.value * LOGNORMAL_CUT) : parseDuration(lognormal[3]);
    if (!max.ok) return max;
    return ok({ kind: 'lognormal', medianMs: median.value, sigma, maxMs: max.value });
  }
  const range = /^([0-9.]+)(ms|s|m)?-([0-9.]+)(ms|s|m)?$/.exec(text.trim());
  if (range === null) {
    const fixed = parseDuration(text);
    return fixed.ok
      ? ok({ kind: 'fixed', ms: fixed.value })
      : err(`"${text}" is no delay; write 10ms, 5-20ms or lognormal:10ms,0.5`);
  }
  const toUnit = range[4] ?? 'ms';
  const from = parseDuration(`${range[1]}${range[2] ?? toUnit}`);
  const to = parseDuration(`${range[3]}${toUnit}`);
  if (!from.ok) return from;
  if (!to.ok) return to;
  if (from.value > to.value) return err(`"${text}" begins above its end`);
  return ok({ kind: 'uniform', fromMs: from.value, toMs: to.value });
}

/** `VALUE=WEIGHT,…`; a value alone has weight 1. `read` turns a value's text into the value, or says why not. */
export function parseWeights(
  text: string,
  read: (value: string) => Result<number, string>,
): Result<Weighted<number>, string> {
  const choices: { value: number; weight: number }[] = [];
  for (const part of text.split(',')) {
    const [name = '', weightText = '1'] = part.split('=');
    const value = read(name.trim());
    if (!value.ok) return value;
    const weight = Number(weightText);
    if (!(weight >= 0 && weight < 1e9)) return err(`weight of "${part}" must be a number from 0 up`);
    choices.push({ value: value.value, weight });
  }
  if (!choices.some(({ weight }) => weight > 0)) return err(`"${text}" has no weight above 0`);
  return ok(choices);
}

/** A command_status, decimal or 0x…. */
export function readStatus(text: string): Result<number, string> {
  const status = /^(0x[0-9a-f]{1,8}|[0-9]{1,10})$/i.test(text) ? Number(text) : Number.NaN;
  return status <= 0xffffffff ? ok(status) : err(`"${text}" is no command_status; write 0, 88 or 0x58`);
}

/** A receipt's word. */
export function readReceiptState(text: string): Result<number, string> {
  const known = receiptStates.find(({ word }) => word === text.toUpperCase());
  return known !== undefined
    ? ok(known.state)
    : err(`"${text}" is no receipt state; one of ${receiptStates.map(({ word }) => word).join(', ')}`);
}

/** `NAME=RATE,…`; a name alone always happens; `none` or nothing for none. */
export function parseFaults(text: string): Result<FaultRates, string> {
  const rates: { [name in FaultName]?: number } = {};
  for (const part of text.split(',').map((one) => one.trim())) {
    if (part === '' || part === 'none') continue;
    const [name = '', rateText = '1'] = part.split('=');
    if (!isFault(name)) return err(`no misbehaviour "${name}"; one of ${faultNames.join(', ')}`);
    const rate = Number(rateText);
    if (!(rate >= 0 && rate <= 1)) return err(`rate of "${part}" must be a number from 0 to 1`);
    rates[name] = rate;
  }
  return ok(rates);
}

function isFault(name: string): name is FaultName {
  return Object.hasOwn(faults, name);
}

/** The names under which behaviour is set, with what reads each. */
const fields: { readonly [name: string]: (text: string) => Result<Partial<Behaviour>, string> } = {
  latency: (text) => into('latency', parseDistribution(text)),
  'receipt-delay': (text) => into('receiptDelay', parseDistribution(text)),
  statuses: (text) => into('statuses', parseWeights(text, readStatus)),
  receipts: (text) => into('receipts', parseWeights(text, readReceiptState)),
  misbehave: (text) => into('faults', parseFaults(text)),
  'slow-accept': (text) => into('slowAcceptMs', parseDuration(text)),
  'slow-read': (text) => into('slowReadBytesPerSecond', readRate(text, 1)),
  'mo-rate': (text) => into('moPerSecond', readRate(text, 0)),
};

export const behaviourNames = Object.keys(fields);

/** `base` with what `settings` (name → text) changes; every fault at once. */
export function applySettings(
  base: Behaviour,
  settings: { readonly [name: string]: string },
): Result<Behaviour, ConfigFault[]> {
  let behaviour = base;
  const found: ConfigFault[] = [];
  for (const [name, text] of Object.entries(settings)) {
    const field = Object.hasOwn(fields, name) ? fields[name] : undefined;
    const change = field === undefined ? err(`no such setting; one of ${behaviourNames.join(', ')}`) : field(text);
    if (change.ok) behaviour = { ...behaviour, ...change.value };
    else found.push({ path: name, message: change.error });
  }
  return found.length === 0 ? ok(behaviour) : err(found);
}

function into<K extends keyof Behaviour>(
  key: K,
  value: Result<Behaviour[K], string>,
): Result<Partial<Behaviour>, string> {
  if (!value.ok) return value;
  const change: Partial<Behaviour> = {};
  return ok(Object.assign(change, { [key]: value.value }));
}

function readRate(text: string, least: number): Result<number, string> {
  const rate = Number(text);
  return text.trim() !== '' && rate >= least && rate <= 1e6
    ? ok(rate)
    : err(`"${text}" must be a number from ${least} to 1000000`);
}
