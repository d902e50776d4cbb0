import { parentPort, workerData } from 'node:worker_threads';
import { TfjsPrograms, type TfjsSetup } from './programs.js';
import { serve } from './serve.js';

// TensorFlow.js computes on the thread that calls it, so the engine has this one to itself.

serve(parentPort!, TfjsPrograms.open(workerData as TfjsSetup));
