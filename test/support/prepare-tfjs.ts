import { setUpTfjs } from '@vae/trainer';

/** Once, before all tests: the tfjs-node that VAE_TEST_TFJS_NODE=1 asks for. What is there already is only checked. */
export default async function prepareTfjs(): Promise<void> {
  if (process.env.VAE_TEST_TFJS_NODE !== '1') return;
  await setUpTfjs({ gpu: false, onNote: (text) => console.error(text) });
}
