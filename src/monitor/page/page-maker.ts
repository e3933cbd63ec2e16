import { Breath } from '../../base/breath.js';
import { nowNs } from '../../base/clock.js';
import { NS } from '../../base/nanoseconds.js';
import type { MetricFamily, MetricSource } from '../../contracts/metric.js';
import { PageBytes } from './page-bytes.js';
import { familyHead, PAGE_END, type PageFormat, sampleLine } from './page-format.js';

/** For so long at a time the page is written and no event is received. */
const SLICE_NS = 2 * NS.ms;
/** So many lines are written between two looks at the clock. */
const LINES_A_LOOK = 128;

/** Writes the page again and again, and knows how long it took. */
export class PageMaker {
  /** How long the last page took. */
  lastSeconds = 0;
  /** Metrics that could not be written, and were left out. */
  faults = 0;
  readonly #sources: readonly MetricSource[];
  #lastBytes = 0;

  /** @param sources in the order in which they are shown */
  constructor(sources: readonly MetricSource[]) {
    this.#sources = sources;
  }

  async make(format: PageFormat): Promise<Buffer> {
    const startNs = nowNs();
    // Little more than the last, so that it need not be moved while it is written.
    const page = new PageBytes(1.05 * this.#lastBytes);
    await writePage(this.#sources, format, page, () => this.faults++);
    const { written } = page;
    this.#lastBytes = written.length;
    this.lastSeconds = (nowNs() - startNs) / NS.s;
    return written;
  }
}

/**
 * Writes the page bit by bit, so that events go on being received between: figures may lie as far apart as the page takes to
 * be written, since each is taken when its line is. Of two families of one name the first is shown: a page with both would be
 * refused as a whole. One that cannot be written is left out: that is no reason not to see the others.
 */
async function writePage(
  sources: readonly MetricSource[],
  format: PageFormat,
  page: PageBytes,
  onFault: () => void,
): Promise<void> {
  const shown = new Set<string>();
  const breath = new Breath(SLICE_NS);
  const write = async (family: MetricFamily) => {
    let text = familyHead(family, format);
    let lines = 0;
    for (const sample of family.samples) {
      text += sampleLine(family.name, sample, format);
      if (++lines % LINES_A_LOOK > 0) continue;
      page.write(text);
      text = '';
      if (breath.isDue) await breath.take();
    }
    page.write(text);
    if (breath.isDue) await breath.take();
  };
  for (const source of sources) {
    try {
      for (const family of source.families()) {
        if (shown.has(family.name)) continue;
        shown.add(family.name);
        await write(family).catch(onFault);
      }
    } catch {
      onFault();
    }
  }
  page.write(PAGE_END[format]);
}
