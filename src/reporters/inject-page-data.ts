import { StormglassError } from '../base/errors.js';
import type { ReportPage } from '../contracts/report-page.js';

/** What stands in the template where the data goes: the content of its one data element. */
export const DATA_MARK = '"stormglass:data"';

/**
 * The page with its data. Every `<` of the data is escaped, so that nothing in it can end the element that holds it.
 * @throws StormglassError when the text is not a template of the report's page
 */
export function injectPageData(template: string, page: ReportPage): string {
  const parts = template.split(DATA_MARK);
  if (parts.length !== 2) {
    throw new StormglassError(
      'unexpected',
      `not a template of the report's page: ${parts.length - 1} places for data`,
      {
        hint: 'run `npm run build` again',
      },
    );
  }
  const json = JSON.stringify(page).replaceAll('<', '\\u003c');
  return `${parts[0]}${json}${parts[1]}`;
}
