/** A delivery of a consumer; reused. */
export interface Delivery {
  streamSequence: number;
  /** Which delivery of the message, from 1. */
  delivered: number;
  /** Index of the consumer among those of the worker. */
  consumer: number;
}

/** Which deliveries answers are for, and with what they are answered: columns, by the place of an answer. */
export class AnsweredDeliveries {
  readonly streamSequence: Float64Array;
  readonly delivered: Uint32Array;
  readonly consumer: Uint16Array;
  /** ACK, NAK or TERM. */
  readonly answer: Uint8Array;

  constructor(size: number) {
    this.streamSequence = new Float64Array(size);
    this.delivered = new Uint32Array(size);
    this.consumer = new Uint16Array(size);
    this.answer = new Uint8Array(size);
  }

  set(at: number, { streamSequence, delivered, consumer }: Delivery, answer: number): void {
    this.streamSequence[at] = streamSequence;
    this.delivered[at] = delivered;
    this.consumer[at] = consumer;
    this.answer[at] = answer;
  }
}
