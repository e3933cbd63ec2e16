import type { NatsConnection } from '@nats-io/transport-node';
import { parseJsonInSlices } from '../base/parse-json-in-slices.js';
import { type ProbedPage, readProbedPage } from './endpoints.js';

/** Where one server is asked about itself. */
export interface ServerDoor {
  /** A page as it is. Rejects when the server does not answer in time, or has no such page. */
  ask(page: ProbedPage): Promise<unknown>;
}

/** By its monitoring endpoint. Once the signal has aborted, no answer is waited for. */
export function httpDoor(monitorUrl: string, deadlineMs: number, signal: AbortSignal): ServerDoor {
  return { ask: (page) => readProbedPage(monitorUrl, page, deadlineMs, signal) };
}

/** What its subjects take for what the endpoint has in its query. */
const QUESTIONS: Readonly<Record<ProbedPage, object>> = {
  varz: {},
  connz: {},
  routez: {},
  healthz: {},
  jsz: { accounts: true, streams: true, consumer: true, config: true, raft: true },
  raftz: { group: '_meta_' },
};

interface Answer {
  readonly server?: { readonly id?: string; readonly name?: string };
  readonly data?: unknown;
  readonly error?: { readonly description?: string };
}

/** By the subjects of the system account, at which each server answers with the same pages. */
export function systemDoor(nc: NatsConnection, serverId: string, deadlineMs: number): ServerDoor {
  return {
    ask: async (page) => {
      const subject = `$SYS.REQ.SERVER.${serverId}.${page.toUpperCase()}`;
      const message = await nc.request(subject, JSON.stringify(QUESTIONS[page]), { timeout: deadlineMs });
      const { data, error } = (await parseJsonInSlices(message.string())) as Answer;
      if (error !== undefined || data === undefined) {
        throw new Error(`${subject}: ${error?.description ?? 'an answer without data'}`);
      }
      return data;
    },
  };
}

/** Every server of the system that answers within `patienceMs`, by the system account. */
export async function findServers(
  nc: NatsConnection,
  patienceMs: number,
): Promise<readonly { readonly id: string; readonly name: string }[]> {
  const found: { id: string; name: string }[] = [];
  const answers = await nc.requestMany('$SYS.REQ.SERVER.PING', undefined, {
    strategy: 'timer',
    maxWait: patienceMs,
  });
  for await (const message of answers) {
    const { server } = message.json<Answer>();
    if (server?.id) found.push({ id: server.id, name: server.name ?? server.id });
  }
  return found;
}

/** The name of the account that a connection is in; undefined where the server does not say. */
export async function accountOf(nc: NatsConnection, deadlineMs: number): Promise<string | undefined> {
  try {
    const message = await nc.request('$SYS.REQ.USER.INFO', undefined, { timeout: deadlineMs });
    const { data } = message.json<{ data?: { account?: string; account_name?: string } }>();
    return data?.account_name || data?.account;
  } catch {
    return undefined;
  }
}
