// Addresses as customers write them: destinations normalised to E.164 digits, senders classified. Pure knowledge of
// TON/NPI conventions (SMPP 3.4 §5.2.5–5.2.6; reference R19); no numbering plans of countries.

import {
  E164_MAX_DIGITS,
  E164_MIN_DIGITS,
  SENDER_MAX_SEPTETS,
  SHORT_CODE_MAX_DIGITS,
  SHORT_CODE_MIN_DIGITS,
} from '../base/limits.ts';
import { err, ok, type Result } from '../base/result.ts';

/** How an account writes numbers. Digits only; an empty string switches that rule off. */
export type DialRules = {
  /** Country code that completes national numbers, for example `41`; empty: national numbers are refused. */
  readonly countryCode: string;
  /** Trunk prefix in front of national numbers, for example `0`. */
  readonly nationalPrefix: string;
  /** Prefix that means "+", for example `00` or `011`. */
  readonly internationalPrefix: string;
};

/** The rules of an account that has none of its own: international numbers, with or without `+` or `00`. */
export const INTERNATIONAL_ONLY: DialRules = { countryCode: '', nationalPrefix: '', internationalPrefix: '00' };

/** Why a destination is no E.164 number. `ton` and `npi` blame that field, the rest the address itself. */
export type DestinationFault =
  | 'empty'
  | 'character'
  | 'tooShort'
  | 'tooLong'
  | 'national'
  | 'leadingZero'
  | 'ton'
  | 'npi';

const ALL_DIGITS = /^[0-9]+$/;

/**
 * A destination as E.164 digits without `+` (7–15 digits, first one not 0).
 *
 * TON 1 is international already; TON 0 is read by its prefix (`+`, international, national, else international);
 * TON 2 is national. Other types cannot name a subscriber. NPI 0, 1 and 8 are accepted (E.164, or left open).
 * Spaces, dots, hyphens, slashes and parentheses between digits are dropped.
 */
export function normaliseDestination(
  addr: string,
  ton: number,
  npi: number,
  rules: DialRules,
): Result<string, DestinationFault> {
  if (ton !== 0 && ton !== 1 && ton !== 2) return err('ton');
  if (npi !== 0 && npi !== 1 && npi !== 8) return err('npi');
  let digits = addr;
  let plus = false;
  if (!ALL_DIGITS.test(digits)) {
    digits = digits.replace(/[\s().\-/]/g, '');
    plus = digits.startsWith('+');
    if (plus) digits = digits.slice(1);
    if (digits.length === 0) return err('empty');
    if (!ALL_DIGITS.test(digits)) return err('character');
  }
  const { countryCode, nationalPrefix, internationalPrefix } = rules;
  if (!plus && internationalPrefix !== '' && digits.startsWith(internationalPrefix)) {
    digits = digits.slice(internationalPrefix.length);
  } else if (!plus && ton !== 1) {
    const trunk = nationalPrefix !== '' && digits.startsWith(nationalPrefix);
    if (trunk || ton === 2) {
      if (countryCode === '') return err('national');
      digits = countryCode + (trunk ? digits.slice(nationalPrefix.length) : digits);
    }
  }
  if (digits.length < E164_MIN_DIGITS) return err('tooShort');
  if (digits.length > E164_MAX_DIGITS) return err('tooLong');
  if (digits.charCodeAt(0) === 48) return err('leadingZero');
  return ok(digits);
}

/** What a sender is. `none`: the customer gave no source address; the account's default applies. */
export type SenderKind = 'none' | 'alphanumeric' | 'shortCode' | 'international';

/** A sender in canonical form: digits without `+`, or the name as written. */
export type Sender = { readonly kind: SenderKind; readonly address: string };

/** Why a source address is no sender. */
export type SenderFault = 'ton' | 'character' | 'tooShort' | 'tooLong' | 'blank';

// GSM 7-bit default alphabet without its control positions (TS 23.038 §6.2.1) and its extension table (§6.2.1.1).
const GSM_BASIC =
  '@£$¥èéùìòÇØøÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !"#¤%&\'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà';
const GSM_EXTENSION = '^{}\\[~]|€';

/** Septets that a name needs in the GSM default alphabet, or −1 if a character is outside it. */
export function gsmSeptets(name: string): number {
  let septets = 0;
  for (let i = 0; i < name.length; i += 1) {
    const code = name.charCodeAt(i);
    const plain =
      (code >= 48 && code <= 57) || (code >= 65 && code <= 90) || (code >= 97 && code <= 122) || code === 32;
    if (plain) septets += 1;
    else if (GSM_BASIC.includes(name.charAt(i))) septets += 1;
    else if (GSM_EXTENSION.includes(name.charAt(i))) septets += 2;
    else return -1;
  }
  return septets;
}

/**
 * Classifies a source address by its type and its characters. A name may come as TON 5 or, as many customers do it,
 * as TON 0; digits of TON 0 or 1 are international from 9 digits on, shorter ones short codes (R19).
 */
export function classifySender(addr: string, ton: number, npi: number): Result<Sender, SenderFault> {
  if (addr === '') return ok({ kind: 'none', address: '' });
  if (ton < 0 || ton > 6 || npi < 0 || npi > 18) return err('ton');
  const digits = addr.startsWith('+') ? addr.slice(1) : addr;
  const numeric = ALL_DIGITS.test(digits);
  if (ton === 5 || (!numeric && ton === 0)) {
    const septets = gsmSeptets(addr);
    if (septets < 0) return err('character');
    if (septets > SENDER_MAX_SEPTETS) return err('tooLong');
    if (addr.trim() === '') return err('blank');
    return ok({ kind: 'alphanumeric', address: addr });
  }
  if (!numeric) return err('character');
  const plus = digits !== addr;
  if (!plus && ton !== 1 && digits.length <= SHORT_CODE_MAX_DIGITS) {
    if (digits.length < SHORT_CODE_MIN_DIGITS) return err('tooShort');
    return ok({ kind: 'shortCode', address: digits });
  }
  const national = !plus && (ton === 2 || ton === 3 || ton === 4 || ton === 6);
  if (national) return err('ton');
  const bare = !plus && digits.startsWith('00') ? digits.slice(2) : digits;
  if (bare.length < E164_MIN_DIGITS) return err('tooShort');
  if (bare.length > E164_MAX_DIGITS) return err('tooLong');
  if (bare.charCodeAt(0) === 48) return err('character');
  return ok({ kind: 'international', address: bare });
}
