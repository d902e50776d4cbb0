/** A chunk of a PNG file: length, type, data and the checksum of the last two. */
export function chunk(type: string, data: Uint8Array): Uint8Array {
  const named = Uint8Array.of(...new TextEncoder().encode(type), ...data);
  const bytes = new Uint8Array(8 + named.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, data.length);
  bytes.set(named, 4);
  view.setUint32(4 + named.length, checksum(named));
  return bytes;
}

/** CRC-32 bit by bit: the polynomial 0xEDB88320 (PNG, third edition, annex D). */
function checksum(bytes: Uint8Array): number {
  let crc = -1;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return ~crc >>> 0;
}
