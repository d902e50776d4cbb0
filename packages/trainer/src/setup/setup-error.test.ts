import { expect, it } from 'vitest';
import { cacheError, lastWords, toolError } from './setup-error.js';

const failed = (output: string) => ({ code: 1, stdout: '', output });

// What pip 23, uv 0.13, npm 11, node-gyp 12 and g++ 12 wrote when this was tried.
it.each([
  [
    'pip without a network',
    `WARNING: Retrying (Retry(total=0, connect=None)) after connection broken by 'NewConnectionError('<x>: Failed to establish a new connection: [Errno -3] Temporary failure in name resolution')': /simple/a/
ERROR: Could not find a version that satisfies the requirement a==1 (from versions: none)
ERROR: No matching distribution found for a==1`,
    'It failed: the network did not answer as expected. Check the connection, the proxy and the package index, then run ' +
      'this again. It said: ERROR: Could not find a version that satisfies the requirement a==1 (from versions: none) / ' +
      'ERROR: No matching distribution found for a==1',
  ],
  [
    'pip without a fitting wheel',
    `ERROR: Could not find a version that satisfies the requirement a==1 (from versions: 0.9)
ERROR: No matching distribution found for a==1`,
    'It failed: there is no build of a package for this Python and machine. It said: ERROR: Could not find a version that ' +
      'satisfies the requirement a==1 (from versions: 0.9) / ERROR: No matching distribution found for a==1',
  ],
  [
    'pip on a full disk',
    'ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device',
    'It failed: the disk is full. Make room, or choose a folder on another disk with the environment variable VAE_CACHE. ' +
      'It said: ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device',
  ],
  [
    'uv without a network',
    `error: Failed to fetch: \`https://pypi.org/simple/a/\`
  cause: dns error
  cause: failed to lookup address information: Temporary failure in name resolution`,
    'It failed: the network did not answer as expected. Check the connection, the proxy and the package index, then run ' +
      'this again. It said: error: Failed to fetch: `https://pypi.org/simple/a/` / cause: dns error / ' +
      'cause: failed to lookup address information: Temporary failure in name resolution',
  ],
  [
    'npm without a network',
    `npm error code EAI_AGAIN
npm error request to https://registry.npmjs.org/a failed, reason: getaddrinfo EAI_AGAIN registry.npmjs.org
npm error A complete log of this run can be found in: /x.log`,
    'It failed: the network did not answer as expected. Check the connection, the proxy and the package index, then run ' +
      'this again. It said: npm error code EAI_AGAIN / npm error request to https://registry.npmjs.org/a failed, reason: ' +
      'getaddrinfo EAI_AGAIN registry.npmjs.org',
  ],
  [
    'a compiler',
    `g++ -o a.o
../a.cc:1:10: fatal error: tensorflow/c/c_api.h: No such file or directory
make: *** [a.o] Error 1
gyp ERR! stack Error: \`make\` failed with exit code: 2
gyp ERR! stack at ChildProcess.<anonymous> (/x/build.js:219:23)`,
    'It failed: exit code 1. It said: ../a.cc:1:10: fatal error: tensorflow/c/c_api.h: No such file or directory',
  ],
  [
    'a traceback of Python that is about no package',
    `Traceback (most recent call last):
  File "a.py", line 1, in <module>
importlib.metadata.PackageNotFoundError: No package metadata was found for a`,
    'It failed: exit code 1. It said: Traceback (most recent call last): / File "a.py", line 1, in <module> / ' +
      'importlib.metadata.PackageNotFoundError: No package metadata was found for a',
  ],
  ['nothing', '', 'It failed: exit code 1.'],
])('says what is wrong in the words of %s', (_, output, message) => {
  expect(toolError('It failed', failed(output))).toMatchObject({ code: 'setup-failed', message });
});

it('names the signal, and what the system says of a program that is not there', () => {
  expect(toolError('It failed', { code: null, endedBy: 'SIGKILL', stdout: '', output: '' }).message).toBe(
    'It failed: ended by SIGKILL.',
  );
  const error = Object.assign(new Error('spawn'), { code: 'ENOENT' });
  expect(toolError('It failed', { code: null, error, stdout: '', output: '' }).message).toBe(
    'It failed: there is no such file or folder.',
  );
});

it('cuts what is long', () => {
  expect(lastWords('x'.repeat(1000))).toBe(`${'x'.repeat(400)}…`);
});

it('leaves errors alone that are not of the file system', () => {
  const bug = new RangeError('bug');
  expect(cacheError(bug, '/cache')).toBe(bug);
});
