import type { World } from './world.js';

/** A world in words, for whoever looks into what went wrong. */
export function tell(world: World): string {
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
    ...tellLooks(looks),
  ]);
  const consumers = world.consumers.flatMap(({ stream, consumer, config, looks }) => [
    `${stream} > ${consumer} ${JSON.stringify(config)}`,
    ...tellLooks(looks),
  ]);
  const faults = world.faults.map(({ kind, fromNs, toNs }) => `${kind} ${ms(fromNs)}..${ms(toNs)}`);
  return [...writers, ...streams, ...consumers, ...faults].join('\n');
}

const ms = (ns: number): string => (ns === 0 ? '–' : ((ns - 500e9) / 1e6).toFixed(3));

/** Of those that say the same the first and the last. */
const tellLooks = (looks: readonly { readonly atNs: number }[]): string[] =>
  looks
    .map(({ atNs, ...look }) => ({ at: ms(atNs), text: JSON.stringify(look) }))
    .filter(({ text }, i, all) => text !== all[i - 1]?.text || text !== all[i + 1]?.text)
    .map(({ at, text }) => `  look ${at} ${text}`);
