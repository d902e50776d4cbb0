/** threshold.wat, assembled; the test beside it does that again and compares. */
export const thresholdModule =
  'AGFzbQEAAAABCgFgBX9/f399AX8CBgEAAAIAAQMCAQAHDQEJdGhyZXNob2xkAAAKlAEBkQECAn8GeyAC/REhCiAE/RMhC/0MAACAPwAAgD8AAIA/AA' +
  'CAPyEMA0AgBf0ABAAhByAF/QAEECEIIAkgCiAH/U79uQEhCSAJIAogCP1O/bkBIQkgBSABaiEGIAYgDCAHIAv9RP1O/QsEACAGIAwgCCAL/UT9Tv0L' +
  'BBAgBUEgaiIFIABJDQALIAkgA/0R/T79owEL';
