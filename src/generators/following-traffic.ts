import type { Outlet } from './backlog.js';

/** Of kinds that follow what others do, or keep their own time: no schedule hands them operations to send. */
export abstract class FollowingTraffic implements Outlet {
  room(): number {
    return 0;
  }

  heldBySystem(): boolean {
    return false;
  }

  send(): number {
    throw new Error('there is no room for what a schedule would want to send');
  }

  giveUp(): void {}

  drop(): void {}
}
