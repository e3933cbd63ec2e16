import { expect } from 'vitest';
import type { Checker } from '../../../src/contracts/checker.js';
import type { Said } from './reference/facts.js';
import { forSeeds } from './runs.js';
import { toHistory, type World } from './world.js';

/** What is proven of one checker: the definition in plain code that it is held against, and the worlds it is tried on. */
export interface Proof {
  readonly checker: Checker;
  readonly params?: Readonly<Record<string, unknown>>;
  reference(world: World): Said;
}

/** The checker's word on a world, in the terms of the reference. */
export function ask({ checker, params = {}, reference }: Proof, world: World) {
  const said = reference(world);
  const { verdict, counts, examples, sets, sentence } = checker.check(toHistory(world), params);
  const same = Object.fromEntries(Object.keys(said.counts).map((name) => [name, counts[name]]));
  return { said, verdict, counts: same, examples, sets, sentence };
}

/** Holds the checker against the reference on as many worlds. */
export function expectAgreement(proof: Proof, count: number, makeWorld: (seed: number) => World): void {
  forSeeds(count, (seed) => {
    const world = makeWorld(seed);
    const { said, verdict, counts, examples, sets } = ask(proof, world);
    expect({ verdict, counts }, tell(world)).toEqual({ verdict: said.verdict, counts: said.counts });
    expect(examples.length).toBeLessThanOrEqual(32);
    const violations = sets.filter(({ meaning }) => meaning === 'violation');
    expect(violations.some(({ count: found }) => found > 0)).toBe(verdict === 'fail');
    if (verdict === 'fail') expect(examples.length).toBeGreaterThan(0);
  });
}

/** A world in words, for whoever looks into what went wrong. */
export function tell(world: World): string {
  const ms = (ns: number) => (ns === 0 ? '–' : ((ns - 500e9) / 1e6).toFixed(3));
  const writers = world.writers.flatMap(({ load, writer, complete, givesIds, operations }) => [
    `${load}/${writer}${complete ? '' : ' INCOMPLETE'}${givesIds ? ' ids' : ''}`,
    ...operations.map(
      ({ kind, sequence, sentNs, doneNs, subject, streamSequence, detail, value, outcome }) =>
        `  #${sequence} ${kind} ${subject} ${ms(sentNs)}..${ms(doneNs)} ${outcome} @${streamSequence} d${detail}${value ? ` ${value.writer}#${value.sequence}` : ''}`,
    ),
  ]);
  const copyOf = ({ messages, ...rest }: NonNullable<World['streams'][number]['read']>) =>
    `${JSON.stringify(rest)} ${messages.map((one) => `${one.streamSequence}:${one.writer}#${one.sequence}${one.digest === undefined ? '' : `/${one.digest}`}`).join(' ')}`;
  const streams = world.streams.flatMap(({ name, config, fromSequence, looks, read, replicas }) => [
    `${name} ${JSON.stringify(config)} from ${fromSequence}`,
    `  read ${read === undefined ? 'not at all' : copyOf(read)}`,
    ...replicas.map((replica) => `  ${replica.node} ${copyOf(replica)}`),
    ...looks.map(({ atNs, ...look }) => `  look ${ms(atNs)} ${JSON.stringify(look)}`),
  ]);
  const consumers = world.consumers.flatMap(({ stream, consumer, config, looks }) => [
    `${stream} > ${consumer} ${JSON.stringify(config)}`,
    ...looks.map(({ atNs, ...look }) => `  look ${ms(atNs)} ${JSON.stringify(look)}`),
  ]);
  const faults = world.faults.map(({ kind, fromNs, toNs }) => `${kind} ${ms(fromNs)}..${ms(toNs)}`);
  return [...writers, ...streams, ...consumers, ...faults].join('\n');
}
