import { lagLines, lagSpread } from '../parts/lag-panels.js';
import { DOMAIN } from './selectors.js';

/** How late its events are. */
export const lagPanels = () => [
  lagLines(DOMAIN),
  lagSpread(DOMAIN, 'How many events of the domain had which lag.'),
];
