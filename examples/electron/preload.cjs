const { contextBridge, ipcRenderer } = require('electron');

contextBridge.exposeInMainWorld('vae', { decode: (z) => ipcRenderer.invoke('decode', z) });
