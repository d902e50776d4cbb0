interface NavigatorFacts {
  readonly userAgent?: string;
  readonly vendor?: string;
}

/**
 * True in Safari and in every browser of iOS. Threads of the wasm runtime run out of memory there, and its WebGPU
 * crashes, so the plain way is the default.
 */
export function isAppleWebKit(): boolean {
  const { userAgent = '', vendor = '' } = (globalThis as { navigator?: NavigatorFacts }).navigator ?? {};
  // Workers do not see `vendor`; Chrome and Edge name themselves, also where they say "Safari".
  const safari = /^((?!chrome|chromium|android).)*safari/i.test(userAgent);
  return vendor.startsWith('Apple') || safari;
}
