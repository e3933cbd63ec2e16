import { formatDuration } from '../base/units.js';
import type { Summary } from '../contracts/summary.js';
import { element } from './dom.js';

/** What ran, when and for how long. */
export function pageHeader({ name, startedAt, loadNs, seed, environment }: Summary): HTMLElement {
  const facts = [
    `${startedAt.slice(0, 10)} ${startedAt.slice(11, 19)} UTC`,
    loadNs === null ? 'no load' : `${formatDuration(loadNs)} of load`,
    `seed ${seed}`,
    environment.natsServer === undefined ? undefined : `nats-server ${environment.natsServer}`,
  ];
  return element(
    'header',
    {},
    element('p', { class: 'brand' }, 'stormglass'),
    element('h1', {}, name),
    element('p', { class: 'meta' }, facts.filter((fact) => fact !== undefined).join(' · ')),
  );
}
