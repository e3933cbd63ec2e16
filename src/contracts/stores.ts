import type { UndoRecord } from './undo.js';

/** What a volume of our own is made of: memory of bounded size, or a file behind a block device of its own. */
export type VolumeKind = 'tmpfs' | 'loop';

/** Where a node's store lies on a file system of its own, as the operating system shows it. */
export interface VolumeLook {
  readonly kind: VolumeKind;
  readonly mountPoint: string;
  readonly sizeBytes: number;
  /** For those who are root too: nothing is kept back. */
  readonly freeBytes: number;
}

/** A store whose disk lost its power, before and after: what the server had written, and what of it had been flushed. */
export interface PowerLoss {
  readonly before: DirectoryLook | undefined;
  readonly after: DirectoryLook | undefined;
  /** A file that was flushed just before: still there, whole. */
  readonly flushedIsThere: boolean;
  /** A file that was written after it, and not flushed. */
  readonly unflushedIsThere: boolean;
}

/** A bound on what is written to a block device; at least one of them. */
export interface WriteThrottle {
  readonly bytesPerSec?: number;
  readonly writesPerSec?: number;
}

/**
 * What a file of a JetStream store is: `blk` messages; `index` the stream's state, index.db; `meta` its configuration
 * and that configuration's checksum; `consumer` a consumer's state; `raft` the log, term, peers and snapshots of the
 * stream's own Raft group; `snapshot` these snapshots alone; `meta-snapshot` those of the meta group, which say what
 * streams there are.
 */
export const STORE_FILE_CLASSES = [
  'blk',
  'index',
  'meta',
  'consumer',
  'raft',
  'snapshot',
  'meta-snapshot',
] as const;
export type StoreFileClass = (typeof STORE_FILE_CLASSES)[number];

/** A snapshot is a file of its Raft group, too. */
export const isOfClass = ({ fileClass }: StoreFile, asked: StoreFileClass): boolean =>
  fileClass === asked || (asked === 'raft' && fileClass === 'snapshot');

export interface StoreFile {
  readonly path: string;
  /** Below the node's store: the same on every node, and after every start. */
  readonly name: string;
  readonly stream: string;
  readonly fileClass: StoreFileClass;
  readonly bytes: number;
}

/** What is done to one file: cut to a length, or single bits turned over (bit 0 is the lowest of byte 0). */
export type FileDamage = { readonly truncateTo: number } | { readonly flipBits: readonly number[] };

/** A file before and after it was damaged, read from the disk both times. */
export interface DamagedFile {
  readonly file: StoreFile;
  /** Where the file as it was is kept. */
  readonly copy: string;
  readonly before: FileLook;
  readonly after: FileLook;
}

export interface FileLook {
  readonly bytes: number;
  readonly sha256: string;
}

/** A whole directory, as it was at one time: equal digests, equal files of equal names. */
export interface DirectoryLook {
  readonly files: number;
  readonly bytes: number;
  readonly sha256: string;
}

/** What is done to a node's files while it is down, so that it starts well. */
export interface StoreRepair {
  readonly remove: readonly string[];
  /** Files, or whole directories in the place of what is there. A copy that was never made needs no putting back. */
  readonly restore: readonly { readonly from: string; readonly to: string }[];
}

/** The stores of a cluster's nodes, which are ours and on this machine. Paths are absolute. */
export interface StoreControl {
  /** The id of the undo record that takes the stores away, with all that is in them. */
  readonly undoId: string;

  /** `undefined` where the store lies in an ordinary directory. */
  lookAtVolume(node: string): Promise<VolumeLook | undefined>;
  /** The file that `fill` makes; `tag` tells one fault's from another's. */
  balloonOf(node: string, tag: string): string;
  /** Takes up the volume's space until so much is left; 0 for not a block. Rejects without a volume. */
  fill(node: string, tag: string, leftBytes: number): Promise<void>;

  /** What lifts every throttle of the node's volume: data, to be written before. Rejects without a block device. */
  throttleRecord(node: string): Promise<UndoRecord>;
  throttle(node: string, throttle: WriteThrottle): Promise<void>;
  /** What the kernel says holds now: an empty object for no bound at all. */
  lookAtThrottle(node: string): Promise<WriteThrottle>;
  /**
   * Writes so many bytes beside the store and flushes them to the disk (fsync), so many times; resolves to how long all of
   * them took, in ms.
   */
  timeWrites(node: string, writes: { readonly bytes: number; readonly times: number }): Promise<number>;

  /** Flushes a file beside the store, by which `losePower` knows that what was flushed is kept. */
  flushWitness(node: string): Promise<void>;
  /** Takes what was written and not flushed from the node's store; its server is down. Rejects without a block device. */
  losePower(node: string): Promise<PowerLoss>;

  /** The files of the streams that the node has a replica of, by name. */
  files(node: string): Promise<readonly StoreFile[]>;
  /** Everything that the node keeps of a stream: its messages and consumers, and the logs of their Raft groups. */
  directoriesOf(node: string, stream: string): Promise<readonly string[]>;
  /** Where the node keeps the state of the meta group: none, or one directory. */
  directoriesOfMetaGroup(node: string): Promise<readonly string[]>;
  /** Copies a file into a directory of the run's own, then damages it. Rejects for a path that is not in a store of ours. */
  damage(file: StoreFile, damage: FileDamage, copyTo: string): Promise<DamagedFile>;
  /**
   * Copies a directory of a store, whole or not at all. Rejects for a path that is not in a store of ours; a directory
   * that is not there has no copy, and `undefined` is what it looked like.
   */
  copyDirectory(from: string, to: string): Promise<DirectoryLook | undefined>;
  /** Puts a copy in the place of a directory, whose server is down; removes it where there is no copy. As it is then. */
  replaceDirectory(path: string, by: string): Promise<DirectoryLook | undefined>;
  /** `undefined` when there is no such file. */
  lookAtFile(path: string): Promise<FileLook | undefined>;

  /** What ends the node, repairs its files, and starts it: data, to be written before anything is done to them. */
  rejoinRecord(node: string, what: string, repair: StoreRepair): UndoRecord;
  /** By this tag a stream is placed on the node's server, and on no other. */
  placementTag(node: string): string;
  /** The settings file of the node, and where its copy goes when it is changed. */
  settingsCopy(node: string, tag: string): { readonly from: string; readonly to: string };
  /** Keeps a copy of the node's settings and starts it anew with a limit on what its streams take up on disk. */
  restartWithLimit(node: string, tag: string, maxFileStoreBytes: number): Promise<void>;

  /** Where the node's log ends now, for `logSince`. */
  logEnd(node: string): number;
  /** Whole lines that the node has logged since. */
  logSince(node: string, fromByte: number): readonly string[];
}
