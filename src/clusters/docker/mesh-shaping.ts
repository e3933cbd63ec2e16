import type { Direction, LinkEffect, LinkLook } from '../../contracts/links.js';
import type { DockerUnshape } from '../../contracts/undo.js';
import { lookAtContainer } from '../../processes/docker/containers.js';
import { type Lane, TrafficControl } from '../../processes/docker/traffic-control.js';
import { unshapeContainer } from '../../processes/docker/unshape-container.js';
import type { MeshLinksOptions, MeshMember } from './mesh-links.js';

/** What the kernel's queues can do to what a container sends to another. */
export type ShapingEffect = Extract<LinkEffect, { readonly kind: 'bandwidth' | 'latency' }>;

interface Held {
  readonly directions: readonly Direction[];
  readonly effect: ShapingEffect;
}

/**
 * Slows down what containers send to each other: queues of the kernel on a container's end of the mesh, one for each
 * container that it sends to. They go with the container's process, so that they are laid anew when it is started.
 */
export class MeshShaping {
  readonly #options: MeshLinksOptions;
  readonly #held = new Map<string, Held>();
  readonly #past = new Map<string, readonly Direction[]>();
  /** One container is laid out at a time: two effects share its queues. */
  #work: Promise<unknown> = Promise.resolve();

  constructor(options: MeshLinksOptions) {
    this.#options = options;
  }

  knows(effectId: string): boolean {
    return this.#held.has(effectId) || this.#past.has(effectId);
  }

  undoRecords(effectId: string, directions: readonly Direction[]): DockerUnshape[] {
    const { engine, network, within } = this.#options;
    return this.#senders(directions).map(({ name, container }) => ({
      kind: 'docker-unshape',
      id: `unshape-${effectId}-${name}`,
      what: `let ${name} send as fast as it can`,
      manual: `nsenter --net=/proc/$(docker inspect -f '{{.State.Pid}}' ${container})/ns/net tc qdisc del dev <its end of ${network}> root`,
      within,
      engine,
      container,
      network,
      effect: effectId,
    }));
  }

  async apply(effectId: string, directions: readonly Direction[], effect: ShapingEffect): Promise<void> {
    this.#held.set(effectId, { directions, effect });
    try {
      await this.#layAll(directions);
    } catch (error) {
      await this.lift(effectId).catch(() => {});
      throw error;
    }
  }

  async lift(effectId: string): Promise<void> {
    const directions = this.#held.get(effectId)?.directions ?? this.#past.get(effectId) ?? [];
    this.#held.delete(effectId);
    this.#past.set(effectId, directions);
    await this.#layAll(directions);
  }

  /** Lays all that holds anew: a container was started, or is part of the mesh again, perhaps at another address. */
  async layAgain(): Promise<void> {
    await this.#layAll([...this.#held.values()].flatMap(({ directions }) => directions));
  }

  async look(effectId: string): Promise<LinkLook> {
    const held = this.#held.get(effectId);
    const directions = held?.directions ?? this.#past.get(effectId) ?? [];
    const looks = await Promise.all(
      this.#senders(directions).map(async (member) => {
        const lanes = (await this.#controlOf(member))?.lanes();
        return { name: member.name, has: (await lanes) ?? 0, wanted: this.#peersOf(member.name).length };
      }),
    );
    const saw = looks
      .map(({ name, has }) => `${name} has ${has} shaped lane${has === 1 ? '' : 's'}`)
      .join(', ');
    return {
      isApplied: held !== undefined && looks.every(({ has, wanted }) => has > 0 && has === wanted),
      isLifted: held === undefined && looks.every(({ has, wanted }) => has === wanted),
      saw,
    };
  }

  async #layAll(directions: readonly Direction[]): Promise<void> {
    const laying = this.#work.then(async () => {
      for (const member of this.#senders(directions)) await this.#lay(member);
    });
    this.#work = laying.catch(() => {});
    await laying;
  }

  async #lay(member: MeshMember): Promise<void> {
    const { docker, network } = this.#options;
    const peers = this.#peersOf(member.name);
    if (peers.length === 0) {
      await unshapeContainer(docker, member.container, network);
      return;
    }
    const lanes = await Promise.all(peers.map((peer) => this.#laneTo(member.name, peer)));
    // One that is down sends nothing; it is laid out when it is started.
    await (await this.#controlOf(member))?.lay(lanes.filter((lane) => lane !== undefined));
  }

  /** All that holds on the way from one to another: the narrowest of limits, and every delay after the other. */
  async #laneTo(from: string, to: string): Promise<Lane | undefined> {
    const { docker, network, members } = this.#options;
    const { container } = members.find(({ name }) => name === to) as MeshMember;
    const peer = (await lookAtContainer(docker, container))?.addresses[network];
    if (peer === undefined) return undefined;
    const effects = [...this.#held.values()]
      .filter(({ directions }) => directions.some((each) => each.from === from && each.to === to))
      .map(({ effect }) => effect);
    const limits = effects.flatMap((effect) => (effect.kind === 'bandwidth' ? [effect.bytesPerSec] : []));
    const delays = effects.filter((effect) => effect.kind === 'latency');
    const sum = (of: 'delayMs' | 'jitterMs') => delays.reduce((all, delay) => all + delay[of], 0);
    return {
      peer,
      ...(limits.length > 0 && { bytesPerSec: Math.min(...limits) }),
      ...(delays.length > 0 && { delayMs: sum('delayMs'), jitterMs: sum('jitterMs') }),
    };
  }

  /** Whom the member sends to through something that holds. */
  #peersOf(from: string): string[] {
    const directions = [...this.#held.values()].flatMap((held) => held.directions);
    return [...new Set(directions.filter((each) => each.from === from).map(({ to }) => to))];
  }

  #senders(directions: readonly Direction[]): MeshMember[] {
    return this.#options.members.filter(({ name }) => directions.some(({ from }) => from === name));
  }

  async #controlOf({ container }: MeshMember): Promise<TrafficControl | undefined> {
    const { docker, network } = this.#options;
    const look = await lookAtContainer(docker, container);
    const address = look?.addresses[network];
    if (look === undefined || look.pid === 0 || address === undefined) return undefined;
    return TrafficControl.at(look.pid, address);
  }
}
