// Answers that wait for a commit: to whom, to which request, with what. Slots in parallel arrays with a free list, so that
// a waiting answer is one number to CommitLog.after and costs no object.
import type { SmppPeer } from '../driver/types.ts';

/** `answer` is called once the commit that the slot waits for is durable. */
export type AnswerWith = (peer: SmppPeer<number>, sequence: number, handle: number) => void;

export class Answers {
  readonly #peers: (SmppPeer<number> | null)[] = [];
  readonly #sequences: number[] = [];
  readonly #handles: number[] = [];
  readonly #free: number[] = [];
  /** For CommitLog.after: answers slot n. */
  readonly ready: (slot: number) => void;

  constructor(answer: AnswerWith) {
    this.ready = (slot) => {
      const peer = this.#peers[slot] as SmppPeer<number>;
      const sequence = this.#sequences[slot] as number;
      const handle = this.#handles[slot] as number;
      this.#peers[slot] = null;
      this.#free.push(slot);
      answer(peer, sequence, handle);
    };
  }

  put(peer: SmppPeer<number>, sequence: number, handle: number): number {
    const slot = this.#free.pop() ?? this.#peers.length;
    this.#peers[slot] = peer;
    this.#sequences[slot] = sequence;
    this.#handles[slot] = handle;
    return slot;
  }
}

/** In the place of a handle in answers of core.answers: which PDU answers. */
export const DELIVER_DONE = -1;
export const CANCEL_DONE = -2;
export const REPLACE_DONE = -3;
