/**
 * The digest in a receipt, which may have to be gone on with in another process.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { createSHA256 } from "hash-wasm";

/** SHA-256 of what is sent. */
export interface PcmHash {
  update(bytes: Uint8Array): void;
  /** The digest so far, hex. */
  digest(): string;
  /** Where it stands, hex, for `resumableHash`; null if that cannot be told. */
  save(): string | null;
}

/** The quickest one; it cannot be moved. */
export function localHash(): PcmHash {
  const hash = createHash("sha256");
  return {
    update: (bytes) => void hash.update(bytes),
    digest: () => hash.copy().digest("hex"),
    save: () => null,
  };
}

/** One that can be moved. @param state What `save` gave, or null to begin. */
export async function resumableHash(state: string | null): Promise<PcmHash> {
  const hash = await createSHA256();
  if (state === null) hash.init();
  else hash.load(Uint8Array.fromHex(state));
  return {
    update: (bytes) => void hash.update(bytes),
    digest() {
      // To digest ends it.
      const standing = hash.save();
      const digest = hash.digest("hex");
      hash.load(standing);
      return digest;
    },
    save: () => new Uint8Array(hash.save()).toHex(),
  };
}
