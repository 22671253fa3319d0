// Which of a link's binds takes the next message: one after the other, as long as they have room.
import type { LinkBind } from './linkBind.ts';
import type { Link } from './links.ts';

export class BindTurn {
  #next = 0;

  /** The next bind in turn that has room for a message of so many segments; null: none has. */
  free(link: Link, segments: number): LinkBind | null {
    const { binds } = link;
    const count = binds.size;
    let place = 0;
    let best: LinkBind | null = null;
    for (const bind of binds) {
      const mine = place++;
      if (!bind.sends || bind.sending !== null || bind.peer.room < Math.min(segments, link.config.window)) continue;
      if (mine >= this.#next) {
        this.#next = mine + 1 >= count ? 0 : mine + 1;
        return bind;
      }
      best ??= bind;
    }
    if (best !== null) this.#next = 1;
    return best;
  }
}
