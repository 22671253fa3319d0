// port/http.ts in a simulated world: no listeners (customers of the HTTP API call the service, which stands behind it), and
// webhook endpoints that answer, fail, or take a post and let its answer be lost.
import type { Http, HttpPostOutcome } from '../port/http.ts';
import type { Life } from './life.ts';
import type { Timeline } from './loop.ts';

export interface SimPost {
  readonly url: string;
  readonly headers: { readonly [name: string]: string };
  readonly body: string;
}

/** What becomes of one post: whether the endpoint gets it, what it answers, and how long that takes. */
export interface PostFate {
  readonly arrives: boolean;
  readonly outcome: HttpPostOutcome;
  readonly delayMs: number;
}

export function createSimHttp(
  timeline: Timeline,
  life: Life,
  fate: (url: string) => PostFate,
  endpoint: (post: SimPost, outcome: HttpPostOutcome) => void,
): Http {
  return {
    serve: () => Promise.reject(new Error('no HTTP listener in a simulation')),
    post(options) {
      const { arrives, outcome, delayMs } = fate(options.url);
      return new Promise((resolve) => {
        if (!life.step()) return;
        // The endpoint lives on when the sender dies; its answer then reaches nobody.
        timeline.plan(timeline.nowMs + delayMs / 2, null, 'post', () => {
          if (arrives) endpoint(options, outcome);
          timeline.plan(timeline.nowMs + delayMs / 2, life, 'posted', () => resolve(outcome));
        });
      });
    },
  };
}
