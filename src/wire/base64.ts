// Base64 (RFC 4648, section 4) in JSON frames. Node 22 and browsers before 2025 lack the methods of Uint8Array, and
// workers run there too.

/** Bytes as base64 with padding. */
export function toBase64(bytes: Uint8Array): string {
  if (HAS_METHODS) return bytes.toBase64();
  let text = "";
  for (let at = 0; at < bytes.length; at += BLOCK) {
    text += String.fromCharCode(...bytes.subarray(at, at + BLOCK));
  }
  return btoa(text);
}

/** The bytes of base64 with padding; null if the text is anything else, also if it only holds white space too much. */
export function fromBase64(text: string): Uint8Array<ArrayBuffer> | null {
  if (text.length % 4 !== 0) return null;
  try {
    const bytes = HAS_METHODS
      ? Uint8Array.fromBase64(text, { lastChunkHandling: "strict" })
      : Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
    // Both decoders skip white space, and atob drops stray bits: only the one spelling of these bytes is taken.
    const isExact = Math.ceil(bytes.length / 3) * 4 === text.length;
    return isExact && (HAS_METHODS || toBase64(bytes) === text) ? bytes : null;
  } catch {
    return null;
  }
}

const HAS_METHODS = typeof Uint8Array.prototype.toBase64 === "function";
/** How many arguments one call may take everywhere. */
const BLOCK = 8_192;
