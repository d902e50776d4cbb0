/** threshold.wat, assembled; the test beside it does that again and compares. */
export const thresholdModule =
  'AGFzbQEAAAABCgFgBX9/f399AX8CBgEAAAIAAQMCAQAHDQEJdGhyZXNob2xkAAAKiwEBiAEBBnsgAv0RIQggBP0TIQn9DAAAgD8AAIA/AACAPwAAgD8h' +
  'CgNAIAD9AAQAIQUgAP0ABBAhBiAHIAggBf1O/bkBIQcgByAIIAb9Tv25ASEHIAAgCiAFIAn9RP1O/QsEACAAIAogBiAJ/UT9Tv0LBBAgAEEgaiIAIAFJ' +
  'DQALIAcgA/0R/T79owEL';
