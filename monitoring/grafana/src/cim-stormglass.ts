import { cimDashboard } from './parts/cim-dashboard.js';
import { labelVariable } from './parts/label-variable.js';
import { deliveryPanels } from './stormglass/delivery-panels.js';
import { latencyPanels } from './stormglass/latency-panels.js';
import { loadPanels } from './stormglass/load-panels.js';
import { runPanels } from './stormglass/run-panels.js';

/** A run of stormglass: where it is, what it breaks, what becomes of its load. */
export const cimStormglass = () =>
  cimDashboard({
    uid: 'cim-stormglass',
    title: 'CIM / stormglass run',
    description:
      'A run of stormglass: in which phase it is, what it breaks, and what becomes of its load meanwhile.',
    tags: ['stormglass'],
    variables: [
      labelVariable({
        name: 'run',
        label: 'Run',
        description: 'Runs whose events the monitor saw.',
        of: 'cim_stormglass_phase',
      }),
      labelVariable({
        name: 'load',
        label: 'Load',
        description: 'Loads of the chosen runs.',
        of: 'cim_stormglass_due_total{run=~"$run"}',
      }),
    ],
    sections: [
      { title: 'The run', panels: runPanels() },
      { title: 'Load', panels: loadPanels() },
      { title: 'Latency', panels: latencyPanels() },
      { title: 'Deliveries', panels: deliveryPanels() },
    ],
  });
