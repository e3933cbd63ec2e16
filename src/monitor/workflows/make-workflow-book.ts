import type { MakeBook } from '../books.js';
import { WorkflowBook } from './workflow-book.js';
import { type WorkflowsPlan, workflowsSchema } from './workflows-schema.js';

/** Follows workflows as the section `workflows` says, or by the defaults. */
export const makeWorkflowBook: MakeBook = (scene) =>
  new WorkflowBook(
    (scene.section('workflows') as WorkflowsPlan | undefined) ?? workflowsSchema.parse({}),
    scene,
  );
