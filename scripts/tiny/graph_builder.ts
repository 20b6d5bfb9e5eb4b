/**
 * Writes ONNX graphs node by node.
 *
 * @module
 */
import onnxProto, { type onnx as Onnx } from "onnx-proto";

const { onnx } = onnxProto;
const { FLOAT, INT64 } = onnx.TensorProto.DataType;
const { AttributeType } = onnx.AttributeProto;

/** Operators are those of this version of the ONNX standard. */
const OPSET = 17;
/** Oldest file format that has the opset. */
const IR_VERSION = 8;

/** Element type of a graph's input or output. */
export type ElementType = "float32" | "int64";

/** Lengths of the axes; a name stands for a length that is free. */
export type Shape = readonly (number | string)[];

/** What an `If` node computes on one side: a value of its own, of any shape. */
export interface Branch {
  branch: Onnx.IGraphProto;
}

/** An attribute of a node: an integer, a list of them, a float, or a branch. */
export type Attribute = number | readonly number[] | { float: number } | Branch;

/** A graph under construction; every method that makes a value returns its name. */
export class GraphBuilder {
  #graph = onnx.GraphProto.create({
    name: "graph",
    node: [],
    input: [],
    output: [],
    initializer: [],
  });
  #values = 0;
  #branches = 0;
  /** Keeps the names of a branch apart from those outside, which it may use. */
  readonly #prefix: string;

  constructor(prefix = "") {
    this.#prefix = prefix;
  }

  input(name: string, shape: Shape, type: ElementType = "float32"): string {
    this.#graph.input!.push(valueInfo(name, shape, type));
    return name;
  }

  /** Declares a value as an output, under a name of its own. */
  output(value: string, name: string, shape: Shape): void {
    this.#graph.node!.push(onnx.NodeProto.create({
      opType: "Identity",
      input: [value],
      output: [name],
    }));
    this.#graph.output!.push(valueInfo(name, shape, "float32"));
  }

  /** Adds float32 constants, row-major. */
  weights(values: Float32Array, shape: readonly number[]): string {
    return this.#constant(shape, FLOAT, values);
  }

  /** Adds int64 constants, a vector. */
  integers(...values: number[]): string {
    const wide = BigInt64Array.from(values.map(BigInt));
    return this.#constant([values.length], INT64, wide);
  }

  /** Adds a node with one output. */
  node(
    opType: string,
    inputs: readonly string[],
    attributes: Record<string, Attribute> = {},
  ): string {
    const name = `${this.#prefix}${opType.toLowerCase()}_${this.#values++}`;
    this.#graph.node!.push(onnx.NodeProto.create({
      opType,
      input: [...inputs],
      output: [name],
      attribute: Object.entries(attributes).map(([name, value]) =>
        onnx.AttributeProto.create({ name, ...attributeValue(value) })
      ),
    }));
    return name;
  }

  /** Adds an int64 constant without axes. */
  integer(value: number): string {
    return this.#constant([], INT64, BigInt64Array.of(BigInt(value)));
  }

  /**
   * Makes one side of an `If` node.
   *
   * @param build Gives the name of its value, of which `rank` axes are free.
   */
  branch(rank: number, build: (inner: GraphBuilder) => string): Branch {
    const prefix = `${this.#prefix}branch_${this.#branches++}_`;
    const inner = new GraphBuilder(prefix);
    const axes = Array.from({ length: rank }, (_, i) => `${prefix}axis_${i}`);
    inner.output(build(inner), `${prefix}result`, axes);
    return { branch: inner.#graph };
  }

  /** The graph as the bytes of an .onnx file, the same ones every time. */
  build(): Uint8Array {
    const model = onnx.ModelProto.create({
      irVersion: IR_VERSION,
      producerName: "prestissimo",
      opsetImport: [{ domain: "", version: OPSET }],
      graph: this.#graph,
    });
    return onnx.ModelProto.encode(model).finish();
  }

  #constant(
    dims: readonly number[],
    dataType: number,
    values: Float32Array | BigInt64Array,
  ): string {
    const name = `${this.#prefix}constant_${this.#values++}`;
    const { buffer, byteOffset, byteLength } = values;
    const rawData = new Uint8Array(buffer, byteOffset, byteLength);
    this.#graph.initializer!.push(
      onnx.TensorProto.create({ name, dims: [...dims], dataType, rawData }),
    );
    return name;
  }
}

function valueInfo(name: string, shape: Shape, type: ElementType) {
  const dim = shape.map((length) =>
    typeof length === "string" ? { dimParam: length } : { dimValue: length }
  );
  const elemType = type === "float32" ? FLOAT : INT64;
  return onnx.ValueInfoProto.create({
    name,
    type: { tensorType: { elemType, shape: { dim } } },
  });
}

function attributeValue(value: Attribute) {
  if (typeof value === "number") return { type: AttributeType.INT, i: value };
  if ("branch" in value) return { type: AttributeType.GRAPH, g: value.branch };
  if ("float" in value) return { type: AttributeType.FLOAT, f: value.float };
  return { type: AttributeType.INTS, ints: [...value] };
}
