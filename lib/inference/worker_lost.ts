/** The worker is gone: what it was doing can be done by another. */
export class WorkerLostError extends Error {
  override readonly name = "WorkerLostError";
}
