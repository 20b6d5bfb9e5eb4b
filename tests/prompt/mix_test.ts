import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { mixPrompts, morph } from "../../lib/prompt/mod.ts";

const DIMS = 4;
const TOKENS = 2;

/** Prompts whose tokens have a direction: a token that is too short gets one. */
const prompt = fc.array(
  fc.double({ min: -3, max: 3, noNaN: true }),
  { minLength: DIMS * TOKENS, maxLength: DIMS * TOKENS },
).map((values) => {
  const tokens = Float32Array.from(values);
  norms(tokens).forEach((norm, i) => {
    if (norm < 0.1) tokens[i * DIMS] = 1;
  });
  return tokens;
});
const weight = fc.double({ min: 0.01, max: 10, noNaN: true });
const share = fc.double({ min: 0, max: 1, noNaN: true });

function tokensOf(prompt: Float32Array): Float32Array[] {
  return Array.from(
    { length: prompt.length / DIMS },
    (_, i) => prompt.subarray(i * DIMS, (i + 1) * DIMS),
  );
}

function dot(a: Float32Array, b: Float32Array): number {
  return a.reduce((sum, value, i) => sum + value * b[i]!, 0);
}

function norms(prompt: Float32Array): number[] {
  return tokensOf(prompt).map((token) => Math.sqrt(dot(token, token)));
}

/** Angle between two vectors, in radians. */
function angle(a: Float32Array, b: Float32Array): number {
  const cosine = dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
  return Math.acos(Math.max(-1, Math.min(1, cosine)));
}

function distance(a: Float32Array, b: Float32Array): number {
  return Math.max(...a.map((value, i) => Math.abs(value - b[i]!)));
}

Deno.test("morph() takes the known way between two axes", () => {
  const from = Float32Array.of(2, 0);
  const to = Float32Array.of(0, 4);
  const middle = morph(from, to, 0.5, 2);
  assert(
    distance(middle, Float32Array.of(3, 3).map((v) => v / 2 ** 0.5)) < 1e-6,
  );
  const third = morph(from, to, 1 / 3, 2);
  const norm = 8 / 3;
  const expected = Float32Array.of(Math.cos(Math.PI / 6), Math.sin(Math.PI / 6))
    .map((value) => value * norm);
  assert(distance(third, expected) < 1e-6);
});

Deno.test("mixPrompts() of one prompt is that prompt bit for bit", () => {
  fc.assert(fc.property(prompt, weight, (tokens, weight) => {
    assertEquals(mixPrompts([{ tokens, weight }], DIMS), tokens);
  }));
});

Deno.test("mixPrompts() ignores prompts of weight 0 bit for bit", () => {
  fc.assert(fc.property(prompt, prompt, prompt, (tokens, before, after) => {
    const mix = mixPrompts([
      { tokens: before, weight: 0 },
      { tokens, weight: 1 },
      { tokens: after, weight: 0 },
    ], DIMS);
    assertEquals(mix, tokens);
  }));
});

Deno.test("mixPrompts() looks at shares, not at the scale of weights", () => {
  fc.assert(fc.property(prompt, prompt, weight, (a, b, weight) => {
    const once = mixPrompts(
      [{ tokens: a, weight: 1 }, { tokens: b, weight }],
      DIMS,
    );
    const twice = mixPrompts(
      [{ tokens: a, weight: 2 }, { tokens: b, weight: 2 * weight }],
      DIMS,
    );
    assertEquals(once, twice);
  }));
});

Deno.test("mixPrompts() of a prompt with itself is that prompt, however often", () => {
  const weights = fc.array(weight, { minLength: 1, maxLength: 8 });
  fc.assert(fc.property(prompt, weights, (tokens, weights) => {
    const mix = mixPrompts(
      weights.map((weight) => ({ tokens, weight })),
      DIMS,
    );
    assert(distance(mix, tokens) < 1e-6);
  }));
});

Deno.test("mixPrompts() does not depend on the order of two prompts", () => {
  fc.assert(fc.property(prompt, prompt, weight, weight, (a, b, u, v) => {
    // Opposite directions have no unique way between them.
    const far = tokensOf(a).some((token, i) =>
      angle(token, tokensOf(b)[i]!) > 3.1
    );
    fc.pre(!far);
    const first = { tokens: a, weight: u };
    const second = { tokens: b, weight: v };
    const one = mixPrompts([first, second], DIMS);
    const other = mixPrompts([second, first], DIMS);
    assert(distance(one, other) < 1e-4);
  }));
});

