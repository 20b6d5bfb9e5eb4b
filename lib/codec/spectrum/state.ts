/** Reads the arrays of a state in the order in which they were written. */
export class StateReader {
  #at = 0;
  readonly #state: Float32Array;

  /** @param state Not changed. */
  constructor(state: Float32Array) {
    this.#state = state;
  }

  /** Fills `array` from the next values. */
  read(array: Float32Array): void {
    const end = this.#at + array.length;
    array.set(this.#state.subarray(this.#at, end));
    this.#at = end;
  }
}

/** Appends arrays to a state of known length. */
export class StateWriter {
  /** The state so far. */
  readonly state: Float32Array<ArrayBuffer>;
  #at = 0;

  /** @param length Values in all. */
  constructor(length: number) {
    this.state = new Float32Array(length);
  }

  /** Appends `array`. */
  write(array: Float32Array): void {
    this.state.set(array, this.#at);
    this.#at += array.length;
  }
}

/** Takes up one array of the state, or zeros it. */
export function loadInto(array: Float32Array, state: StateReader | null): void {
  if (state === null) array.fill(0);
  else state.read(array);
}
