import { type AlertExpectation, type AlertFault, TARGET_LABEL } from '../contracts/alert.js';
import type { Labels } from './prometheus-api.js';

/** Whether an alert has the labels and the severity that are expected of it. */
export const fits = (labels: Labels, expectation: AlertExpectation, fault: AlertFault): boolean =>
  wrongLabels(labels, expectation, fault).length === 0;

/** `with server \`n1\` instead of \`n2\`` */
export const differenceOf = (labels: Labels, expectation: AlertExpectation, fault: AlertFault): string =>
  wrongLabels(labels, expectation, fault)
    .map(([name, wanted]) => `with ${name} \`${labels[name] ?? ''}\` instead of \`${wanted}\``)
    .join(' and ');

function wrongLabels(
  labels: Labels,
  { labels: wanted, severity }: AlertExpectation,
  { targets }: AlertFault,
): [string, string][] {
  const all = Object.entries({ ...wanted, ...(severity !== undefined && { severity }) });
  return all
    .filter(([name, value]) => {
      const has = labels[name] ?? '';
      return value.includes(TARGET_LABEL)
        ? !targets.some((target) => value.replaceAll(TARGET_LABEL, target) === has)
        : value !== has;
    })
    .map(([name, value]) => [name, value.replaceAll(TARGET_LABEL, targets.join(' or '))]);
}
