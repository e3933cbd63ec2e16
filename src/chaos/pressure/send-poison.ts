import { NS, nowNs } from '../../base/clock.js';
import { Deadline } from '../../base/deadline.js';
import { messageOf } from '../../base/errors.js';
import { IndexedRandom } from '../../base/indexed-random.js';
import type { ServerAddress } from '../../contracts/load.js';
import { WireConnection } from '../../wire/connection.js';
import { ClientTally } from './client-tally.js';
import { GARBAGE, type PayloadForm, POISON_PAYLOADS, type PoisonForm } from './poison-forms.js';
import type { Pressure } from './pressure-process.js';
import type { SendPoisonTask } from './pressure-task.js';

const TICK_MS = 10;
/** Connections that are about to be lost for what they say. */
const DOOMED_AT_ONCE = 20;
/** A server that has not ended such a connection by then will not. */
const DOOMED_MS = 5_000;
/** The line alone tells a server that the message is too large. */
const OVERSIZED_PART_BYTES = 1024;

/** Sends events that are none, form after form; those that cost a connection go on connections of their own. */
export async function sendPoison(task: SendPoisonTask): Promise<Pressure> {
  const { access, connectionName, subjects, forms, perSec, messages, seed } = task;
  const tally = new ClientTally();
  const random = new IndexedRandom(seed, 'poison');
  const counts: Record<string, number> = {};
  let doomed = 0;

  const wires = await Promise.all(
    access.servers.map(async (server, number) => {
      const wire = new WireConnection(
        { access: { ...access, servers: [server] }, name: `${connectionName}-${number}`, echo: false },
        {
          onMessage: () => {},
          onServerError: (text) => tally.erred(text),
          onDisconnected: (why) => tally.lostBecause(why),
          onRefused: (_server, why) => tally.refusedBecause(why),
        },
      );
      await wire.connect();
      return wire;
    }),
  );

  /** A connection that says what costs it the connection. */
  const sacrifice = async (
    form: 'oversized' | 'garbage',
    number: number,
    server: ServerAddress,
    subject: string,
  ) => {
    doomed++;
    let onEnd: () => void = () => {};
    const ended = new Promise<void>((resolve) => {
      onEnd = resolve;
    });
    const wire = new WireConnection(
      { access: { ...access, servers: [server] }, name: `${connectionName}-${form}-${number}` },
      {
        onMessage: () => {},
        onServerError: (text) => tally.erred(text),
        onDisconnected: () => onEnd(),
      },
    );
    const deadline = new Deadline(DOOMED_MS, () => onEnd());
    try {
      await wire.connect();
      const takes = wire.info?.max_payload ?? 0;
      wire.write(
        form === 'garbage'
          ? GARBAGE[Math.floor(random.next() * GARBAGE.length)]!
          : Buffer.concat([
              Buffer.from(`PUB ${subject} ${takes + 1}\r\n`),
              Buffer.alloc(OVERSIZED_PART_BYTES),
            ]),
      );
      counts[form] = (counts[form] ?? 0) + 1;
      await ended;
    } catch (thrown) {
      tally.refusedBecause(messageOf(thrown));
    } finally {
      deadline.clear();
      doomed--;
      await wire.close();
    }
  };

  let sent = 0;
  const sendOne = (): boolean => {
    const form = forms[sent % forms.length] as PoisonForm;
    // Round by round, so that each form comes to each server, and to each subject.
    const round = Math.floor(sent / forms.length);
    const at = (round + (sent % forms.length)) % access.servers.length;
    const subject = subjects[round % subjects.length]!;
    random.seek(sent);
    if (form === 'oversized' || form === 'garbage') {
      if (doomed >= DOOMED_AT_ONCE) return false;
      void sacrifice(form, sent++, access.servers[at]!, subject);
      return true;
    }
    const wire = wires[at]!;
    if (!wire.connected) return false;
    const payloads = POISON_PAYLOADS[form as PayloadForm];
    wire.publish(subject, payloads[Math.floor(random.next() * payloads.length)]!);
    counts[form] = (counts[form] ?? 0) + 1;
    sent++;
    return true;
  };

  const mostDue = Math.max(forms.length * wires.length, perSec / 10);
  let lastNs = nowNs();
  // One of each for each server at once, so that it shows soon at any rate.
  let due = forms.length * wires.length;
  setInterval(() => {
    const tickNs = nowNs();
    // What could not be sent in time is not made up for in one go.
    due = Math.min(due + ((tickNs - lastNs) / NS.s) * perSec, mostDue);
    lastNs = tickNs;
    while (due >= 1 && sent < messages && sendOne()) due--;
  }, TICK_MS);
  return { report: () => ({ sent, ...counts, ...tally.report() }) };
}
