import '@vae/sdk/element';
import { mountDecoder } from '@vae/sdk/element';

const told = document.querySelector('#told');

const mounted = await mountDecoder(document.querySelector('#here'), '/models/mnist-conv/', {
  controls: 'sliders',
  size: 160,
  onDecode: (image, z) => {
    const mean = image.data.reduce((sum, value) => sum + value, 0) / image.data.length;
    told.textContent = `z = ${[...z].map((value) => value.toFixed(2)).join(', ')}: ${(100 * mean).toFixed(1)} % ink`;
  },
});
mounted.z = [1.2, -0.7];
