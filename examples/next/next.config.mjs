export default {
  // On the server these load native libraries and worker files from where they are installed.
  serverExternalPackages: ['@vae/sdk', 'onnxruntime-node'],
};
