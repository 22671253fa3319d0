// The law of money that holds at every moment: no balance below its limit, no negative hold, books that sum to zero.
import type { AccountPlan } from './plan.ts';
import type { RunningGateway } from './programs.ts';
import { LawBroken } from './trace.ts';

export function judgeMoney({ gateway, service }: RunningGateway, accounts: readonly AccountPlan[]): void {
  accounts.forEach(({ name }, index) => {
    const { balance, held, creditLimit } = service.balance({ name, index });
    if (balance - held < -creditLimit && held >= 0)
      throw new LawBroken('5 money', `${name}: ${balance} with ${held} held is below the limit ${-creditLimit}`);
    if (held < 0) throw new LawBroken('5 money', `${name} holds ${held}`);
  });
  for (const { currency } of gateway.core.config.priceLists) {
    if (gateway.core.ledger.sum(currency) !== 0)
      throw new LawBroken('5 money', `the books of ${currency} do not sum to zero`);
  }
}
