import { expect, it } from 'vitest';
import { assertInside } from './file-name.js';

it.each([
  'vae.json',
  'encoder.onnx',
  'vae_encoder/model.onnx',
  'a/b/c/model.onnx_data',
  '_x',
  'Größe (2), v1+a@b=c.onnx',
  '重み.onnx',
  'a'.repeat(255),
])('takes %j', (name) => {
  expect(() => assertInside(name, 'here')).not.toThrow();
});

it.each([
  '',
  '.',
  '..',
  '../x',
  'a/../../x',
  '/etc/passwd',
  'a//b',
  'a/',
  'C:\\x',
  'C:x',
  '\\\\server\\share',
  'a\\b',
  'a\0b',
  '%2e%2e',
  'https://example.com/x',
  '.hidden',
  '-rf',
  'x.',
  'x ',
  'x?y',
  'x#y',
  'x:y',
  'PROGRA~1',
  'x\u202ey',
  'nul',
  'COM1.onnx',
  'a/aux.txt',
  'a'.repeat(256),
  'a/b/c/d/e',
])('refuses %j', (name) => {
  expect(() => assertInside(name, 'here')).toThrow("is no plain name of a file in the model's folder.");
});
