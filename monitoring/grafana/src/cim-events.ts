import { healthPanels } from './events/health-panels.js';
import { lagPanels } from './events/lag-panels.js';
import { nowPanels } from './events/now-panels.js';
import { outcomePanels } from './events/outcome-panels.js';
import { ratePanels } from './events/rate-panels.js';
import { typePanels } from './events/type-panels.js';
import { cimDashboard } from './parts/cim-dashboard.js';
import { labelVariable } from './parts/label-variable.js';

/** All events: how many, how late, of which types, what went wrong, and whether the monitor sees them. */
export const cimEvents = () =>
  cimDashboard({
    uid: 'cim-events',
    title: 'CIM / Events',
    description:
      'All events: how many, how late, of which types, what went wrong, and whether the monitor sees them.',
    tags: ['events'],
    variables: [
      labelVariable({
        name: 'domain',
        label: 'Domain',
        description: 'Domains whose events are shown.',
        of: 'cim_events_total',
      }),
    ],
    sections: [
      { title: 'Now', panels: nowPanels() },
      { title: 'Rate', panels: ratePanels() },
      { title: 'Lag', panels: lagPanels() },
      { title: 'Errors and outcomes', panels: outcomePanels() },
      { title: 'Types', panels: typePanels() },
      { title: 'Health of the monitor', panels: healthPanels() },
    ],
  });
