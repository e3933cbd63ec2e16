import { z } from 'zod';
import { ALERT_SEVERITIES } from '../../contracts/alert.js';
import { lastingSchema } from '../quantities.js';

const NAME = 'expected the name of an alert, such as NatsNodeDown';

export const expectationSchema = z.strictObject({
  alert: z.string({ error: NAME }).min(1, { error: NAME }).describe('The alert, by its name in the rules.'),
  after: z
    .string({
      error: 'expected the kind of a fault, such as node-kill, or one such as "node-kill #2" or fault-3',
    })
    .min(1)
    .describe('The fault after which it must fire: its kind (the first of it), `node-kill #2` or its id.'),
  within: lastingSchema.describe('How soon after the injection of the fault the rule must fire.'),
  'resolves-within': lastingSchema
    .optional()
    .describe('How soon after the fault was healed it must no longer fire. Default: that does not matter.'),
  severity: z
    .enum(ALERT_SEVERITIES, { error: `expected one of ${ALERT_SEVERITIES.join(', ')}` })
    .optional()
    .describe('The severity that the alert must have. Default: whichever.'),
  labels: z
    .record(z.string(), z.string({ error: 'expected the value of a label, such as n1' }))
    .default({})
    .describe('Labels that the alert must have; {target} in a value stands for each target of the fault.'),
  receiver: z
    .string({ error: 'expected the name of a receiver, such as page' })
    .min(1)
    .optional()
    .describe('The receiver that must be told; `none`: nobody may be. Default: whichever.'),
});

const listSchema = z
  .array(z.unknown(), { error: 'expected a list of alerts' })
  .min(1, { error: 'expected at least one alert' });

const FACTOR = 'expected a number from 1 to 1000, such as 30';

export const alertsSchema = z.strictObject({
  factor: z
    .number({ error: FACTOR })
    .min(1, { error: FACTOR })
    .max(1000, { error: FACTOR })
    .optional()
    .describe(
      'What every time of the rules and of the routing is divided by. Default: 30, or as much as leaves 250ms between two looks.',
    ),
  only: z.boolean().default(false).describe('No other alert of severity page may fire. Default: false.'),
  rules: z
    .string({ error: 'expected the path of a folder' })
    .min(1)
    .optional()
    .describe(
      'A folder with rules of your own, and prometheus.yml and alertmanager.yml where they differ. The path starts where the scenario is. Default: the rules that stormglass ships.',
    ),
  expect: listSchema.describe('The alerts that must fire.'),
});

/** `alerts` as an editor checks it: a list, or a list with what is said of all. */
export const alertsJsonSchema = z.union([
  z.array(expectationSchema).min(1),
  alertsSchema.extend({ expect: z.array(expectationSchema).min(1).describe('The alerts that must fire.') }),
]);
