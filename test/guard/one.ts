// One link, one supplier, one gateway: what most tests of orders need.
import { LinkState } from '../../src/smpp/vendor.ts';
import { Gateway, Supplier } from './peers.ts';
import { linkConfig, runGuard, until } from './rig.ts';

/** A guard with one link between a supplier and a gateway, all bound. */
export async function setUp(more: Parameters<typeof linkConfig>[2] = {}) {
  const supplier = new Supplier();
  const port = await supplier.open();
  const running = await runGuard({ links: [linkConfig('a', port, more)] });
  const gateway = new Gateway(running.port, 'gateway/a');
  await until('the link is up', () => gateway.states.at(-1)?.state === LinkState.up);
  return {
    supplier,
    running,
    gateway,
    async end() {
      await gateway.stop();
      await running.stop();
      await supplier.server?.close();
    },
  };
}
