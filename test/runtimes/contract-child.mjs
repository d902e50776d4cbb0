// Runs the contract on the built package: node contract-child.mjs '{"source": ..., "options": ...}'
import { VAE } from '@vae/sdk';
import { contract } from './contract.mjs';

const { source, options } = JSON.parse(process.argv[2]);
console.log(JSON.stringify(await contract(VAE, source, options)));
