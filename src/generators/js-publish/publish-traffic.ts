import type { OperationKind } from '../../contracts/history.js';
import { AnsweredTraffic } from '../answered-traffic.js';
import type { JsPublishParams } from './js-publish-schema.js';

/** Publishes to streams, in whichever mode: operations of one kind, with or without message ids. */
export abstract class PublishTraffic extends AnsweredTraffic {
  protected override get historyKinds(): readonly OperationKind[] {
    return ['publish'];
  }

  protected override get hasMessageIds(): boolean {
    return (this.setting.load.params as JsPublishParams)['msg-id'] !== false;
  }
}
