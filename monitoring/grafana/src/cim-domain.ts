import { declaredPanels } from './domain/declared-panels.js';
import { lagPanels } from './domain/lag-panels.js';
import { nowPanels } from './domain/now-panels.js';
import { outcomePanels } from './domain/outcome-panels.js';
import { typePanels } from './domain/type-panels.js';
import { workflowPanels } from './domain/workflow-panels.js';
import { cimDashboard } from './parts/cim-dashboard.js';
import { labelVariable } from './parts/label-variable.js';

/** One domain: its types, their outcomes, how late its events are, and its workflows. */
export const cimDomain = () =>
  cimDashboard({
    uid: 'cim-domain',
    title: 'CIM / Domain',
    description:
      'One domain: its types, their outcomes, how late its events are, and how its workflows go on.',
    tags: ['events', 'workflows'],
    variables: [
      labelVariable({
        name: 'domain',
        label: 'Domain',
        description: 'The domain that everything here is about.',
        of: 'cim_events_total',
        single: true,
      }),
      labelVariable({
        name: 'type',
        label: 'Type',
        description: 'Types of events of the domain.',
        of: 'cim_events_total{domain="$domain"}',
      }),
      labelVariable({
        name: 'workflow',
        label: 'Workflow',
        description: 'Workflows are followed over all domains: choose those that this one takes part in.',
        of: 'cim_workflow_started_total',
      }),
    ],
    sections: [
      { title: 'Now', panels: nowPanels() },
      { title: 'Types', panels: typePanels() },
      { title: 'Outcomes and errors', panels: outcomePanels() },
      { title: 'Lag', panels: lagPanels() },
      { title: 'Metrics of its own', panels: declaredPanels() },
      { title: 'Workflows', panels: workflowPanels() },
    ],
  });
