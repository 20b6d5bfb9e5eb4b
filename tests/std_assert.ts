/**
 * The functions of `@std/assert` that the tests use, over Node's assert. The
 * import map binds `@std/assert` here because JSR cannot be reached from every
 * build machine; bind it to `jsr:@std/assert@1` and nothing else changes.
 *
 * @module
 */
import nodeAssert from "node:assert/strict";

/** Asserts that `value` is truthy. */
export function assert(value: unknown, message?: string): asserts value {
  nodeAssert.ok(value, message!);
}

/** Asserts deep equality. */
export function assertEquals<T>(
  actual: T,
  expected: T,
  message?: string,
): void {
  nodeAssert.deepEqual(actual, expected, message!);
}

/** Asserts deep inequality. */
export function assertNotEquals<T>(
  actual: T,
  expected: T,
  message?: string,
): void {
  nodeAssert.notDeepEqual(actual, expected, message!);
}

/** Asserts identity (`Object.is`). */
export function assertStrictEquals<T>(
  actual: unknown,
  expected: T,
  message?: string,
): asserts actual is T {
  nodeAssert.equal(actual, expected, message!);
}

/** Asserts that two numbers differ by at most `tolerance`. */
export function assertAlmostEquals(
  actual: number,
  expected: number,
  tolerance: number = Math.abs(expected) > 0 ? Math.abs(expected * 1e-7) : 1e-7,
  message?: string,
): void {
  if (Object.is(actual, expected)) return;
  const near = Math.abs(actual - expected) <= tolerance;
  nodeAssert.ok(
    near,
    message ?? `Expected ${actual} within ${tolerance} of ${expected}`,
  );
}

/** Asserts that `actual` contains `expected`. */
export function assertStringIncludes(
  actual: string,
  expected: string,
  message?: string,
): void {
  nodeAssert.ok(
    actual.includes(expected),
    message ?? `Expected "${actual}" to include "${expected}"`,
  );
}

/** Asserts that `actual` matches `expected`. */
export function assertMatch(
  actual: string,
  expected: RegExp,
  message?: string,
): void {
  nodeAssert.match(actual, expected, message!);
}

// deno-lint-ignore no-explicit-any
type ErrorClass<E extends Error> = abstract new (...args: any[]) => E;

/** Asserts that `fn` throws, and returns what it threw. */
export function assertThrows<E extends Error = Error>(
  fn: () => unknown,
  ErrorType: ErrorClass<E> = Error as unknown as ErrorClass<E>,
  messageIncludes = "",
): E {
  try {
    fn();
  } catch (error) {
    return requireError(error, ErrorType, messageIncludes);
  }
  throw new nodeAssert.AssertionError({
    message: "Expected function to throw",
  });
}

/** Asserts that `fn` rejects, and resolves to what it rejected with. */
export async function assertRejects<E extends Error = Error>(
  fn: () => PromiseLike<unknown>,
  ErrorType: ErrorClass<E> = Error as unknown as ErrorClass<E>,
  messageIncludes = "",
): Promise<E> {
  try {
    await fn();
  } catch (error) {
    return requireError(error, ErrorType, messageIncludes);
  }
  throw new nodeAssert.AssertionError({
    message: "Expected function to reject",
  });
}

function requireError<E extends Error>(
  error: unknown,
  ErrorType: ErrorClass<E>,
  messageIncludes: string,
): E {
  nodeAssert.ok(
    error instanceof ErrorType,
    `Expected ${ErrorType.name}, got ${error}`,
  );
  assertStringIncludes(error.message, messageIncludes);
  return error;
}
