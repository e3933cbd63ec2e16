import type { ServerResponse } from 'node:http';

/** Those who have asked for a page and not read it yet: it waits in memory, so there may be so many of them. */
export class Readers {
  readonly #most: number;
  readonly #waiting = new Set<ServerResponse>();

  constructor(most: number) {
    this.#most = most;
  }

  /** One more; where that is too many, who has read for longest is cut off. */
  add(response: ServerResponse): void {
    this.#waiting.add(response);
    response.once('close', () => this.#waiting.delete(response));
    if (this.#waiting.size > this.#most) (this.#waiting.values().next().value as ServerResponse).destroy();
  }
}
