import { open, readFile, rm, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { NS, nowNs } from '../base/clock.js';
import type {
  DamagedFile,
  DirectoryLook,
  FileDamage,
  FileLook,
  PowerLoss,
  StoreControl,
  StoreFile,
  StoreRepair,
  VolumeLook,
  WriteThrottle,
} from '../contracts/stores.js';
import type { LiftThrottle, RejoinNode } from '../contracts/undo.js';
import { waitUntilCaughtUp } from '../nats/caught-up.js';
import { copyWhole } from '../processes/copy-whole.js';
import { damageFile, lookAtFile } from '../processes/damage-file.js';
import { copyDirectory, lookAtDirectory, putBack } from '../processes/directory-copy.js';
import { fillVolume, freeBytesOf } from '../processes/fill-volume.js';
import { lastLines, sizeOf } from '../processes/log-tail.js';
import { losePower } from '../processes/lose-power.js';
import { requireBelow, requireMarked } from '../processes/marked-place.js';
import { type Mount, mountAt } from '../processes/mounts.js';
import { repairStore } from '../processes/repair-store.js';
import { RUN_MARK } from '../processes/run-mark.js';
import { readThrottle, setThrottle } from '../processes/write-throttle.js';
import { CLUSTER_UNDO_ID } from './cluster-undo.js';
import { withStoreLimit } from './limit-store.js';
import type { ServerNode } from './server-node.js';
import { placementTag } from './server-settings.js';
import { StoreFiles } from './store-files.js';
import { imageOf } from './store-volumes.js';

/** More than this a server seldom says between two looks. */
const MOST_LINES = 500;

const WITNESS = { flushed: '.stormglass-flushed', unflushed: '.stormglass-unflushed', text: 'was here' };

export interface ProcessStoresOptions {
  readonly workDir: string;
  readonly mark: string;
  server(name: string): ServerNode;
}

/** The stores of servers of ours, all below one directory that carries the run's mark. */
export class ProcessStores implements StoreControl {
  readonly undoId = CLUSTER_UNDO_ID;
  readonly #options: ProcessStoresOptions;
  /** By store: what is known of it, its groups' names above all, outlives the server. */
  readonly #stores = new Map<string, StoreFiles>();
  #records = 0;

  constructor(options: ProcessStoresOptions) {
    this.#options = options;
  }

  async lookAtVolume(node: string): Promise<VolumeLook | undefined> {
    const mount = await mountAt(this.#storeOf(node));
    if (mount === undefined) return undefined;
    const { mountPoint, type } = mount;
    return { kind: type === 'tmpfs' ? 'tmpfs' : 'loop', mountPoint, ...(await freeBytesOf(mountPoint)) };
  }

  balloonOf(node: string, tag: string): string {
    return join(this.#storeOf(node), `.stormglass-balloon-${tag}`);
  }

  async fill(node: string, tag: string, leftBytes: number): Promise<void> {
    const { mountPoint } = await this.#volumeOf(node);
    await fillVolume(mountPoint, this.balloonOf(node, tag), leftBytes);
  }

  async throttleRecord(node: string): Promise<LiftThrottle> {
    const { device, mountPoint } = await this.#blockVolumeOf(node);
    const { workDir, mark } = this.#options;
    return {
      kind: 'lift-throttle',
      id: `throttle-${node}-${++this.#records}`,
      what: `let node ${node} write to its disk as fast as it can`,
      manual: `for f in bps iops; do echo '${device} 0' >/sys/fs/cgroup/blkio/blkio.throttle.write_\${f}_device; done`,
      device,
      mountPoint,
      root: workDir,
      mark,
    };
  }

  async throttle(node: string, throttle: WriteThrottle): Promise<void> {
    await setThrottle((await this.#blockVolumeOf(node)).device, throttle);
  }

  async lookAtThrottle(node: string): Promise<WriteThrottle> {
    return readThrottle((await this.#blockVolumeOf(node)).device);
  }

  async timeWrites(
    node: string,
    { bytes, times }: { readonly bytes: number; readonly times: number },
  ): Promise<number> {
    const path = join(this.#storeOf(node), `.stormglass-probe-${++this.#records}`);
    const block = Buffer.alloc(bytes, 1);
    const file = await open(path, 'wx', 0o600);
    try {
      const startNs = nowNs();
      for (let i = 0; i < times; i++) {
        await file.write(block);
        await file.sync();
      }
      return (nowNs() - startNs) / NS.ms;
    } finally {
      await file.close();
      await unlink(path);
    }
  }

  async flushWitness(node: string): Promise<void> {
    await this.#blockVolumeOf(node);
    const store = this.#storeOf(node);
    await flushed(join(store, WITNESS.flushed), 'w');
    // Its name is the directory's to flush.
    await flushed(store, 'r');
  }

  async losePower(node: string): Promise<PowerLoss> {
    const { mountPoint } = await this.#blockVolumeOf(node);
    const { workDir, mark } = this.#options;
    await requireMarked(workDir, mark);
    await requireBelow(mountPoint, workDir);
    const streams = join(mountPoint, 'jetstream');
    const before = await lookAtDirectory(streams);
    const [kept, lost] = [join(mountPoint, WITNESS.flushed), join(mountPoint, WITNESS.unflushed)];
    await writeFile(lost, WITNESS.text);
    await losePower(mountPoint, imageOf(workDir, node));
    const isThere = async (path: string) => (await readFile(path, 'utf8').catch(() => '')) === WITNESS.text;
    const [flushedIsThere, unflushedIsThere] = [await isThere(kept), await isThere(lost)];
    for (const path of [kept, lost]) await rm(path, { force: true });
    return { before, after: await lookAtDirectory(streams), flushedIsThere, unflushedIsThere };
  }

  files(node: string): Promise<readonly StoreFile[]> {
    return this.#filesOf(node).list();
  }

  directoriesOf(node: string, stream: string): Promise<readonly string[]> {
    return this.#filesOf(node).directoriesOf(stream);
  }

  directoriesOfMetaGroup(node: string): Promise<readonly string[]> {
    return this.#filesOf(node).directoriesOfMetaGroup();
  }

  async damage(file: StoreFile, damage: FileDamage, copyTo: string): Promise<DamagedFile> {
    await this.#requireOurs(file.path, copyTo);
    return { file, copy: copyTo, ...(await damageFile(file.path, damage, copyTo)) };
  }

  async copyDirectory(from: string, to: string): Promise<DirectoryLook | undefined> {
    await this.#requireOurs(from, to);
    await copyDirectory(from, to);
    return lookAtDirectory(to);
  }

  async replaceDirectory(path: string, by: string): Promise<DirectoryLook | undefined> {
    await this.#requireOurs(path, by);
    if (!(await putBack(by, path))) await rm(path, { recursive: true, force: true, maxRetries: 3 });
    return lookAtDirectory(path);
  }

  lookAtFile(path: string): Promise<FileLook | undefined> {
    return lookAtFile(path);
  }

  rejoinRecord(node: string, what: string, { remove, restore }: StoreRepair): RejoinNode {
    const { workDir, mark } = this.#options;
    const { command, args, logFile, view } = this.#options.server(node);
    const start = [command, ...args].map((word) => `'${word}'`).join(' ');
    const steps = [
      `pkill -KILL -f -- '${args.join(' ')}'`,
      ...(remove.length > 0 ? [`rm -rf ${remove.map((path) => `'${path}'`).join(' ')}`] : []),
      ...restore.map(({ from, to }) => `cp -rT '${from}' '${to}'`),
      `${RUN_MARK}=${mark} ${start} >>'${logFile}' 2>&1 &`,
    ];
    return {
      kind: 'rejoin-node',
      id: `rejoin-${node}-${++this.#records}`,
      what,
      manual: steps.join('; '),
      within: CLUSTER_UNDO_ID,
      node,
      command,
      args,
      mark,
      logFile,
      root: workDir,
      remove,
      restore,
      ...(view.monitorUrl !== undefined && { monitorUrl: view.monitorUrl }),
    };
  }

  /** As its record says, through the server that keeps track of its process. */
  async rejoin(record: RejoinNode): Promise<string> {
    const server = this.#options.server(record.node);
    // Also one that was just started, or has just died of what is to be repaired.
    await server.stop(0);
    const repaired = await repairStore(record.root, record.mark, record);
    await server.start();
    const state = record.monitorUrl && (await waitUntilCaughtUp(record.monitorUrl));
    return [repaired, `node ${record.node} was started`, state].filter(Boolean).join('; ');
  }

  placementTag(node: string): string {
    return placementTag(this.#options.server(node).view.serverName ?? node);
  }

  settingsCopy(node: string, tag: string): { readonly from: string; readonly to: string } {
    const { configFile } = this.#options.server(node);
    return { from: `${configFile}.before-${tag}`, to: configFile };
  }

  async restartWithLimit(node: string, tag: string, maxFileStoreBytes: number): Promise<void> {
    const server = this.#options.server(node);
    const { from, to } = this.settingsCopy(node, tag);
    const limited = withStoreLimit(await readFile(to, 'utf8'), maxFileStoreBytes);
    // Written anew, the file keeps its mode: it holds passwords.
    await copyWhole(to, from);
    await writeFile(to, limited);
    await server.stop();
    await server.start();
  }

  logEnd(node: string): number {
    return sizeOf(this.#options.server(node).logFile);
  }

  logSince(node: string, fromByte: number): readonly string[] {
    return lastLines(this.#options.server(node).logFile, { count: MOST_LINES, fromByte });
  }

  async #requireOurs(...paths: readonly string[]): Promise<void> {
    const { workDir, mark } = this.#options;
    await requireMarked(workDir, mark);
    for (const path of paths) await requireBelow(path, workDir);
  }

  #storeOf(node: string): string {
    return this.#options.server(node).view.storeDir as string;
  }

  #filesOf(node: string): StoreFiles {
    const { monitorUrl } = this.#options.server(node).view;
    const storeDir = this.#storeOf(node);
    const store = this.#stores.get(storeDir) ?? new StoreFiles(storeDir, monitorUrl as string);
    this.#stores.set(storeDir, store);
    return store;
  }

  async #volumeOf(node: string): Promise<Mount> {
    const mount = await mountAt(this.#storeOf(node));
    if (mount === undefined) throw new Error(`the store of node ${node} is not on a volume of its own`);
    return mount;
  }

  async #blockVolumeOf(node: string): Promise<Mount> {
    const mount = await this.#volumeOf(node);
    if (mount.type === 'tmpfs') throw new Error(`the store of node ${node} is not on a block device`);
    return mount;
  }
}

/** Writes the witness into a file, unless it is only to be flushed, and flushes it to the disk. */
async function flushed(path: string, flags: 'w' | 'r'): Promise<void> {
  const file = await open(path, flags, 0o600);
  try {
    if (flags === 'w') await file.writeFile(WITNESS.text);
    await file.sync();
  } finally {
    await file.close();
  }
}
