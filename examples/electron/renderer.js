const canvas = document.querySelector('canvas');
const sliders = [...document.querySelectorAll('input')];
Object.assign(canvas.style, { width: '280px', imageRendering: 'pixelated' });

let drawing = false;
let changed = false;

/** Draws the newest latent; while one picture is on its way, changes wait for it together. */
async function draw() {
  changed = true;
  if (drawing) return;
  drawing = true;
  while (changed) {
    changed = false;
    show(await window.vae.decode(sliders.map((slider) => slider.valueAsNumber)));
  }
  drawing = false;
}

function show({ data, shape: [, , height, width] }) {
  const image = new ImageData(width, height);
  for (const [i, value] of data.entries())
    image.data.set([255 * value, 255 * value, 255 * value, 255], 4 * i);
  canvas.getContext('2d').putImageData(image, 0, 0);
}

for (const slider of sliders) slider.addEventListener('input', draw);
draw();
