import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { messageOf } from '../../base/errors.js';

/** What is to be done to all that goes out to one peer. */
export interface Lane {
  /** IPv4 address. */
  readonly peer: string;
  readonly bytesPerSec?: number;
  readonly delayMs?: number;
  readonly jitterMs?: number;
}

const CALL_MS = 10_000;
/** A class must have a rate: this one is none that a bridge of this machine would reach. */
const UNBOUNDED = '100gbit';
const ROOT = '1:';
/** All that goes to nobody in particular. */
const OTHERS = '1:1';
const FIRST_LANE = 2;

/** The kernel's shaping of what a process's network namespace sends, by iproute2. Only root may, and only on this machine. */
export class TrafficControl {
  readonly #pid: number;
  readonly #device: string;

  private constructor(pid: number, device: string) {
    this.#pid = pid;
    this.#device = device;
  }

  /** Rejects where there is no such address: the process has left that network, or it is not on this machine. */
  static async at(pid: number, address: string): Promise<TrafficControl> {
    const links = JSON.parse(await within(pid, ['ip', '-j', 'address'])) as readonly {
      readonly ifname: string;
      readonly addr_info?: readonly { readonly local?: string }[];
    }[];
    const link = links.find(({ addr_info = [] }) => addr_info.some(({ local }) => local === address));
    if (link === undefined) throw new Error(`process ${pid} has no device with the address ${address}`);
    return new TrafficControl(pid, link.ifname);
  }

  /** These lanes, and no others: each is a class of an htb queue, with a netem queue below where it delays. */
  async lay(lanes: readonly Lane[]): Promise<void> {
    if ((await this.lanes()) > 0) await this.#tc('qdisc', 'del', 'dev', this.#device, 'root');
    if (lanes.length === 0) return;
    await this.#tc('qdisc', 'add', 'dev', this.#device, 'root', 'handle', ROOT, 'htb', 'default', '1');
    await this.#class(OTHERS, UNBOUNDED);
    for (const [i, { peer, bytesPerSec, delayMs, jitterMs = 0 }] of lanes.entries()) {
      const id = `${ROOT}${(FIRST_LANE + i).toString(16)}`;
      await this.#class(id, bytesPerSec === undefined ? UNBOUNDED : `${Math.round(bytesPerSec)}bps`);
      if (delayMs !== undefined) {
        const jitter = jitterMs > 0 ? [`${jitterMs}ms`] : [];
        await this.#tc(
          ...['qdisc', 'add', 'dev', this.#device, 'parent', id, 'netem', 'delay', `${delayMs}ms`, ...jitter],
        );
      }
      await this.#tc(
        ...['filter', 'add', 'dev', this.#device, 'parent', ROOT, 'protocol', 'ip', 'u32'],
        ...['match', 'ip', 'dst', `${peer}/32`, 'flowid', id],
      );
    }
  }

  /** How many peers there are lanes to now, as the kernel says. */
  async lanes(): Promise<number> {
    const filters = await this.#tc('filter', 'show', 'dev', this.#device);
    return filters.split('\n').filter((line) => /\bflowid 1:/.test(line)).length;
  }

  async #class(id: string, rate: string): Promise<void> {
    await this.#tc(
      ...['class', 'add', 'dev', this.#device, 'parent', ROOT, 'classid', id, 'htb', 'rate', rate],
      ...['quantum', '1514'],
    );
  }

  #tc(...args: readonly string[]): Promise<string> {
    return within(this.#pid, ['tc', ...args]);
  }
}

/**
 * Why links of containers cannot be shaped here; `undefined` where they can. Tried in a network namespace of its own
 * that is gone at once.
 */
export async function findShapingLack(delays: boolean): Promise<string | undefined> {
  const add = ['--net', 'tc', 'qdisc', 'add', 'dev', 'lo', 'root'];
  for (const queue of [['htb'], ...(delays ? [['netem', 'delay', '1ms']] : [])]) {
    try {
      await said('unshare', [...add, ...queue]);
    } catch (error) {
      return messageOf(error);
    }
  }
  return undefined;
}

const within = (pid: number, command: readonly string[]): Promise<string> =>
  said('nsenter', [`--net=/proc/${pid}/ns/net`, ...command]);

/** Rejects with what the program said when it fails, does not end in time, or is not there. */
async function said(program: string, args: readonly string[]): Promise<string> {
  try {
    return (await promisify(execFile)(program, args, { timeout: CALL_MS })).stdout;
  } catch (error) {
    const { stderr = '' } = error as { readonly stderr?: string };
    throw new Error(`\`${[program, ...args].join(' ')}\`: ${stderr.trim() || messageOf(error)}`, {
      cause: error,
    });
  }
}
