/** Each driver by itself, so that they run side by side. */
import { describeCrashPoints } from './crashPoints.ts';

describeCrashPoints('rpc');
