import { describe, expect, it } from 'vitest';
import { fillNormal, fillUniform, normal, permutation, philox4x32, streamId, uniform } from './index.js';
import { cosine, logOfWord, quarterOfTurn, restOfTurn, sine } from './math.js';

const ones = 0xffffffff;

describe('philox4x32', () => {
  // Known answers for philox 4x32, 10 rounds, from the kat_vectors file of Random123 (D. E. Shaw Research).
  it.each([
    { counter: [0, 0, 0, 0], key: [0, 0], words: [0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8] },
    {
      counter: [ones, ones, ones, ones],
      key: [ones, ones],
      words: [0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd],
    },
    {
      counter: [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344],
      key: [0xa4093822, 0x299f31d0],
      words: [0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1],
    },
  ] as const)('gives the published words for counter $counter', ({ counter, key, words }) => {
    expect(philox4x32(counter, key)).toEqual(words);
  });

  it('refuses a word that is no uint32', () => {
    expect(() => philox4x32([0, 0, 0, 2 ** 32], [0, 0])).toThrow('philox4x32: 4294967296 is no uint32.');
  });
});

describe('streamId', () => {
  // From the FNV reference code's published test vectors, 32-bit FNV-1a.
  it.each([
    ['', 0x811c9dc5],
    ['a', 0xe40c292c],
    ['foobar', 0xbf9cf968],
  ])('hashes %j', (name, hash) => {
    expect(streamId(name)).toBe(hash);
    expect(streamId(name)).toBe(hash);
  });

  it('hashes UTF-8 bytes', () => {
    let hash = 0x811c9dc5;
    for (const byte of [0xc3, 0xa9]) hash = Math.imul(hash ^ byte, 0x01000193);
    expect(streamId('é')).toBe(hash >>> 0);
  });
});

describe('own logarithm, sine and cosine', () => {
  const words = [0, 1, 2, 0x7fffffff, 0x80000000, 0xb504f333, 0xfffffffe, ones];
  for (let i = 0; i < 20_000; i++) words.push(Math.imul(i, 0x9e3779b1) >>> 0);

  it('agrees with Math.log to 4e-16 of the result or 1e-16', () => {
    for (const word of words) {
      const u = (word + 0.5) / 2 ** 32;
      // Near 1 the argument itself is exact in double, and so is 1 - u: log1p is the better judge there.
      const expected = u > 0.5 ? Math.log1p(-(2 ** 32 - word - 0.5) / 2 ** 32) : Math.log(u);
      expect(Math.abs(logOfWord(word) - expected)).toBeLessThan(1e-16 + 4e-16 * Math.abs(expected));
    }
  });

  it('agrees with Math.sin and Math.cos to 2e-15', () => {
    for (const word of words) {
      const angle = (2 * Math.PI * (word + 0.5)) / 2 ** 32;
      const turned = (quarterOfTurn(word) * Math.PI) / 2 + restOfTurn(word);
      expect(Math.abs(Math.sin(turned) - Math.sin(angle))).toBeLessThan(2e-15);
      expect(Math.abs(restOfTurn(word))).toBeLessThan(Math.PI / 4);
      expect(Math.abs(sine(restOfTurn(word)) - Math.sin(restOfTurn(word)))).toBeLessThan(4e-16);
      expect(Math.abs(cosine(restOfTurn(word)) - Math.cos(restOfTurn(word)))).toBeLessThan(4e-16);
    }
  });
});

