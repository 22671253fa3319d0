// Times on the wire (SMPP 3.4 §7.1.1, 5.0 §4.7.23; R18): absolute with a zone, relative, and none. Text to value and back.
// The calendar is computed here: no Date, no zone of the machine, no clock.

/** A parsed schedule_delivery_time, validity_period or final_date. */
export type SmppTime =
  | { readonly kind: 'none' }
  | { readonly kind: 'absolute'; readonly utcMs: number }
  | RelativeTime
  | { readonly kind: 'invalid'; readonly reason: 'length' | 'digits' | 'calendar' | 'zone' | 'sign' };

/** Calendar years and months, then days, hours, minutes and seconds from now. All zero: the MC's default. */
export interface RelativeTime {
  readonly kind: 'relative';
  readonly years: number;
  readonly months: number;
  readonly days: number;
  readonly hours: number;
  readonly minutes: number;
  readonly seconds: number;
}

export interface TimeOptions {
  /** Two-digit years below it are 20xx, from it on 19xx; the standard says 38. */
  readonly pivotYear?: number;
  /** Also take 12 characters `YYMMDDhhmmss` as UTC, as many peers write. */
  readonly lenient?: boolean;
}

const NONE: SmppTime = Object.freeze({ kind: 'none' });
const STANDARD: TimeOptions = Object.freeze({});
const DEFAULT_PIVOT_YEAR = 38;
const DAY_MS = 86_400_000;
const QUARTER_HOUR_MS = 900_000;
/** 5.0 §4.7.23.3: an offset is at most 48 quarter-hours. */
const MAX_QUARTERS = 48;
/** The longest duration that days, hours, minutes and seconds can say. */
const MAX_RELATIVE_S = 100 * 86_400 - 1;

function invalid(reason: 'length' | 'digits' | 'calendar' | 'zone' | 'sign'): SmppTime {
  return { kind: 'invalid', reason };
}

/** Reads `''`, 16 characters `YYMMDDhhmmsstnnp`, or 12 with `lenient`. Never throws. */
export function parseTime(text: string, options: TimeOptions = STANDARD): SmppTime {
  if (text === '') return NONE;
  const short = text.length === 12 && options.lenient === true;
  if (text.length !== 16 && !short) return invalid('length');
  const digits = short ? 12 : 15;
  for (let i = 0; i < digits; i++) {
    const c = text.charCodeAt(i);
    if (c < 0x30 || c > 0x39) return invalid('digits');
  }
  const sign = short ? '+' : text[15];
  const yy = pair(text, 0);
  const month = pair(text, 2);
  const day = pair(text, 4);
  const hours = pair(text, 6);
  const minutes = pair(text, 8);
  const seconds = pair(text, 10);
  if (sign === 'R') return { kind: 'relative', years: yy, months: month, days: day, hours, minutes, seconds };
  if (sign !== '+' && sign !== '-') return invalid('sign');
  const quarters = short ? 0 : pair(text, 13);
  if (quarters > MAX_QUARTERS) return invalid('zone');
  const year = yy + (yy < (options.pivotYear ?? DEFAULT_PIVOT_YEAR) ? 2000 : 1900);
  if (month < 1 || month > 12 || day < 1 || day > daysIn(year, month)) return invalid('calendar');
  if (hours > 23 || minutes > 59 || seconds > 59) return invalid('calendar');
  const tenths = short ? 0 : text.charCodeAt(12) - 0x30;
  const local =
    daysSinceEpoch(year, month, day) * DAY_MS + ((hours * 60 + minutes) * 60 + seconds) * 1000 + tenths * 100;
  // '+': local time is ahead of UTC.
  return {
    kind: 'absolute',
    utcMs: sign === '+' ? local - quarters * QUARTER_HOUR_MS : local + quarters * QUARTER_HOUR_MS,
  };
}

/**
 * The moment meant, in ms since the epoch; null where the MC's default is meant (none, or relative with all zero) and for
 * invalid times. Months that lack the day of `nowMs` end on their last day.
 */
