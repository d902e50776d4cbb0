import type { Registry } from '../choice.js';
import { cosine } from './cosine.js';
import { exponential } from './exponential.js';
import { linear } from './linear.js';
import type { Schedule } from './schedule.js';

/** Every schedule that a recipe may name. Schedules count training steps from 0, and nothing else. */
export const schedules = { linear, exponential, cosine } as const satisfies Registry<Schedule>;
