import { z } from 'zod';
import { abortAfter } from '../base/abort-after.js';
import { causeChain, codeOf, StormglassError } from '../base/errors.js';
import type { Fault, FaultContext, FaultKind } from '../contracts/fault.js';
import type { ServePage } from '../contracts/undo.js';
import { evidenceOf, type HeldLook } from './held-looks.js';

const PAGES = 'expected all, or numbers of monitors from 1 on, such as 2 or [1, 3]';
const number = z.int({ error: PAGES }).min(1, { error: PAGES });

/** The keys of a `scrape-outage` in a scenario, beside kind, at, target and for. */
export const scrapeOutageSchema = z.strictObject({
  pages: z
    .union([z.literal('all'), number.transform((one) => [one]), z.array(number).min(1, { error: PAGES })], {
      error: PAGES,
    })
    .default('all')
    .describe(
      "Whose page is away, where `monitor.partitions` makes several: all, or the monitors' numbers, from 1 on",
    ),
});

type ScrapeOutageParams = z.output<typeof scrapeOutageSchema>;

/** What is touched, as a report names it. */
const PAGE = "the monitor's page";

/** A look never hangs a run. */
const LOOK_TAKES_MS = 2_000;

/** Takes the pages of the run's monitor away, as where its host cannot be reached: it goes on counting, and nobody can read it. */
export const scrapeOutage = {
  kind: 'scrape-outage',
  summary: "the page of the run's own monitor refuses whoever asks; the monitor goes on counting",
  needs: ['load'],
  claims: [],
  schema: scrapeOutageSchema,
  defaultTarget: 'all',
  touches: (params) => {
    const { pages } = params as unknown as ScrapeOutageParams;
    return pages === 'all' ? [PAGE] : [...new Set(pages)].map((page) => `${PAGE} ${page}`);
  },
  create: (params) => refusing(params as unknown as ScrapeOutageParams),
} satisfies FaultKind & {
  readonly schema: typeof scrapeOutageSchema;
  readonly defaultTarget: string;
  touches(params: Readonly<Record<string, unknown>>): readonly string[];
};

function refusing({ pages }: ScrapeOutageParams): Fault {
  /** Those that are to refuse. */
  const chosen = ({ monitor: { metricsUrls } }: FaultContext): readonly string[] => {
    if (pages === 'all') return metricsUrls;
    return [...new Set(pages)].map((page) => {
      const url = metricsUrls[page - 1];
      if (url !== undefined) return url;
      const count = metricsUrls.length === 1 ? 'is one monitor' : `are ${metricsUrls.length} monitors`;
      throw new StormglassError('expectation', `there is no page ${page}: there ${count}`, {
        hint: '`monitor.partitions` says how many there are',
      });
    });
  };

  return {
    async prepare(context) {
      return chosen(context).map(
        (url, i): ServePage => ({
          kind: 'serve-page',
          id: `${context.id}-page-${i + 1}`,
          what: `serve ${url} again`,
          manual: 'end the run: its monitor, and with it the page, lives no longer than that',
          url,
        }),
      );
    },

    async inject(context) {
      await Promise.all(chosen(context).map((url) => context.monitor.servePage(url, false)));
    },

    async observe(context, stage) {
      const away = stage === 'during' ? chosen(context) : [];
      return evidenceOf(
        await Promise.all(
          context.monitor.metricsUrls.map((url) =>
            lookAtPage(url, away.includes(url) ? 'refused' : 'served'),
          ),
        ),
      );
    },
  };
}

async function lookAtPage(url: string, wanted: 'refused' | 'served'): Promise<HeldLook> {
  try {
    // Of a connection of its own: one that is kept open says nothing about new ones.
    return await abortAfter(LOOK_TAKES_MS, async (signal) => {
      const response = await fetch(url, { headers: { connection: 'close' }, signal, redirect: 'error' });
      const { byteLength } = await response.arrayBuffer();
      const saw = `status ${response.status}, ${byteLength} bytes`;
      return { at: url, saw, holds: wanted === 'served' && response.ok };
    });
  } catch (error) {
    const cause = error instanceof Error ? error.cause : undefined;
    const isRefused = codeOf(cause) === 'ECONNREFUSED';
    const saw = isRefused ? 'connection refused' : (causeChain(error).at(-1) as string);
    return { at: url, saw, holds: wanted === 'refused' && isRefused };
  }
}
