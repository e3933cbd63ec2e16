import type { Sightings } from './sightings.js';

/** What the parts of the check of consumers come across, most serious first. */
export const CONSUMER_KINDS = {
  gone: { name: 'neither delivered nor there', meaning: 'violation' },
  undelivered: { name: 'never delivered, and passed by the ack floor', meaning: 'violation' },
  forgotten: { name: 'neither delivered nor waiting for an acknowledgement', meaning: 'violation' },
  skipped: { name: 'neither delivered nor left to deliver', meaning: 'violation' },
  unprocessed: { name: 'removed from a work queue unprocessed', meaning: 'violation' },
  afterConfirmation: { name: 'delivered again after a confirmed acknowledgement', meaning: 'violation' },
  floorPassed: { name: 'passed by the ack floor without an acknowledgement', meaning: 'violation' },
  floorFell: { name: 'falls of an ack floor', meaning: 'violation' },
  floorBeyond: { name: 'ack floors beyond their stream', meaning: 'violation' },
  beyondMaxDeliver: { name: 'deliveries beyond max-deliver', meaning: 'violation' },
  early: { name: 'redeliveries before ack-wait was over', meaning: 'violation' },
  earlyPerhaps: { name: 'redeliveries perhaps before ack-wait was over', meaning: 'allowed' },
  floorFellInFault: { name: 'falls of an ack floor in a fault', meaning: 'allowed' },
  onItsWay: { name: 'delivered again while they were acknowledged', meaning: 'allowed' },
  redelivered: { name: 'redelivered', meaning: 'allowed' },
  pending: { name: 'still to be delivered', meaning: 'allowed' },
  left: { name: 'left in a work queue', meaning: 'allowed' },
  evicted: { name: 'evicted before they were delivered', meaning: 'allowed' },
  exhausted: { name: 'given up after max-deliver', meaning: 'allowed' },
  covered: { name: 'not seen, and not to be acknowledged', meaning: 'allowed' },
} as const;

export type ConsumerSightings = Sightings<keyof typeof CONSUMER_KINDS>;