describe('normal', () => {
  const key = { seed: 2 ** 40 + 5, stream: 'eps', step: 3, index: 4_000_000_000 };

  it('is Box-Muller on the words that the documentation names', () => {
    const drawn = normal(key, 12);
    for (let block = 0; block < 3; block++) {
      const w = philox4x32([block, 4_000_000_000, 3, streamId('eps')], [5, 2 ** 8]);
      for (const i of [0, 2]) {
        const radius = Math.sqrt(-2 * Math.log((w[i]! + 0.5) / 2 ** 32));
        const angle = (2 * Math.PI * (w[i + 1]! + 0.5)) / 2 ** 32;
        expect(drawn[4 * block + i]).toBeCloseTo(radius * Math.cos(angle), 6);
        expect(drawn[4 * block + i + 1]).toBeCloseTo(radius * Math.sin(angle), 6);
      }
    }
  });

  it('has the moments and tail of a standard normal', () => {
    const n = 1_000_000;
    const x = normal({ seed: 1, stream: 'moments' }, n);
    const moment = (power: number) => x.reduce((sum, value) => sum + value ** power, 0) / n;
    // Four standard errors of each sample moment: sqrt(var(x^k) / n).
    expect(Math.abs(moment(1))).toBeLessThan(4 * Math.sqrt(1 / n));
    expect(Math.abs(moment(2) - 1)).toBeLessThan(4 * Math.sqrt(2 / n));
    expect(Math.abs(moment(3))).toBeLessThan(4 * Math.sqrt(15 / n));
    expect(Math.abs(moment(4) - 3)).toBeLessThan(4 * Math.sqrt(96 / n));
    const beyond = x.reduce((count, value) => count + (Math.abs(value) > 1.959963984540054 ? 1 : 0), 0) / n;
    expect(Math.abs(beyond - 0.05)).toBeLessThan(4 * Math.sqrt((0.05 * 0.95) / n));
  });

  it('is uncorrelated between neighbours, rows, steps and streams', () => {
    const n = 200_000;
    const a = normal({ seed: 1, stream: 'a' }, n);
    const others = [
      normal({ seed: 1, stream: 'b' }, n),
      normal({ seed: 2, stream: 'a' }, n),
      normal({ seed: 1, stream: 'a', step: 1 }, n),
      normal({ seed: 1, stream: 'a', index: 1 }, n),
      a.subarray(1),
      a.subarray(2),
    ];
    for (const b of others) {
      let sum = 0;
      for (let i = 0; i < b.length; i++) sum += a[i]! * b[i]!;
      expect(Math.abs(sum / b.length)).toBeLessThan(4 / Math.sqrt(n));
    }
  });

  it('draws an element alone or in company alike', () => {
    const whole = normal(key, 103);
    for (const count of [0, 1, 2, 3, 5, 8]) expect(normal(key, count)).toEqual(whole.subarray(0, count));
    const out = new Float32Array(10).fill(9);
    fillNormal(out, key, 2, 7);
    expect([...out]).toEqual([9, 9, ...whole.subarray(0, 7), 9]);
  });

  it.each([
    [{ seed: -1, stream: 's' }, 'seed is -1, expected a whole number from 0 to 2^53 - 1'],
    [{ seed: 0.5, stream: 's' }, 'seed is 0.5'],
    [{ seed: 2 ** 53, stream: 's' }, 'seed is 9007199254740992'],
    [{ seed: 0, stream: 's', step: -1 }, 'step is -1, expected a whole number from 0 to 2^32 - 1'],
    [{ seed: 0, stream: 's', index: 2 ** 32 }, 'index is 4294967296'],
  ])('refuses the key %j', (bad, text) => {
    expect(() => normal(bad, 1)).toThrow(text);
  });

  it('refuses elements outside the array', () => {
    expect(() => fillNormal(new Float32Array(4), key, 2, 3)).toThrow(
      'elements 2 to 5 are asked for in an array of 4',
    );
  });
});

describe('uniform', () => {
  it('is the documented function of the words', () => {
    const w = philox4x32([0, 0, 0, streamId('u')], [3, 0]);
    expect([...uniform({ seed: 3, stream: 'u' }, 4)]).toEqual(
      w.map((word) => (Math.floor(word / 512) + 0.5) / 2 ** 23),
    );
  });

  it('fills the open interval evenly', () => {
    const out = new Float32Array(1_000_000);
    fillUniform(out, { seed: 5, stream: 'u' });
    const bins = new Array<number>(100).fill(0);
    for (const u of out) bins[Math.floor(u * 100)]!++;
    expect(out.every((u) => u > 0 && u < 1)).toBe(true);
    // Pearson's statistic with 99 degrees of freedom; 148 is its 99.9 % quantile.
    expect(bins.reduce((sum, n) => sum + (n - 10_000) ** 2 / 10_000, 0)).toBeLessThan(148);
  });
});

describe('permutation', () => {
  it('holds every number once', () => {
    for (const n of [0, 1, 2, 1000]) {
      const order = permutation(n, { seed: 1, stream: 'order' });
      expect([...order].sort((a, b) => a - b)).toEqual(Array.from({ length: n }, (_, i) => i));
    }
  });

  it('gives each of the 24 orders of four equally often', () => {
    const counts = new Map<string, number>();
    const n = 24_000;
    for (let step = 0; step < n; step++) {
      const order = permutation(4, { seed: 9, stream: 'order', step }).join('');
      counts.set(order, (counts.get(order) ?? 0) + 1);
    }
    expect(counts.size).toBe(24);
    // 23 degrees of freedom; 49.7 is the 99.9 % quantile.
    expect([...counts.values()].reduce((sum, c) => sum + (c - 1000) ** 2 / 1000, 0)).toBeLessThan(49.7);
  });

  it('follows the documented walk over the words', () => {
    const w = [0, 1].flatMap((block) => philox4x32([block, 0, 0, streamId('o')], [4, 0]));
    const expected = [0, 1, 2, 3, 4, 5];
    for (let i = 5, at = 0; i > 0; i--) {
      const j = w[at++]! % (i + 1);
      [expected[i], expected[j]] = [expected[j]!, expected[i]!];
    }
    expect([...permutation(6, { seed: 4, stream: 'o' })]).toEqual(expected);
  });
});
