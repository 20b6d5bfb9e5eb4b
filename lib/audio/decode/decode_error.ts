/** What is said of a file that a decoder cannot read. */
export const BROKEN = "The file is broken: it cannot be decoded";

/** A file that cannot be used; the message says why and what is accepted. */
export class AudioFileError extends Error {
  override readonly name = "AudioFileError";
  /** True if the file is of no kind that is accepted, false if it is broken, too short or too long. */
  readonly unknownKind: boolean;

  constructor(message: string, options: { unknownKind?: boolean } = {}) {
    super(message);
    this.unknownKind = options.unknownKind ?? false;
  }
}