Deno.test("mixPrompts() does not depend on the order of equal prompts", () => {
  fc.assert(fc.property(prompt, prompt, weight, weight, (a, b, u, v) => {
    const mix = (weights: number[]) =>
      mixPrompts([
        ...weights.map((weight) => ({ tokens: a, weight })),
        { tokens: b, weight: 1 },
      ], DIMS);
    assert(distance(mix([u, v]), mix([v, u])) < 1e-4);
  }));
});

Deno.test("mixPrompts() keeps every token between the lengths of its parts", () => {
  const parts = fc.array(
    fc.record({ tokens: prompt, weight }),
    { minLength: 1, maxLength: 6 },
  );
  fc.assert(fc.property(parts, (prompts) => {
    const mixed = norms(mixPrompts(prompts, DIMS));
    const all = prompts.map(({ tokens }) => norms(tokens));
    mixed.forEach((norm, i) => {
      const lengths = all.map((each) => each[i]!);
      assert(norm > Math.min(...lengths) - 1e-5);
      assert(norm < Math.max(...lengths) + 1e-5);
    });
  }));
});

Deno.test("morph() ends bit for bit where it should", () => {
  fc.assert(fc.property(prompt, prompt, (from, to) => {
    assertEquals(morph(from, to, 0, DIMS), from);
    assertEquals(morph(from, to, 1, DIMS), to);
    assertEquals(morph(from, to, -1, DIMS), from);
    assertEquals(morph(from, to, 2, DIMS), to);
  }));
});

Deno.test("morph() turns at constant speed", () => {
  fc.assert(fc.property(prompt, prompt, share, (from, to, u) => {
    const mixed = tokensOf(morph(from, to, u, DIMS));
    tokensOf(from).forEach((token, i) => {
      const whole = angle(token, tokensOf(to)[i]!);
      assert(Math.abs(angle(token, mixed[i]!) - u * whole) < 2e-3);
    });
  }));
});

Deno.test("morph() from a token to its opposite stays finite and full length", () => {
  fc.assert(fc.property(prompt, share, (from, u) => {
    const to = from.map((value) => -value);
    const before = norms(from);
    norms(morph(from, to, u, DIMS)).forEach((norm, i) => {
      assert(Math.abs(norm - before[i]!) < 1e-4);
    });
  }));
});

Deno.test("morph() from the null prompt fades in", () => {
  const nothing = new Float32Array(DIMS);
  const to = Float32Array.of(1, 2, 3, 4);
  const half = Float32Array.of(0.5, 1, 1.5, 2);
  assertEquals(morph(nothing, to, 0.5, DIMS), half);
  assertEquals(morph(to, nothing, 0.5, DIMS), half);
  assertEquals(morph(nothing, nothing, 0.5, DIMS), nothing);
});

Deno.test("mixPrompts() and morph() leave their inputs alone", () => {
  const a = Float32Array.of(1, 2, 3, 4);
  const b = Float32Array.of(4, 3, 2, 1);
  mixPrompts([{ tokens: a, weight: 1 }, { tokens: b, weight: 1 }], DIMS);
  morph(a, b, 0, DIMS).fill(0);
  assertEquals(a, Float32Array.of(1, 2, 3, 4));
  assertEquals(b, Float32Array.of(4, 3, 2, 1));
});

Deno.test("mixPrompts() and morph() name what they cannot use", () => {
  const tokens = new Float32Array(DIMS);
  const cases: [() => unknown, string][] = [
    [() => mixPrompts([], DIMS), "none has a weight above 0"],
    [() => mixPrompts([{ tokens, weight: 0 }], DIMS), "none has a weight"],
    [() => mixPrompts([{ tokens, weight: -1 }], DIMS), "weight -1"],
    [() => mixPrompts([{ tokens, weight: NaN }], DIMS), "weight NaN"],
    [() => morph(tokens, tokens, NaN, DIMS), "NaN"],
    [() => morph(tokens, new Float32Array(8), 0.5, DIMS), "4 and 8 values"],
    [() => morph(tokens, tokens, 0.5, 3), "the same multiple of 3"],
  ];
  for (const [fn, message] of cases) assertThrows(fn, RangeError, message);
});
