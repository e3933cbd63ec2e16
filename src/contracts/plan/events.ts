import type { RecordFilePlan } from './record-file.js';
import type { SizePlan } from './size.js';

/** One kind of event: the subject it goes to and how often it occurs among its domain's types. */
export interface EventKind {
  readonly domain: string;
  readonly type: string;
  readonly subject: string;
  /** Share among all events of a load that selects every domain; a load normalizes over the domains it selects. */
  readonly weight: number;
  /** Of the payload; where its template or its file makes it, the bounds of what they make. */
  readonly size: SizePlan;
  /** What the payload is; bytes that do not compress unless told. */
  readonly payload?: PayloadPlan;
}

export type PayloadPlan =
  /** Compressed, it has about `ratio` of its size. */
  | { readonly kind: 'compressible'; readonly ratio: number }
  /** A text with placeholders; see base/template.ts. */
  | { readonly kind: 'template'; readonly text: string }
  | { readonly kind: 'file'; readonly file: RecordFilePlan };
