import { join } from 'node:path';
import { VAE } from '@vae/sdk';
import { app, BrowserWindow, ipcMain } from 'electron';

// The native runtime runs here, in worker threads; the window only asks for pictures.
const loading = VAE.load('mnist-conv');

ipcMain.handle('decode', async (_, z) => {
  const vae = await loading;
  const { data, shape } = await vae.decode(z);
  return { data, shape };
});

app.whenReady().then(() => {
  const window = new BrowserWindow({
    width: 480,
    height: 560,
    // Sandboxed and without Node, as is the default: a page gets only what preload.cjs names.
    webPreferences: { preload: join(import.meta.dirname, 'preload.cjs') },
  });
  return window.loadFile('index.html');
});

app.on('window-all-closed', () => app.quit());

// Worker threads that are left running would keep the native library busy while it is unloaded.
app.once('will-quit', async (event) => {
  event.preventDefault();
  await loading.then((vae) => vae.dispose()).catch(() => {});
  app.exit();
});
