import { Breath } from '../../base/breath.js';
import { nowNs } from '../../base/clock.js';
import { NS } from '../../base/nanoseconds.js';
import type { MetricSource } from '../../contracts/metric.js';
import { familyHead, PAGE_END, type PageFormat, sampleLine } from './page-format.js';

/** For so long at a time the page is written and no event is received. */
const SLICE_NS = 2 * NS.ms;
/** So many lines are written between two looks at the clock. */
const LINES_A_LOOK = 128;

/** Writes the page again and again, and knows how long it took. */
export class PageMaker {
  /** How long the last page took. */
  lastSeconds = 0;
  readonly #sources: readonly MetricSource[];

  /** @param sources in the order in which they are shown */
  constructor(sources: readonly MetricSource[]) {
    this.#sources = sources;
  }

  async make(format: PageFormat): Promise<Buffer> {
    const startNs = nowNs();
    const page = await makePage(this.#sources, format);
    this.lastSeconds = (nowNs() - startNs) / NS.s;
    return page;
  }
}

/**
 * Writes the page bit by bit, so that events go on being received between: figures may lie as far apart as the page takes to
 * be written, since each is taken when its line is. Of two families of one name the first is shown: a page with both would be
 * refused as a whole.
 */
async function makePage(sources: readonly MetricSource[], format: PageFormat): Promise<Buffer> {
  const chunks: Buffer[] = [];
  const shown = new Set<string>();
  let text = '';
  const breath = new Breath(SLICE_NS);
  const breathe = async () => {
    chunks.push(Buffer.from(text));
    text = '';
    await breath.take();
  };
  for (const source of sources) {
    for (const family of source.families()) {
      if (shown.has(family.name)) continue;
      shown.add(family.name);
      text += familyHead(family, format);
      let lines = 0;
      for (const sample of family.samples) {
        text += sampleLine(family.name, sample, format);
        if (++lines % LINES_A_LOOK === 0 && breath.isDue) await breathe();
      }
      if (breath.isDue) await breathe();
    }
  }
  chunks.push(Buffer.from(text + PAGE_END[format]));
  return Buffer.concat(chunks);
}
