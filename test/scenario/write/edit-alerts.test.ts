import { expect, it } from 'vitest';
import { parseDocument } from 'yaml';
import type { AlertExpectation, AlertsPlan } from '../../../src/contracts/alert.js';
import { editAlerts } from '../../../src/scenario/write/edit-alerts.js';

const expectation = (alert: string, after: string): AlertExpectation => ({
  alert,
  after,
  labels: {},
  withinNs: 1e9,
});
const PLAN: AlertsPlan = {
  factor: 30,
  only: false,
  expectations: [expectation('A', 'fault-1'), expectation('B', 'fault-3'), expectation('C', 'fault-2')],
};
const LIST =
  '[{ alert: A, after: node-kill }, { alert: B, after: partition }, { alert: C, after: "node-kill #2" }]';

const edited = (text: string, ...faults: { id: string; atNs: number }[]) => {
  const document = parseDocument(`alerts: ${text}`);
  editAlerts(document, PLAN, faults);
  return document.toJS();
};

it('lets alerts come after the faults that are left, by what these will be called', () => {
  const left = [
    { id: 'fault-3', atNs: 5e9 },
    { id: 'fault-2', atNs: 2e9 },
  ];
  const items = [
    { alert: 'B', after: 'fault-2' },
    { alert: 'C', after: 'fault-1' },
  ];
  expect(edited(LIST, ...left)).toEqual({ alerts: items });
  expect(edited(`{ factor: 10, expect: ${LIST} }`, ...left)).toEqual({
    alerts: { factor: 10, expect: items },
  });
});

it('leaves nothing of them where none of their faults is left', () => {
  expect(edited(LIST)).toEqual({});
});
