// Another SMS gateway as an upstream, for tests of bind mode.
import type { BindUpstream } from '../../src/guard/config.ts';

export const kannel: BindUpstream = {
  mode: 'bind',
  name: 'kannel',
  systemId: 'kannel',
  password: 'secret',
  link: 'a',
  account: 'legacy',
  allowedSenders: ['ACME', '4179*'],
  purpose: 'alerts',
  lane: 1,
  defaultValidityMs: 3_600_000,
  graceMs: 86_400_000,
  defaultAlphabet: 'gsm7',
  allowedAddresses: [],
  maxBinds: 4,
  window: 100,
};
