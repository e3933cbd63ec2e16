import { wallTimeOf } from '../base/clock.js';
import { type Random, seededRandom } from '../base/random.js';
import { type NameOf, parseTemplate } from '../base/template.js';
import type { EventKind } from '../contracts/plan/events.js';
import { compressiblePayload } from '../wire/compressible-payload.js';
import type { FrameKind } from '../wire/frame-mix.js';
import { templateText } from '../wire/template-text.js';
import type { TrafficSetting } from './load-kind.js';

/** What texts with placeholders depend on, beside their event. */
export type PayloadSetting = Pick<TrafficSetting, 'load' | 'worker' | 'seed'>;

/** The kinds of message that events are: subjects, shares and sizes as planned, with what makes their payloads. */
export function frameKinds(events: readonly EventKind[], setting: PayloadSetting): readonly FrameKind[] {
  const wallOffsetMs = wallOffset();
  return events.map((event) => {
    const { subject, weight, size } = event;
    return { subject, weight, ...size, ...payloadOf(event, setting, wallOffsetMs) };
  });
}

function payloadOf(
  event: EventKind,
  setting: PayloadSetting,
  wallOffsetMs: number,
): Pick<FrameKind, 'payload' | 'stampIn'> {
  const { payload } = event;
  if (payload === undefined) return {};
  if (payload.kind === 'compressible') {
    const { ratio } = payload;
    return { payload: (random, bytes) => compressiblePayload(bytes, ratio, random) };
  }
  // Texts and files stay what they are.
  if (payload.kind === 'file') return { stampIn: 'header' };
  const names = namesOf(event, setting);
  const random = identities(setting, 'payload');
  const make = templateText(parseTemplate(payload.text), { names, random, wallOffsetMs });
  return { payload: make, stampIn: 'header' };
}

/** What placeholders that name something stand for. */
export function namesOf(
  { domain, type, subject }: EventKind,
  { load, worker }: PayloadSetting,
): Readonly<Record<NameOf, string>> {
  return { domain, type, subject, load: load.name, worker: String(worker) };
}

/** Of what is different for every event: the same for all writers of a run, whose numbers make the difference. */
export const identities = ({ seed }: PayloadSetting, where: string): Random =>
  seededRandom(seed, `identities/${where}`);

/** What the wall clock shows, in whole milliseconds, when the monotonic one is at 0. */
export const wallOffset = (): number => wallTimeOf(0).getTime();
