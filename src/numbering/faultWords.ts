// Why an address is none, in words that a customer reads behind "the destination" or "the sender". No address is repeated.
import type { DestinationFault, SenderFault } from './address.ts';

export const DESTINATION_FAULT_WORDS: { readonly [fault in DestinationFault]: string } = {
  empty: 'is empty',
  character: 'has a character that no number has',
  tooShort: 'has fewer than 7 digits',
  tooLong: 'has more than 15 digits',
  national: 'is a national number, and the account has no rule for those: country code first',
  leadingZero: 'begins with 0: country code first',
  ton: 'has a type of number that is not taken',
  npi: 'has a numbering plan that is not taken',
};

export const SENDER_FAULT_WORDS: { readonly [fault in SenderFault]: string } = {
  ton: 'has a type of number that is not taken',
  character: 'has a character that may not stand there',
  tooShort: 'has too few digits',
  tooLong: 'is longer than 11 characters or 15 digits',
  blank: 'is blank',
};
