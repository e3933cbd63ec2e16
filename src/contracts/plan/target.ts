/**
 * Whom a fault hits. Roles are resolved when the fault begins; what is drawn is drawn from the seed, in the plan where
 * the nodes are known then. `draw` is from 0 to below 1: the share of the candidates, by name, that it lies behind.
 */
export type TargetPlan =
  | { readonly role: 'node'; readonly node: string; readonly drawn?: boolean }
  /** `text`: as the scenario named them: `2`, `40%`, `minority`, `all`, `n1, n3`. */
  | {
      readonly role: 'nodes';
      readonly nodes: readonly string[];
      readonly text: string;
      readonly drawn?: boolean;
    }
  | { readonly role: 'leader' }
  /** A node that does not lead the meta group. */
  | { readonly role: 'follower'; readonly draw: number }
  | { readonly role: 'stream-leader'; readonly stream: string }
  /** A node that has a replica of the stream, and does not lead it. */
  | { readonly role: 'stream-follower'; readonly stream: string; readonly draw: number }
  | { readonly role: 'consumer-leader'; readonly stream: string; readonly consumer: string }
  /** The node that most clients are connected to. */
  | { readonly role: 'most-clients' }
  /** None of the nodes: what is hit is something else, named for people. */
  | { readonly role: 'no-node'; readonly touched: readonly string[] };
