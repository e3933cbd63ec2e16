import { lstat, readdir } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { codeOf } from '../base/errors.js';
import type { StoreFile, StoreFileClass } from '../contracts/stores.js';
import { readStreamGroups } from '../nats/stream-groups.js';

/** Where a server keeps the logs of its Raft groups, below its system account. */
const GROUPS = '_js_';
const META_GROUP = '_meta_';
const RAFT_FILE = /^(?:tav\.idx|peers\.idx|msgs\/.+\.blk)$/;
const SNAPSHOT = /^snapshots\/.+$/;

/**
 * What a JetStream store holds of its streams, by name. As nats-server lays it out:
 * `jetstream/<account>/streams/<stream>/{meta.inf,meta.sum,msgs/{1.blk,index.db},obs/<consumer>/o.dat}` and
 * `jetstream/<system account>/_js_/<group>/…` for Raft groups, whose names only the running server tells.
 */
export class StoreFiles {
  readonly #storeDir: string;
  readonly #monitorUrl: string;
  /** By stream: its group and its consumers', as last told; they stand while the server is down. */
  readonly #groups = new Map<string, { readonly own?: string; readonly all: readonly string[] }>();

  constructor(storeDir: string, monitorUrl: string) {
    this.#storeDir = storeDir;
    this.#monitorUrl = monitorUrl;
  }

  async list(): Promise<readonly StoreFile[]> {
    await this.#learnGroups();
    const files: StoreFile[] = [];
    const take = async (
      directory: string,
      stream: string,
      classOf: (name: string) => StoreFileClass | undefined,
    ) => {
      for (const name of await filesBelow(directory)) {
        const fileClass = classOf(name);
        const path = join(directory, name);
        const bytes = fileClass && (await sizeOf(path));
        // What is gone by now was merged into another.
        if (fileClass === undefined || bytes === undefined) continue;
        files.push({ path, name: relative(this.#storeDir, path), stream, fileClass, bytes });
      }
    };
    for (const { stream, directory } of await this.#streams()) {
      await take(directory, stream, classOfStreamFile);
      const own = this.#groups.get(stream)?.own;
      for (const group of own ? await this.#groupDirectories([own]) : []) {
        await take(group, stream, classOfGroupFile);
      }
      // Every stream's, for it says which there are.
      for (const group of await this.directoriesOfMetaGroup()) {
        await take(group, stream, (name) => (SNAPSHOT.test(name) ? 'meta-snapshot' : undefined));
      }
    }
    return files.sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  /** The directories of a stream: its own, and those of its Raft groups and its consumers'. */
  async directoriesOf(stream: string): Promise<readonly string[]> {
    await this.#learnGroups();
    const own = (await this.#streams())
      .filter((each) => each.stream === stream)
      .map(({ directory }) => directory);
    return [...own, ...(await this.#groupDirectories(this.#groups.get(stream)?.all ?? []))];
  }

  directoriesOfMetaGroup(): Promise<readonly string[]> {
    return this.#groupDirectories([META_GROUP]);
  }

  async #learnGroups(): Promise<void> {
    const told = await readStreamGroups(this.#monitorUrl).catch(() => undefined);
    for (const { stream, own, all } of told ?? []) this.#groups.set(stream, { ...(own && { own }), all });
  }

  async #streams(): Promise<{ readonly stream: string; readonly directory: string }[]> {
    const found: { stream: string; directory: string }[] = [];
    for (const account of await namesIn(join(this.#storeDir, 'jetstream'))) {
      const streams = join(this.#storeDir, 'jetstream', account, 'streams');
      for (const stream of await namesIn(streams)) found.push({ stream, directory: join(streams, stream) });
    }
    return found;
  }

  async #groupDirectories(groups: readonly string[]): Promise<string[]> {
    const found: string[] = [];
    for (const account of await namesIn(join(this.#storeDir, 'jetstream'))) {
      const parent = join(this.#storeDir, 'jetstream', account, GROUPS);
      const there = new Set(await namesIn(parent));
      found.push(...groups.filter((group) => there.has(group)).map((group) => join(parent, group)));
    }
    return found;
  }
}

function classOfStreamFile(name: string): StoreFileClass | undefined {
  if (/^msgs\/\d+\.blk$/.test(name)) return 'blk';
  if (name === 'msgs/index.db') return 'index';
  if (name === 'meta.inf' || name === 'meta.sum') return 'meta';
  if (/^obs\/[^/]+\/o\.dat$/.test(name)) return 'consumer';
  return undefined;
}

function classOfGroupFile(name: string): StoreFileClass | undefined {
  if (SNAPSHOT.test(name)) return 'snapshot';
  return RAFT_FILE.test(name) ? 'raft' : undefined;
}

/** Names below a directory; a server removes some while we look. */
async function filesBelow(directory: string): Promise<string[]> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true }).catch(absent);
  return (entries ?? [])
    .filter((entry) => entry.isFile())
    .map((entry) => relative(directory, join(entry.parentPath, entry.name)));
}

const namesIn = async (directory: string): Promise<string[]> =>
  (await readdir(directory).catch(absent)) ?? [];

async function sizeOf(path: string): Promise<number | undefined> {
  return (await lstat(path).catch(absent))?.size;
}

function absent(error: unknown): undefined {
  if (codeOf(error) === 'ENOENT' || codeOf(error) === 'ENOTDIR') return undefined;
  throw error;
}
