import type { FaultStage } from '../../contracts/fault.js';
import { CLIENTS, type Direction } from '../../contracts/links.js';
import { wayText } from './link-choice.js';
import { excuseOf, formatMs, type LinkLook, type LinkScene } from './link-looks.js';
import { type ProbeStory, probeSocket } from './probe-socket.js';

/** A server greets at once. */
const GREETS_WITHIN_MS = 1_000;

export interface ProbePromise {
  /** How long a connection is looked at while the fault holds. */
  readonly forMs: number;
  /** Whether this is what the fault does to a connection whose server greeted with so many bytes before. */
  bites(story: ProbeStory, greetingBytes: number): boolean;
}

/**
 * Opens plain connections through links, as the other end does, and reads what the server greets them with: data on the
 * way from that server. Of data that clients send nothing is seen this way. Before and after, the greeting comes whole.
 */
export class ProbeLooks {
  readonly #promise: ProbePromise;
  /** How long the greeting on a way was, before. */
  readonly #greetings = new Map<string, number>();
  /** Ways on which it was seen: what a busy machine blurs in the next look was there all the same. */
  readonly #bitten = new Set<string>();

  constructor(promise: ProbePromise) {
    this.#promise = promise;
  }

  async look(scene: LinkScene, stage: FaultStage): Promise<readonly LinkLook[]> {
    const ways = scene.ways.filter(({ from }) => from !== CLIENTS);
    if (stage === 'before') {
      this.#greetings.clear();
      this.#bitten.clear();
    }
    return (await Promise.all(ways.map((way) => this.#lookThrough(scene, way, stage)))).flat();
  }

  async #lookThrough(scene: LinkScene, way: Direction, stage: FaultStage): Promise<LinkLook[]> {
    const entrance = await scene.links.entrance?.({ from: way.to, to: way.from });
    if (entrance === undefined) return [];
    const at = `greeting through the link, ${wayText(way)}`;
    if (stage === 'during') {
      const greeting = this.#greetings.get(wayText(way));
      if (greeting === undefined) return [];
      const story = await probeSocket(entrance, { forMs: this.#promise.forMs, until: isWhole });
      if (this.#promise.bites(story, greeting)) this.#bitten.add(wayText(way));
      return [{ at, saw: storyText(story), holds: this.#bitten.has(wayText(way)) }];
    }
    const story = await probeSocket(entrance, { forMs: GREETS_WITHIN_MS, until: isWhole });
    if (isWhole(story.heard)) {
      if (stage === 'before') this.#greetings.set(wayText(way), story.heard.length);
      return [{ at, saw: storyText(story), holds: true }];
    }
    // A server that begins with TLS does not greet.
    if (story.heard === '' && story.end === 'open' && stage === 'before') return [];
    if (stage === 'after' && !this.#greetings.has(wayText(way))) return [];
    const excuse = await excuseOf(scene, way);
    const saw = excuse === undefined ? storyText(story) : `${storyText(story)}: ${excuse}`;
    return [{ at, saw, holds: excuse !== undefined }];
  }
}

const isWhole = (heard: string): boolean => heard.startsWith('INFO ') && heard.includes('\r\n');

function storyText({ heard, reads, end, tookMs, error }: ProbeStory): string {
  const took = formatMs(tookMs);
  const came = heard === '' ? 'nothing came' : `${heard.length} bytes came in ${reads} reads`;
  if (isWhole(heard)) return `${came}, within ${took}`;
  if (end === 'open') return `${came} within ${took}`;
  return `${came}, and the connection was ${end} after ${took}${error === undefined ? '' : ` (${error})`}`;
}
