// Runs the contract on the built package: node contract-child.mjs '{"source": ..., "conditional": ..., "options": ...}'
import { VAE } from '@vae/sdk';
import { classContract, contract } from './contract.mjs';

const { source, conditional, options } = JSON.parse(process.argv[2]);
const results = await contract(VAE, source, options);
console.log(JSON.stringify({ ...results, ...(await classContract(VAE, conditional, options)) }));
