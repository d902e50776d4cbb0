import { setupOfThread } from '../thread/answers.js';
import { TfjsPrograms, type TfjsSetup } from './programs.js';
import { serve } from './serve.js';

// TensorFlow.js computes on the thread that calls it, so the engine has this one to itself.

serve(TfjsPrograms.open(setupOfThread<TfjsSetup>()));
