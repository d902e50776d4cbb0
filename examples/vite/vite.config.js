import { defineConfig } from 'vite';

export default defineConfig({
  build: { target: 'es2022' },
  // The development server would move the scripts away from the .wasm file that lies beside them.
  optimizeDeps: { exclude: ['@vae/sdk', 'onnxruntime-web'] },
});
