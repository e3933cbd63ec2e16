import type { MakeBook } from '../books.js';
import { WorkflowBook } from './workflow-book.js';
import { type WorkflowsSection, workflowsSchema } from './workflows-schema.js';

/** Follows workflows as the section `workflows` says, or by the defaults; none where it says that. */
export const makeWorkflowBook: MakeBook = (scene) => {
  const section = scene.section('workflows') as WorkflowsSection | undefined;
  if (section === false || section === 'off') return undefined;
  return new WorkflowBook(section ?? workflowsSchema.parse({}), scene);
};
