// The schemas of hooks that a host publishes, and the part of JSON Schema that they use.

import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";

/** Returns the schema of this name in the program of Codex, which contains all that it publishes. */
export function schemaOfCodex(hosts, name) {
  const program = (programs.codex ??= readFileSync(programOfCodex(hosts)));
  const at = program.indexOf(`${name}{`) + name.length;
  if (at < name.length) return undefined;
  return JSON.parse(program.toString("utf8", at, endOfObject(program, at)));
}

/** Programs that were read. They are large. */
const programs = {};

function programOfCodex(hosts) {
  const scope = join(hosts, "node_modules", "@openai");
  const folders = readdirSync(scope).filter((name) => name.startsWith("codex-"));
  for (const folder of folders) {
    const vendor = join(scope, folder, "vendor");
    for (const target of readdirSync(vendor)) return join(vendor, target, "bin", "codex");
  }
  throw new Error(`${scope}: expected the program of Codex`);
}

/** Returns the end of the JSON object that begins at `at`. Its texts contain no braces. */
function endOfObject(bytes, at) {
  let depth = 0;
  for (let end = at; end < bytes.length; end += 1) {
    if (bytes[end] === "{".charCodeAt(0)) depth += 1;
    if (bytes[end] === "}".charCodeAt(0)) depth -= 1;
    if (depth === 0) return end + 1;
  }
  throw new Error("expected the end of a schema");
}

/** Keywords that describe, and demand nothing. */
const NOTES = ["$schema", "title", "description", "default", "definitions"];

/** Keywords that demand something: each returns the faults of a value. */
const KEYWORDS = {
  $ref: (name, value, whole) => faults(whole.definitions[name.split("/").at(-1)], value, whole),
  type: (types, value) => {
    const isOf = (type) => typeOf(value) === type;
    return [types].flat().some(isOf) ? [] : [`${JSON.stringify(value)} is not of type ${types}`];
  },
  const: (only, value) => (value === only ? [] : [`expected ${only}, not ${value}`]),
  enum: (some, value) => (some.includes(value) ? [] : [`expected one of ${some}, not ${value}`]),
  required: (names, value) =>
    names.filter((name) => !(name in value)).map((name) => `${name} is missing`),
  properties: (schemas, value, whole) =>
    Object.entries(schemas)
      .filter(([name]) => typeOf(value) === "object" && name in value)
      .flatMap(([name, schema]) => faults(schema, value[name], whole)),
  allOf: (schemas, value, whole) => schemas.flatMap((schema) => faults(schema, value, whole)),
  anyOf: (schemas, value, whole) => {
    const found = schemas.map((schema) => faults(schema, value, whole));
    return found.some(({ length }) => length === 0) ? [] : found.flat();
  },
  pattern: (pattern, value) => (new RegExp(pattern).test(value) ? [] : [`${value} differs`]),
};

/** Returns the faults of a value. Throws if the schema has a keyword that is not known here. */
export function faults(schema, value, whole = schema) {
  if (schema === true) return [];
  const { additionalProperties, if: condition, then, ...rest } = schema;
  const found = Object.entries(rest).flatMap(([keyword, demand]) => {
    if (NOTES.includes(keyword)) return [];
    if (!(keyword in KEYWORDS)) throw new Error(`unknown keyword of a schema: ${keyword}`);
    return KEYWORDS[keyword](demand, value, whole);
  });
  if (typeOf(value) === "object" && additionalProperties === false) {
    const others = Object.keys(value).filter((name) => !(name in (schema.properties ?? {})));
    found.push(...others.map((name) => `${name} is not expected`));
  }
  if (condition && then && faults(condition, value, whole).length === 0) {
    found.push(...faults(then, value, whole));
  }
  return found;
}

function typeOf(value) {
  if (value === null) return "null";
  return Array.isArray(value) ? "array" : typeof value;
}
