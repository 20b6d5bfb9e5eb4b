/** A model package that cannot be used; the message is one line that names the file. */
export class PackageError extends Error {
  override name = "PackageError";
}
