import { Decoder } from './decoder.js';

export default function Page() {
  return (
    <main>
      <h1>Decoded in the browser</h1>
      <Decoder src="/models/mnist-conv/" alt="A written digit" />
      <h1>Decoded on the server</h1>
      <img src="/sample?seed=1" alt="Sixteen samples" />
    </main>
  );
}