export function toAbsoluteMs(time: SmppTime, nowMs: number): number | null {
  if (time.kind === 'absolute') return time.utcMs;
  if (time.kind !== 'relative') return null;
  const { years, months, days, hours, minutes, seconds } = time;
  if (years + months + days + hours + minutes + seconds === 0) return null;
  let from = nowMs;
  if (years + months > 0) {
    const today = Math.floor(nowMs / DAY_MS);
    const [year, month, day] = civil(today);
    const total = month - 1 + months;
    const newYear = year + years + Math.floor(total / 12);
    const newMonth = (total % 12) + 1;
    from =
      daysSinceEpoch(newYear, newMonth, Math.min(day, daysIn(newYear, newMonth))) * DAY_MS + (nowMs - today * DAY_MS);
  }
  return from + days * DAY_MS + ((hours * 60 + minutes) * 60 + seconds) * 1000;
}

/**
 * 16 characters for a moment, in a zone `quarterHours` ahead of UTC (negative: behind); tenths are cut. Null for a year
 * that two digits with this pivot cannot say, and for a zone beyond 48.
 */
export function formatAbsolute(utcMs: number, quarterHours = 0, pivotYear = DEFAULT_PIVOT_YEAR): string | null {
  const local = Math.floor(utcMs / 100) * 100 + quarterHours * QUARTER_HOUR_MS;
  const today = Math.floor(local / DAY_MS);
  const [year, month, day] = civil(today);
  if (!(year >= 1900 + pivotYear && year < 2000 + pivotYear) || !(Math.abs(quarterHours) <= MAX_QUARTERS)) return null;
  const ms = local - today * DAY_MS;
  const seconds = Math.floor(ms / 1000);
  const tenths = Math.floor((ms % 1000) / 100);
  const clock = two(Math.floor(seconds / 3600)) + two(Math.floor(seconds / 60) % 60) + two(seconds % 60);
  return `${two(year % 100)}${two(month)}${two(day)}${clock}${tenths}${two(Math.abs(quarterHours))}${quarterHours < 0 ? '-' : '+'}`;
}

/**
 * 16 relative characters for a duration, rounded up to seconds and at least one second, since zero means the MC's
 * default. Null above 99 days 23:59:59: months are no fixed duration.
 */
export function formatRelative(durationMs: number): string | null {
  const total = Math.max(1, Math.ceil(durationMs / 1000));
  if (!(total <= MAX_RELATIVE_S)) return null;
  const rest = total % 86_400;
  return `0000${two(Math.floor(total / 86_400))}${two(Math.floor(rest / 3600))}${two(Math.floor(rest / 60) % 60)}${two(rest % 60)}000R`;
}

function pair(text: string, at: number): number {
  return (text.charCodeAt(at) - 0x30) * 10 + text.charCodeAt(at + 1) - 0x30;
}

function two(value: number): string {
  return value < 10 ? `0${value}` : `${value}`;
}

function daysIn(year: number, month: number): number {
  if (month === 2) return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28;
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
}

// Proleptic Gregorian day numbers, with years that begin in March so that the leap day comes last.
function daysSinceEpoch(year: number, month: number, day: number): number {
  const y = month <= 2 ? year - 1 : year;
  const era = Math.floor(y / 400);
  const yearOfEra = y - era * 400;
  const dayOfYear = Math.floor((153 * (month > 2 ? month - 3 : month + 9) + 2) / 5) + day - 1;
  return (
    era * 146_097 + yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear - 719_468
  );
}

function civil(days: number): readonly [year: number, month: number, day: number] {
  const shifted = days + 719_468;
  const era = Math.floor(shifted / 146_097);
  const dayOfEra = shifted - era * 146_097;
  const yearOfEra = Math.floor(
    (dayOfEra - Math.floor(dayOfEra / 1460) + Math.floor(dayOfEra / 36_524) - Math.floor(dayOfEra / 146_096)) / 365,
  );
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const shiftedMonth = Math.floor((5 * dayOfYear + 2) / 153);
  const month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9;
  return [
    yearOfEra + era * 400 + (month <= 2 ? 1 : 0),
    month,
    dayOfYear - Math.floor((153 * shiftedMonth + 2) / 5) + 1,
  ];
}
