import { NS } from '../../../../src/base/clock.js';
import type { ConsumerLook } from '../../../../src/contracts/history.js';
import type { World } from '../world.js';
import { looksOf } from './deliveries.js';
import { type Planter, plantersOf } from './planter.js';

const { violation, allowed } = plantersOf('consumer');

const lastLook = (world: World): ConsumerLook[] => looksOf(world).slice(-1);
const lastLookAboveZero = (world: World): ConsumerLook[] =>
  lastLook(world).filter(({ ackFloorStreamSequence }) => ackFloorStreamSequence > 0);

const lookAgain = (world: World, last: ConsumerLook, seen: Partial<ConsumerLook>): void => {
  looksOf(world).push({ ...last, atNs: last.atNs + NS.s, ...seen });
};

export const CONSUMER_FLOOR_PLANTERS: readonly Planter[] = [
  violation('the floor fell', lastLookAboveZero, (last, world) => {
    lookAgain(world, last, { ackFloorStreamSequence: last.ackFloorStreamSequence - 1 });
    return { floorFell: 1 };
  }),
  allowed('the floor fell after a fault', lastLookAboveZero, (last, world) => {
    lookAgain(world, last, { ackFloorStreamSequence: last.ackFloorStreamSequence - 1 });
    const [fromNs, toNs] = [last.atNs, last.atNs + NS.ms];
    world.faults.push({ id: 'f', kind: 'node-kill', targets: [], fromNs, toNs });
    return { floorFellInFault: 1 };
  }),
  violation('the floor stands beyond the stream', lastLook, (last, world) => {
    lookAgain(world, last, { ackFloorStreamSequence: 10_000, deliveredStreamSequence: 10_000 });
    return { floorBeyond: 1 };
  }),
];
