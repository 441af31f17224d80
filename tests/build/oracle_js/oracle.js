// What es-module-lexer and acorn say of the files whose paths are the lines of standard input: of
// each a line of JSON. All offsets are of UTF-8 bytes.
import { readFileSync, writeSync } from "node:fs";
import { parse } from "acorn";
import { init, parse as lex } from "es-module-lexer/minimal";

/** es-module-lexer's imports, exports and calls: [start, end, URL, "static" or "dynamic"]. */
function modules(source) {
  // It does not know that a byte order mark is white space.
  const [imports] = lex(source.replace(/^\uFEFF/, " "));
  return imports
    // d is -2 for import.meta, and of a specifier that is computed there is no n.
    .filter(({ n, d }) => d !== -2 && n !== undefined)
    // The span of a call's argument holds its quotes.
    .map(({ n, s, e, d }) => (d === -1 ? [s, e, n, "static"] : [s + 1, e - 1, n, "dynamic"]));
}

/** What acorn's tree, comments and tokens hold: references, [start, end, URL, kind], and words. */
function syntax(source) {
  const attempt = (sourceType) => {
    const comments = [];
    const tokens = [];
    const tree = parse(source, {
      ecmaVersion: "latest",
      allowHashBang: true,
      sourceType,
      onComment: (block, text, start) => comments.push({ text, start }),
      onToken: tokens,
    });
    return {
      references: [...inTree(tree), ...sourceMap(comments)],
      words: [...words(tokens)],
    };
  };
  try {
    return attempt("module");
  } catch {
    return attempt("script");
  }
}

function* inTree(tree) {
  const nodes = [tree];
  while (nodes.length) {
    const node = nodes.pop();
    const found = reference(node);
    if (found) yield found;
    nodes.push(...Object.values(node).filter((value) => value && typeof value === "object"));
  }
}

function reference({ type, source, callee, arguments: passed }) {
  switch (type) {
    case "ImportDeclaration":
      return literal(source, "import");
    case "ExportAllDeclaration":
    case "ExportNamedDeclaration":
      return source && literal(source, "export … from");
    case "ImportExpression":
      return literal(source, "import()");
    case "CallExpression":
      if (passed.length === 1 && isOfModule(callee, "resolve")) {
        return literal(passed[0], "import.meta.resolve()");
      }
      return;
    case "NewExpression":
      if (callee.name === "URL" && passed.length === 2 && isOfModule(passed[1], "url")) {
        return literal(passed[0], "new URL(…, import.meta.url)");
      }
  }
}

function literal({ type, value, quasis, start, end }, kind) {
  if (type === "Literal" && typeof value === "string") return [start + 1, end - 1, value, kind];
  if (type === "TemplateLiteral" && quasis.length === 1) {
    return [start + 1, end - 1, quasis[0].value.cooked, kind];
  }
}

function isOfModule({ object, property, computed }, name) {
  return object?.type === "MetaProperty" && object.meta.name === "import" &&
    !computed && property.name === name;
}

function sourceMap(comments) {
  for (const { text, start } of comments.reverse()) {
    const found = /^[@#]\s*sourceMappingURL=\s*([^\s"']+)\s*$/.exec(text);
    if (found) {
      // Past the two characters that open the comment.
      const at = start + 2 + text.lastIndexOf(found[1]);
      return [[at, at + found[1].length, found[1], "sourceMappingURL"]];
    }
  }
  return [];
}

/** Where some frequent words are tokens, and no members. */
function* words(tokens) {
  let previous = "";
  for (const { type, value, start } of tokens) {
    const isWord = type.label === "name" || type.keyword;
    if (isWord && /^(?:function|return|this|var)$/.test(value) && !/^\??\.$/.test(previous)) {
      yield start;
    }
    previous = type.label;
  }
}

/** A function that turns ascending offsets into those of bytes. */
function inBytes(source) {
  let units = 0;
  let bytes = 0;
  return (index) => {
    bytes += Buffer.byteLength(source.slice(units, index));
    units = index;
    return bytes;
  };
}

function referencesInBytes(source, references) {
  const offset = inBytes(source);
  references.sort(([one], [other]) => one - other);
  return references.map(([start, end, url, kind]) => [offset(start), offset(end), url, kind]);
}

/** The result, or null for what is no JavaScript. */
function attempt(read) {
  try {
    return read();
  } catch {
    return null;
  }
}

await init();
for (const path of readFileSync(0, "utf8").split("\n").filter(Boolean)) {
  const source = readFileSync(path, "utf8");
  const imports = attempt(() => modules(source));
  const tree = attempt(() => syntax(source));
  const answer = {
    path,
    modules: imports && referencesInBytes(source, imports),
    references: tree && referencesInBytes(source, tree.references),
    words: tree && tree.words.map(inBytes(source)),
  };
  const line = Buffer.from(JSON.stringify(answer) + "\n");
  for (let written = 0; written < line.length; ) written += writeSync(1, line, written);
}
