// The dates in receipt texts: 10, 12 or 14 digits in the supplier's zone, of which 12 may be read in two ways (R24).

/** How to read a supplier's dates. */
export interface ReceiptDates {
  /** The present, ms since the epoch: of two possible readings the nearer one is taken. */
  readonly nowMs: number;
  /** What the supplier's clock is ahead of UTC, in ms. */
  readonly utcOffsetMs: number;
  /** Reading of 12 digits when both are possible and equally near. */
  readonly twelveDigits: 'YYMMDDhhmmss' | 'YYYYMMDDhhmm';
}

/** Two-digit years below this are 20xx, others 19xx (SMPP 3.4 §7.1.1). */
const centuryPivot = 38;
/** Days from the first of January of the year 1 to that of 1970. */
const DAYS_TO_1970 = 719_162;
/** At most, per month. */
const monthDays = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31] as const;

/** `digits` as ms since the epoch; undefined for zeros, `N/A` and all else that is no date. */
export function readReceiptDate(digits: string, dates: ReceiptDates): number | undefined {
  const length = digits.length;
  if ((length !== 10 && length !== 12 && length !== 14) || !onlyDigits(digits)) return undefined;
  const offset = dates.utcOffsetMs;
  if (length === 10) return shift(instant(shortYear(digits), digits, 2), offset);
  if (length === 14) return shift(instant(Number(digits.slice(0, 4)), digits, 4), offset);
  const short = shift(instant(shortYear(digits), digits, 2), offset);
  const long = shift(instant(Number(digits.slice(0, 4)), digits, 4), offset);
  if (short === undefined || long === undefined) return short ?? long;
  const difference = Math.abs(short - dates.nowMs) - Math.abs(long - dates.nowMs);
  if (difference === 0) return dates.twelveDigits === 'YYMMDDhhmmss' ? short : long;
  return difference < 0 ? short : long;
}

function shift(ms: number | undefined, offsetMs: number): number | undefined {
  return ms === undefined ? undefined : ms - offsetMs;
}

function shortYear(digits: string): number {
  const year = two(digits, 0);
  return year < centuryPivot ? 2000 + year : 1900 + year;
}

/** The instant of `year` and the digits MMDDhhmm[ss] from `at` on, as if in UTC; undefined when no calendar has it. */
function instant(year: number, digits: string, at: number): number | undefined {
  const month = two(digits, at);
  const day = two(digits, at + 2);
  const hour = two(digits, at + 4);
  const minute = two(digits, at + 6);
  const second = at + 10 <= digits.length ? two(digits, at + 8) : 0;
  if (year < 1000 || month < 1 || month > 12 || day < 1 || day > monthDays[month - 1]!) return undefined;
  if (month === 2 && day === 29 && !isLeap(year)) return undefined;
  if (hour > 23 || minute > 59 || second > 59) return undefined;
  return (((daysTo(year, month) + day - 1) * 24 + hour) * 60 + minute) * 60_000 + second * 1000;
}

function isLeap(year: number): boolean {
  return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
}

/** Days from 1970-01-01 to the first of a month. A Date for each receipt is a hundredth of the guard's time. */
function daysTo(year: number, month: number): number {
  const before = year - 1;
  const leapDays = Math.floor(before / 4) - Math.floor(before / 100) + Math.floor(before / 400);
  let days = before * 365 + leapDays - DAYS_TO_1970;
  for (let m = 1; m < month; m++) days += m === 2 && isLeap(year) ? 29 : m === 2 ? 28 : monthDays[m - 1]!;
  return days;
}

function two(digits: string, at: number): number {
  return (digits.charCodeAt(at) - 0x30) * 10 + digits.charCodeAt(at + 1) - 0x30;
}

function onlyDigits(text: string): boolean {
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code < 0x30 || code > 0x39) return false;
  }
  return true;
}
