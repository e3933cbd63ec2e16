import type Docker from 'dockerode';
import { StormglassError } from '../../base/errors.js';
import type { Direction, LinkControl, LinkEffect, LinkLook } from '../../contracts/links.js';
import type { DockerConnect, DockerUnshape } from '../../contracts/undo.js';
import { joinNetwork, lookAtContainer } from '../../processes/docker/containers.js';
import { MeshShaping, type ShapingEffect } from './mesh-shaping.js';

export interface MeshMember {
  /** Of the node; its name within the mesh too. */
  readonly name: string;
  readonly container: string;
}

export interface MeshLinksOptions {
  readonly docker: Docker;
  readonly engine: string;
  /** The network in which the servers find each other. */
  readonly network: string;
  readonly members: readonly MeshMember[];
  /** The id of the undo record that takes the whole mesh away. */
  readonly within: string;
}

/**
 * The links between containers. An engine can take a container out of the mesh: it hears nobody, and nobody hears it,
 * while its connections stay as they are. The kernel can narrow and delay single links, each way by itself, where it has
 * the queues for it. All else is refused.
 */
export class MeshLinks implements LinkControl {
  readonly directions: readonly Direction[];
  readonly #options: MeshLinksOptions;
  readonly #shaping: MeshShaping;
  /** Who is cut off, by effect. */
  readonly #held = new Map<string, readonly MeshMember[]>();
  /** Whom effects that were lifted had cut off: they are still looked at. */
  readonly #past = new Map<string, readonly MeshMember[]>();

  constructor(options: MeshLinksOptions) {
    this.#options = options;
    this.#shaping = new MeshShaping(options);
    this.directions = directionsAmong(options.members.map(({ name }) => name));
  }

  undoRecords(
    effectId: string,
    directions: readonly Direction[],
    effect: LinkEffect,
  ): (DockerConnect | DockerUnshape)[] {
    this.#requireKnown(directions);
    if (isShaping(effect)) return this.#shaping.undoRecords(effectId, directions);
    const { engine, network, within } = this.#options;
    return this.#cutOff(directions, effect).map(({ name, container }) => ({
      kind: 'docker-connect',
      id: `connect-${effectId}-${name}`,
      what: `make ${name} part of the mesh again`,
      manual: `docker network connect --alias ${name} ${network} ${container}`,
      within,
      engine,
      container,
      network,
      alias: name,
      effect: effectId,
    }));
  }

  async apply(effectId: string, directions: readonly Direction[], effect: LinkEffect): Promise<void> {
    this.#requireKnown(directions);
    if (isShaping(effect)) return this.#shaping.apply(effectId, directions, effect);
    const members = this.#cutOff(directions, effect);
    this.#held.set(effectId, members);
    try {
      for (const { container } of members) await this.#leave(container);
    } catch (error) {
      await this.lift(effectId);
      throw error;
    }
  }

  async lift(effectId: string): Promise<void> {
    if (this.#shaping.knows(effectId)) return this.#shaping.lift(effectId);
    const members = this.#held.get(effectId) ?? this.#past.get(effectId) ?? [];
    this.#held.delete(effectId);
    this.#past.set(effectId, members);
    const { docker, network } = this.#options;
    for (const { name, container } of members) {
      if (!this.#isHeld(name)) await joinNetwork(docker, container, network, name);
    }
    await this.#shaping.layAgain();
  }

  /** A container was started: what the kernel did to its links went with its last process. */
  async layAgain(): Promise<void> {
    await this.#shaping.layAgain();
  }

  async look(effectId: string): Promise<LinkLook> {
    if (this.#shaping.knows(effectId)) return this.#shaping.look(effectId);
    const { docker, network, members } = this.#options;
    const held = this.#held.get(effectId);
    const looks = await Promise.all(
      (held ?? this.#past.get(effectId) ?? members).map(async ({ name, container }) => {
        const isIn = (await lookAtContainer(docker, container))?.networks.includes(network) ?? false;
        return { name, isIn };
      }),
    );
    const inMesh = looks.filter(({ isIn }) => isIn).map(({ name }) => name);
    return {
      isApplied: held !== undefined && inMesh.length === 0,
      isLifted: held === undefined && looks.every(({ name, isIn }) => isIn || this.#isHeld(name)),
      saw: `in the mesh ${network}: ${inMesh.join(', ') || 'none of them'}`,
    };
  }

  #isHeld(member: string): boolean {
    return [...this.#held.values()].flat().some(({ name }) => name === member);
  }

  async #leave(container: string): Promise<void> {
    const { docker, network } = this.#options;
    const isIn = async () => (await lookAtContainer(docker, container))?.networks.includes(network) ?? false;
    if (!(await isIn())) return;
    await docker.getNetwork(network).disconnect({ Container: container, Force: true });
    if (await isIn()) throw new Error(`${container} is still in ${network}`);
  }

  #requireKnown(directions: readonly Direction[]): void {
    const unknown = directions.find((each) => !this.directions.some((known) => keyOf(known) === keyOf(each)));
    if (unknown) throw new RangeError(`there is no link from ${unknown.from} to ${unknown.to}`);
  }

  /** The members whose every link is cut. @throws StormglassError for anything else */
  #cutOff(directions: readonly Direction[], effect: LinkEffect): readonly MeshMember[] {
    const { members } = this.#options;
    const wanted = new Set(directions.map(keyOf));
    const off = members.filter(({ name }) =>
      this.directions.every((each) => (each.from !== name && each.to !== name) || wanted.has(keyOf(each))),
    );
    const names = new Set(off.map(({ name }) => name));
    const isWhole = directions.every(({ from, to }) => names.has(from) || names.has(to));
    if (effect.kind === 'cut' && effect.how === 'drop' && isWhole && off.length > 0) return off;
    const asked = effect.kind === 'cut' ? `${effect.how} on single links` : effect.kind;
    throw new StormglassError(
      'expectation',
      `containers can be cut off from all others, both ways and without a word, delayed and narrowed; ${asked} is not to be had here`,
      { hint: 'use `driver: process`, whose links run through Toxiproxy' },
    );
  }
}

const isShaping = (effect: LinkEffect): effect is ShapingEffect =>
  effect.kind === 'bandwidth' || effect.kind === 'latency';

const keyOf = ({ from, to }: Direction): string => `${from} ${to}`;

function directionsAmong(names: readonly string[]): Direction[] {
  return names.flatMap((from) => names.filter((to) => to !== from).map((to) => ({ from, to })));
}
