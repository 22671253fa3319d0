// Do gateway.yaml and guard.yaml fit each other? Each is right by itself and they still cannot meet: another name, password or
// secret, a link that the guard does not have. Neither program may read the other's file, so only `config check`, run by a
// person who may read both, can tell.
import type { ConfigFault } from '../base/result.ts';
import type { GatewayConfig } from '../gateway/config.ts';
import type { GuardConfig } from '../guard/config.ts';

/** What in the gateway's file does not meet the guard's; paths are those of gateway.yaml. */
export function misfits(gateway: GatewayConfig, guard: GuardConfig): ConfigFault[] {
  const faults: ConfigFault[] = [];
  const add = (path: string, message: string): void => void faults.push({ path, message });
  const { upstream: name, password, tokenSecret, responseTimerMs, host, port } = gateway.guard;
  const tokenNames = guard.upstreams.filter((one) => one.mode === 'token').map((one) => one.name);
  const upstream = guard.upstreams.find((one) => one.mode === 'token' && one.name === name);
  if (upstream?.mode !== 'token')
    add('guard.upstream', `guard.yaml has no upstream "${name}" of mode token; known: ${tokenNames.join(', ')}`);
  else {
    if (upstream.password !== password) add('guard.password', 'is not the password of that upstream in guard.yaml');
    if (!upstream.tokenSecret.equals(tokenSecret))
      add('guard.token_secret', 'is not the token_secret of that upstream in guard.yaml: no order would be believed');
  }
  for (const [i, link] of gateway.links.entries()) {
    const known = guard.links.find((one) => one.name === link.name);
    if (known === undefined) add(`links[${i}].name`, `guard.yaml has no link "${link.name}"`);
    else if (upstream?.mode === 'token' && upstream.links.length > 0 && !upstream.links.includes(link.name))
      add(`links[${i}].name`, `guard.yaml does not let upstream "${name}" use link "${link.name}"`);
    if (known !== undefined && known.responseTimerMs >= responseTimerMs)
      add('guard.response_timer', `must be longer than response_timer of link "${link.name}" in guard.yaml`);
  }
  if (isLoopback(host) && !guard.listen.some((one) => one.port === port))
    add('guard.address', `guard.yaml does not listen on port ${port}`);
  return faults;
}

/** Elsewhere another port may be forwarded to the guard's. */
function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || host.startsWith('127.');
}
