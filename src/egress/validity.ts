// validity_period as it leaves: relative, whole seconds, one spelling per duration (SMPP 3.4 §7.1.1.2). Only the form
// that the allow-list knows; what customers write is read elsewhere.

import { VALIDITY_MAX_S, VALIDITY_MIN_S } from '../base/limits.ts';

/** The 16 characters `0000DDhhmmss000R` for a duration in seconds, clamped to what may leave (5 min … 72 h). */
export function formatValidity(seconds: number): string {
  const clamped = Math.min(VALIDITY_MAX_S, Math.max(VALIDITY_MIN_S, Math.floor(seconds)));
  const days = Math.floor(clamped / 86_400);
  const hours = Math.floor(clamped / 3600) % 24;
  const minutes = Math.floor(clamped / 60) % 60;
  const rest = clamped % 60;
  return `0000${two(days)}${two(hours)}${two(minutes)}${two(rest)}000R`;
}

/** Seconds of a validity in exactly the form of `formatValidity` and within its bounds, or −1. */
export function readValidity(text: string): number {
  if (text.length !== 16 || !text.startsWith('0000') || !text.endsWith('000R')) return -1;
  const days = pair(text, 4);
  const hours = pair(text, 6);
  const minutes = pair(text, 8);
  const rest = pair(text, 10);
  if (days < 0 || hours < 0 || hours > 23 || minutes < 0 || minutes > 59 || rest < 0 || rest > 59) return -1;
  const seconds = days * 86_400 + hours * 3600 + minutes * 60 + rest;
  return seconds < VALIDITY_MIN_S || seconds > VALIDITY_MAX_S ? -1 : seconds;
}

function two(value: number): string {
  return value < 10 ? `0${value}` : `${value}`;
}

function pair(text: string, at: number): number {
  const high = text.charCodeAt(at) - 48;
  const low = text.charCodeAt(at + 1) - 48;
  return high < 0 || high > 9 || low < 0 || low > 9 ? -1000 : high * 10 + low;
}
