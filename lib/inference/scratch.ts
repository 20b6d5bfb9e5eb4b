/** Memory that is reused from call to call; it grows to the largest need and stays. */
export class Scratch {
  #arrays = new Map<string, Float32Array<ArrayBuffer>>();

  /** The first `length` values of the array `name`, with whatever was there. */
  view(name: string, length: number): Float32Array<ArrayBuffer> {
    let array = this.#arrays.get(name);
    if (!array || array.length < length) {
      array = new Float32Array(length);
      this.#arrays.set(name, array);
    }
    return array.subarray(0, length);
  }
}
