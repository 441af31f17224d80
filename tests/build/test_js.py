"""Which references a JavaScript file has, and where."""

import re
import time

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from hiss.build.js import find_references
from hiss.build.references import Kind

# «» stand around what is to be found.
FOUND = {
    Kind.JS_IMPORT: [
        "import '«./a.js»';",
        'import "«./a.js»"',
        'import"«./a.js»"',
        "import a from '«./a.js»';",
        "import a from'«./a.js»'",
        "import $ from '«./a.js»'",
        "import été from '«./a.js»'",
        "import \\u0061b from '«./a.js»'",
        "import \\u{61} from '«./a.js»'",
        "import a\\u0062 from '«./a.js»'",
        "import source a\\u0062 from '«./a.js»'",
        "import a/**/from '«./a.js»'",
        "import source a/**/from '«./a.js»'",
        "import.//\n('a')\nimport '«./a.js»'",
        "import * as a from '«./a.js»';",
        'import*as a from"«./a.js»"',
        "import {} from '«./a.js»';",
        "import { a } from '«./a.js»';",
        'import{a as b}from"«./a.js»";',
        'import{a as b,c,default as d}from"«./a.js»";e()',
        "import { a, b, } from '«./a.js»';",
        "import {\n  a,\n  b as c,\n} from '«./a.js»'\n",
        "import a, { b } from '«./a.js»';",
        'import a,{b}from"«./a.js»"',
        "import a, * as b from '«./a.js»';",
        "import { 'a-b' as x } from '«./a.js»';",
        'import { "./not.js" as x } from "«./a.js»"',
        'import { "}" as x, "\\"" as y, "from \'z\'" as z } from "«./a.js»"',
        "import { from } from '«./a.js»'",
        "import { default as from } from '«./a.js»'",
        "import from from '«./a.js»'",
        "import as from '«./a.js»'",
        "import * as from from '«./a.js»'",
        "import defer from '«./a.js»'",
        "import source from '«./a.js»'",
        "import type from '«./a.js»'",
        "import defer * as a from '«./a.js»'",
        "import defer*as a from'«./a.js»'",
        "import source a from '«./a.wasm»'",
        "import source from from '«./a.wasm»'",
        "import source source from '«./a.wasm»'",
        "import a from '«./a.json»' with { type: 'json' };",
        "import a from '«./a.json»' with { 'type': \"json\" }; import '«./b.js»'",
        "import a from '«./a.json»' assert { type: 'json' };",
        "import '«./a.css»' with { type: 'css' }\nimport '«./b.js»'",
        "import/* b */a/* c */from/* d */'«./a.js»'",
        "import // b\na // c\nfrom // d\n'«./a.js»'",
        "import /* 'b' */ { /* } from 'c' */ a /**/, // }\n } from /* \"d\" */ '«./a.js»'",
        "import /* */ '«./a.js»'",
        "import\n'«./a.js»'\n",
        "import\ta\r\nfrom\r\n'«./a.js»'",
        "import\u00a0a\u2028from\ufeff'«./a.js»'",
        "\ufeffimport '«./a.js»'",
        "\u00a0import '«./a.js»'",
        "\u2028import '«./a.js»'",
        "// b\u2028import '«./a.js»'",
        "#!/usr/bin/env node 'import\nimport '«./a.js»'",
        "'use strict'\nimport '«./a.js»'",
        "import '«./a.js»'\nimport '«./b.js»'\n",
        "import'«./a.js»';import'«./b.js»'",
        "import {a} from '«./a.js»'\nimport {b} from '«./b.js»'\nlet c = a / b / 1",
        "import '«»'",
        "import '«./é.js»'",
        "import '«./a\\x2ejs»'",
        "import '«./a\\'b.js»'",
        "'a'.replace\nimport '«./b.js»'",
        "if (a) { b }\nimport '«./a.js»'",
        "class A {}\nimport '«./a.js»'",
        "a = b\nimport '«./a.js»'",
        "a++\nimport '«./a.js»'",
        "}}}import '«./a.js»'",
        ")]import '«./a.js»'",
        "((( import '«./a.js»'",
    ],
    Kind.JS_EXPORT: [
        "export * from '«./a.js»';",
        'export*from"«./a.js»"',
        "export * as a from '«./a.js»';",
        'export*as a from"«./a.js»"',
        "export * as 'a b' from '«./a.js»'",
        "export * as default from '«./a.js»'",
        "export {} from '«./a.js»'",
        "export { a } from '«./a.js»';",
        'export{a}from"«./a.js»"',
        "export { a as b, c as default } from '«./a.js»'",
        "export { default } from '«./a.js»'",
        "export { default as from } from '«./a.js»'",
        "export { a as 'string name' } from '«./a.js»'",
        "export { 'a' as 'b', 'c', } from '«./a.js»'",
        "export { '}' as '\\'' } from '«./a.js»'",
        "export { \\u{61} } from '«./a.js»'",
        "export {\n  a, // }\n  b, /* } */\n} from '«./a.js»'",
        "export/**/*/**/from/**/'«./a.js»'",
        "export { a } // b\nfrom '«./a.js»'",
        "export { a } from '«./a.json»' with { type: 'json' }",
        "export * from '«./a.js»'\nexport * from '«./b.js»'",
        "export { a };\nexport { b } from '«./a.js»'",
        "export default a\nexport * from '«./a.js»'",
        "export default /`/\nexport * from '«./a.js»'",
        "export const from = '*'; export * from '«./a.js»'",
    ],
    Kind.JS_DYNAMIC_IMPORT: [
        "import('«./a.js»')",
        'import("«./a.js»")',
        "import(`«./a.js»`)",
        "import ('«./a.js»')",
        "import\n(\n'«./a.js»'\n)",
        "import('«./a.js»',)",
        "import('«./a.js»', )",
        "import('«./a.json»', { with: { type: 'json' } })",
        "import('«./a.js»', b, c)",
        "import(/* webpackChunkName: \"b\" */ '«./a.js»')",
        "import(/* @vite-ignore */'«./a.js»'/* b */)",
        "import(// b\n'«./a.js»' // c\n)",
        "import/* b */('«./a.js»')",
        "await import('«./a.js»')",
        "void import('«./a.js»')",
        "async import('«./a.js»')",
        "return import('«./a.js»')",
        "yield import('«./a.js»')",
        "a = import('«./a.js»'), b = import('«./b.js»')",
        "a ? import('«./a.js»') : import('«./b.js»')",
        "() => import('«./a.js»')",
        "()=>import('«./a.js»').then(a=>a.b)",
        "import('«./a.js»').then(() => import('«./b.js»'))",
        "import('«./a.js»', import('«./b.js»'))",
        "[import('«./a.js»')]",
        "[...import('«./a.js»')]",
        "a(... import('«./a.js»'))",
        "a(.../* b */import('«./a.js»'))",
        "({ a: import('«./a.js»') })",
        "({ async a() { await import('«./a.js»') } })",
        "{ import('«./a.js»') }",
        "import('«./a.js»')\n{ a }",
        "function a() { return import('«./a.js»') }",
        "class A { a = import('«./a.js»') }",
        "class A { static { import('«./a.js»') } }",
        "import.defer('«./a.js»')",
        "import.source('«./a.wasm»')",
        "import . /* b */ defer ( '«./a.js»' )",
        "!import('«./a.js»')",
        "-import('«./a.js»')",
        "import('«./a.js»') / 2 / import('«./b.js»')",
        "`${import('«./a.js»')}`",
        "`import('b') ${import('«./a.js»')} import('c')`",
        "`${`${import('«./a.js»')} import('b')`}` + import('«./c.js»')",
        "`${{ a: `}` }}${'`'}${import('«./a.js»')}`",
        "`${() => { return `${import('«./a.js»')}` }}import('b')`",
        "`\\`${import('«./a.js»')}`",
        "`\\${import('b')}${import('«./a.js»')}`",
        "`$${import('«./a.js»')}`",
        "`$`;import('«./a.js»')",
        "a`b`;import('«./a.js»')",
        "'\\\\';import('«./a.js»')",
        "'\\\r\n';import('«./a.js»')",
        "'\u2028';import('«./a.js»')",
        "/* ' */import('«./a.js»')// '",
        "/**/import('«./a.js»')/***/",
        "/* * / **/import('«./a.js»')",
        "new (import('«./a.js»'))",
        "label: import('«./a.js»')",
        "1+import('«./a.js»')",
        "import('«./a\\\nb.js»')",
        "import(`«./a\nb.js»`)",
        "import(`«./$a}.js»`)",
        "import('«https://cdn.example/a.js»')",
        "<a>it's</a>\nimport('«./a.js»')",
        "a = 'not closed\nimport('«./a.js»')",
        "a = /not closed\nimport('«./a.js»')",
        "a = /[not closed/\nimport('«./a.js»')",
        "{% if a %}\nimport('«./a.js»')\n{% endif %}",
        "const a: Array<string> = await import('«./a.js»') as any",
    ],
    Kind.JS_RESOLVE: [
        "import.meta.resolve('«./a.js»')",
        'a = import . meta . resolve ( "«./a.js»" , )',
        "import/**/.meta/**/.resolve(`«./a.js»`)",
        "import\n.meta\n.resolve('«./a.js»')",
    ],
    Kind.JS_URL: [
        "new URL('«./a.png»', import.meta.url)",
        'new URL("«./a.png»",import.meta.url)',
        "new URL(`«./a.png»`, import.meta.url)",
        "new URL('«./a.png»', import.meta.url,)",
        "new URL('«./a.png»', import.meta.url).href",
        "new Worker(new URL('«./a.js»', import.meta.url), { type: 'module' })",
        "new Worker(\n  new URL(\n    /* webpackChunkName: 'b' */ '«./a.js»',\n"
        "    import.meta.url // c\n  )\n)",
        "new /**/ URL /**/ ( '«./a.png»' , import /**/ . /**/ meta . url )",
        "new/**/URL('«./a.png»', import.meta.url)",
        "new\nURL('«./a.png»', import.meta.url)",
        "`${new URL('«./a.png»', import.meta.url)}`",
        "a = new URL('«./a.png»', import.meta.url), b = new URL('«./b.png»', import.meta.url)",
        "a = [...new URL('«./a.png»', import.meta.url).searchParams]",
        "new URL(a, import.meta.url); new URL('«./a.png»', import.meta.url)",
    ],
    Kind.SOURCE_MAP: [
        "//# sourceMappingURL=«a.js.map»",
        "a()\n//# sourceMappingURL=«a.js.map»\n",
        "a() //# sourceMappingURL=«a.js.map»\n",
        "a()\n//@ sourceMappingURL=«a.js.map»",
        "a()\r\n//# sourceMappingURL=«a.js.map»\r\n\r\n",
        "a()\r//# sourceMappingURL=«a.js.map»\rb()",
        "  //# sourceMappingURL=«a.js.map»  \n\n",
        "//#sourceMappingURL=«a.js.map»",
        "//# sourceMappingURL= «a.js.map»",
        "//# sourceMappingURL=«é.map»",
        "//# sourceMappingURL=«data:application/json;base64,e30=»",
        "/*# sourceMappingURL=«a.js.map» */",
        "/*# sourceMappingURL=«a.js.map»*/",
        "/*@ sourceMappingURL=«a*.map» */ a()",
        "/*# sourceMappingURL=«a.js.map»\n*/",
        "//# sourceMappingURL=«a.js.map»\na()",
        "//# sourceMappingURL=a.map\n//# sourceMappingURL=«b.map»",
        "//# sourceMappingURL=a.map\nb()\n//# sourceMappingURL=«b.map»\nc()",
        "//# sourceMappingURL=«a.map»\n'//# sourceMappingURL=b.map'",
        "//# sourceMappingURL=«a.map»\n`\n//# sourceMappingURL=b.map`",
        "//# sourceMappingURL=«a.map»\n/*\n//# sourceMappingURL=b.map*/",
        "//# sourceMappingURL=«a.map»\n//# sourceMappingURL=b c\n",
        "//# sourceMappingURL=«a.map»\n//# sourceMappingURL=\n",
        "`${a //# sourceMappingURL=«a.map»\n}`",
        "a = /'/ //# sourceMappingURL=«a.map»\n'b'",
    ],
}

# A regular expression that is none, or a division that is none, makes text of what follows.
AMBIGUOUS = [
    "a = /'/; import('«a»')",
    "a = b / c; '/'; import('«a»')",
    "a / b / import('«a»')",
    "a /b/ import('«a»')",
    "/[/'\"`]/; import('«a»')",
    "/[/\\]'/]/; import('«a»')",
    "/\\/'/; import('«a»')",
    "/[[]'/; import('«a»')",
    "/a/g / b / import('«a»')",
    "/a/ / b / import('«a»')",
    "a / /'/g; import('«a»')",
    "a = /='/ + import('«a»')",
    "(a) / b / import('«a»')",
    "(a)/'b'/import('«a»')",
    "(/'/); import('«a»')",
    "[/'/]; import('«a»')",
    "[a] / b / import('«a»')",
    "{ /'/ }; import('«a»')",
    "a, /'/; import('«a»')",
    "!/'/.test(a); import('«a»')",
    "a ? /'/ : /\"/; import('«a»')",
    "a && /'/; import('«a»')",
    "a <= /'/; import('«a»')",
    "() => /'/; import('«a»')",
    "; /'/; import('«a»')",
    "/'/.test(a); import('«a»')",
    "if (a) /'/.test(b); import('«a»')",
    "if (a(b)) /'/.test(b); import('«a»')",
    "if /**/ (a) /**/ /'/.test(b); import('«a»')",
    "while (a) /'/.test(b); import('«a»')",
    "for (;;) /'/.test(b); import('«a»')",
    "for await (a of b) /'/.test(b); import('«a»')",
    "with (a) /'/.test(b); import('«a»')",
    "a.if(b) / c / import('«a»')",
    "a.while (b) / c / import('«a»')",
    "a?.if(b) / c / import('«a»')",
    "this.#if(b) / c / import('«a»')",
    "aif(b) / c / import('«a»')",
    "$if(b) / c / import('«a»')",
    "éif(b) / c / import('«a»')",
    "({ if(a) { } }); import('«a»')",
    "return /'/; import('«a»')",
    "return/'/; import('«a»')",
    "a.return / b / import('«a»')",
    "a . return / b / import('«a»')",
    "#return / b / import('«a»')",
    "$return / b / import('«a»')",
    "typeof /'/; import('«a»')",
    "case /'/: import('«a»')",
    "void /'/; delete /\"/; import('«a»')",
    "await /'/; import('«a»')",
    "yield /'/; import('«a»')",
    "throw /'/; import('«a»')",
    "do /'/.test(a); while (b); import('«a»')",
    "if (a) b; else /'/.test(c); import('«a»')",
    "a in /'/; import('«a»')",
    "a instanceof /'/; import('«a»')",
    "[...typeof /'/]; import('«a»')",
    "export default /'/; import('«a»')",
    "break\n/'/; import('«a»')",
    "continue a\n/'/; import('«a»')",
    "debugger\n/'/; import('«a»')",
    "import '«b»'\n/'/; import('«a»')",
    "a++ / b / import('«a»')",
    "a-- / b / import('«a»')",
    "a + /'/; import('«a»')",
    "1 / 2 / import('«a»')",
    "1. / 2 / import('«a»')",
    ".5 / 2 / import('«a»')",
    "0x1f / 2 / import('«a»')",
    "'a' / b / import('«a»')",
    "`a` / b / import('«a»')",
    "`${a}` / b / import('«a»')",
    "`${a / b / import('«a»')}`",
    "`${/`/}${import('«a»')}`",
    "`${{} / b / import('«a»')}`",
    "this / b / import('«a»')",
    "é / b / import('«a»')",
    "a /* b */ / c / import('«a»')",
    "a // '\n/ b / import('«a»')",
    "a = /* b */ /'/; import('«a»')",
    "a = // b\n/'/; import('«a»')",
    "a\u00a0/ b / import('«a»')",
    "a =\u00a0/'/; import('«a»')",
    "{ a }\n/'/.test(b); import('«a»')",
    "{ { a } /'/.test(b) } import('«a»')",
    "if (a) { b } /'/.test(c); import('«a»')",
    "else { b } /'/.test(c); import('«a»')",
    "try { a } catch { b } /'/.test(c); import('«a»')",
    "try { a } finally { b } /'/.test(c); import('«a»')",
    "do { a } while (b) /'/.test(c); import('«a»')",
    "function a() { b } /'/.test(c); import('«a»')",
    "a = () => { b }\n/'/.test(c); import('«a»')",
    "class A { } /'/.test(b); import('«a»')",
    "class A extends B { } /'/.test(b); import('«a»')",
    "class A extends b(c) { } /'/.test(b); import('«a»')",
    "class A { static { } } /'/.test(b); import('«a»')",
    "a; { b } /'/.test(c); import('«a»')",
    "a = {} / b / import('«a»')",
    "a = { b: {} / c / import('«a»') }",
    "(function () { }) / a / import('«a»')",
    "return {} / b / import('«a»')",
    "a({}) / b / import('«a»')",
    "a[{}] / b / import('«a»')",
    "a /= b / import('«a»')",
    "a /= '/'; import('«a»')",
    "a = b\n/c/import('«a»')",
    "} / b / import('«a»')",
    "`${(}'`; import('«a»')",
    ") / b / import('«a»')",
]

# Letters say which: i(mport), e(xport), d(ynamic), u(rl), s(ource map).
MIXED = [
    (
        "ieds",
        "import '«a»';export * from '«b»'\nimport('«c»')//'\n//# sourceMappingURL=«d»",
    ),
    ("du", "new Worker(import('«a»'), new URL('«b»', import.meta.url))"),
    ("si", "import /*# sourceMappingURL=«a» */ '«b»'"),
    ("isd", "import '«a»'\n//# sourceMappingURL=«b»\nimport('«c»')"),
    ("ie", "import{a}from'«a»';const b=/[`'\"/]/g,c=a/b/1;export{b,c};export{d}from'«b»'"),
    ("id", "import '«a»' with { type: await import('«b»') }"),
]

NOTHING = [
    "",
    "a",
    "import",
    "export",
    "import.meta",
    "import.meta.url",
    "import.meta.resolve(a)",
    "import.meta.resolve('a' + b)",
    "import.meta.resolve('a', b)",
    "import.meta.resolved('a')",
    "a.import.meta.resolve('a')",
    "// import.meta.resolve('a')",
    "importa from 'a'",
    "reimport 'a'",
    "$import 'a'",
    "éimport 'a'",
    "import_('a')",
    "import$('a')",
    "importé 'a'",
    "#import('a')",
    "\\u0069mport 'a'",
    "import(a)",
    "import(a + 'b')",
    "import('a' + b)",
    "import('a' + 'b')",
    "import(('a'))",
    "import('a'.b)",
    "import(`${a}`)",
    "import(`./${a}.js`)",
    "import(...'a')",
    "import()",
    "import`a`",
    "import a from `b`",
    "import { a }",
    "import { a } from b",
    "import { a from 'b'",
    "import a b from 'c'",
    "import type { A } from 'b'",
    "import * from 'a'",
    "export { a }",
    "export { a }; from('b')",
    "export default 'a'",
    "export default from 'a'",
    "export const a = 'b'",
    "export * from a",
    "export 'a'",
    "exports.a = 'b'; export_ * from 'c'",
    "a.export * from 'b'",
    "a.import('b')",
    "a . import('b')",
    "a\n.import('b')",
    "a?.import('b')",
    "a./* b */import('c')",
    "a /* b */./* c */import('d')",
    "a.import /* b */ ('c')",
    "({ import: 'a' })",
    "({ import('a') {} })",
    "class A { import() {} }",
    "class A { import\n'a'() {} }",
    "({ import(a) {} })",
    "// import 'a'",
    "/* import 'a' */",
    "/* import('a')",
    "//\nimport // 'a'",
    "\"import 'a'\"",
    "'import \"a\"'",
    "'\\'; import(\"a\")'",
    "'\\\n import(\"a\")'",
    "`import('a')`",
    "`\\`import('a')`",
    "`${a}import('b')`",
    "`${`import('a')`}`",
    "`${'`'}import('a')`",
    "`\nimport 'a'\n`",
    "/import('a')/",
    "a = /[/]import('a')/",
    "if (a) /import('b')/.test(c)",
    "#!import 'a'",
    "import 'a",
    "import 'a\nb'",
    "import('a",
    "import('a'",
    "URL('a', import.meta.url)",
    "new URL('a')",
    "new URL('a', b)",
    "new URL(a, import.meta.url)",
    "new URL('a' + b, import.meta.url)",
    "new URL(`${a}`, import.meta.url)",
    "new URL('a', import.meta)",
    "new URL('a', import.meta.url + b)",
    "new URL('a', import.meta.urls)",
    "new URLs('a', import.meta.url)",
    "new A.URL('a', import.meta.url)",
    "renew URL('a', import.meta.url)",
    "a.new URL('a', import.meta.url)",
    "'new URL(\"a\", import.meta.url)'",
    "// new URL('a', import.meta.url)",
    "`new URL('a', import.meta.url)`",
    "'//# sourceMappingURL=a'",
    "`//# sourceMappingURL=a`",
    "`\n//# sourceMappingURL=a`",
    "a = /[/]/# sourceMappingURL=a/",
    "// //# sourceMappingURL=a",
    "/* //# sourceMappingURL=a */",
    "/*\n//# sourceMappingURL=a*/",
    "// sourceMappingURL=a",
    "//# sourceMappingURL=",
    "//# sourceMappingURL=a b",
    "//# sourceMappingURL='a'",
    '//# sourceMappingURL="a"',
    "//# sourceURL=a",
    "/*# sourceMappingURL=a",
    "//# sourceMappingURL\n=a",
    "//#\nsourceMappingURL=a",
    "//# sourceMappingURL=\na\n'b'",
    "a = '//# sourceMappingURL=' + b",
    '{"import": "export * from", "sourceMappingURL": "a"}',
]

LETTERS = {
    "i": Kind.JS_IMPORT,
    "e": Kind.JS_EXPORT,
    "d": Kind.JS_DYNAMIC_IMPORT,
    "u": Kind.JS_URL,
    "s": Kind.SOURCE_MAP,
}
ROWS = [
    *((source, [kind] * source.count("«")) for kind, rows in FOUND.items() for source in rows),
    *((source, [LETTERS[letter] for letter in letters]) for letters, source in MIXED),
    *((source, []) for source in NOTHING),
]


def unmark(source):
    """The file, and the spans of what is marked in it."""
    pieces = re.split("[«»]", source)
    ends, spans = 0, []
    for index, piece in enumerate(pieces):
        start, ends = ends, ends + len(piece.encode())
        if index % 2:
            spans.append((start, ends))
    return "".join(pieces).encode(), spans


@pytest.mark.parametrize(("source", "kinds"), ROWS)
def test_references(source, kinds):
    data, spans = unmark(source)
    found = find_references(data)
    assert [(each.start, each.end, each.kind) for each in found] == [
        (*span, kind) for span, kind in zip(spans, kinds, strict=True)
    ]


@pytest.mark.parametrize("source", AMBIGUOUS)
def test_slashes_divide_or_begin_regular_expressions(source):
    data, spans = unmark(source)
    assert [(each.start, each.end) for each in find_references(data)] == spans


@pytest.mark.parametrize(
    ("written", "url"),
    [
        ("./a.js", "./a.js"),
        ("./é.js", "./é.js"),
        (r"\x2e\u002f\u{61}\u{00000062}", "./ab"),
        (r".\/a", "./a"),
        (r"\a\'\"\\", "a'\"\\"),
        (r"\b\f\n\r\t\v", "\b\f\n\r\t\v"),
        (r"\0", "\0"),
        (r"\57\1012\777\8", "/A2\x3f78"),
        ("a\\\nb\\\r\nc\\\rd\\\u2028e\\\u2029f", "abcdef"),
        (r"\ud83d\ude00", "😀"),
        (r"\u{1f600}", "😀"),
        (r"\ud83d", "\ufffd"),
        (r"\ude00\ud83d", "\ufffd\ufffd"),
        # These are errors, and stay.
        (r"\u{110000}", r"\u{110000}"),
        (r"\u{}\u12\xz", "u{}u12xz"),
    ],
)
def test_escapes_are_undone(written, url):
    [found] = find_references(f'import("{written}")'.encode())
    assert found.url == url


def test_what_is_no_utf8_is_replaced():
    [found] = find_references(b"import '\xff.js'")
    assert found == (8, 12, "\ufffd.js", Kind.JS_IMPORT)


def test_a_source_map_has_no_escapes():
    [found] = find_references(rb"//# sourceMappingURL=a\x2emap")
    assert found.url == r"a\x2emap"


PUNCTUATION = r"""( ) { } [ ] ; , . / // /* */ " ' ` ${ \ = => ++ - ! ? : 1 a $ # @ < >"""
WORDS = """import export from as default defer source meta url new URL await return if while for do
    else class function typeof in with case sourceMappingURL= //# /*# "./a.js" './b.js' `c` /d/g
    import("e") {a} * import.meta.url"""
SPACES = [" ", "\n", "\r\n", "\u2028", "\u00a0", "\ufeff"]
FRAGMENTS = [*PUNCTUATION.split(), *WORDS.split(), *SPACES, "é", "😀", "\0"]
anything = st.one_of(
    st.binary(),
    st.lists(st.sampled_from(FRAGMENTS)).map(lambda parts: "".join(parts).encode()),
    st.lists(st.sampled_from(FRAGMENTS)).map(lambda parts: " ".join(parts).encode()),
    st.sampled_from(ROWS).flatmap(
        lambda row: st.integers(0, len(row[0])).map(lambda cut: row[0][:cut].encode())
    ),
)


@given(anything)
@example(b"import('a\\")
@example(b"`${")
@example(b"/[\\")
def test_anything_may_be_read(data):
    found = find_references(data)
    end = 0
    for each in found:
        assert end <= each.start <= each.end <= len(data)
        end = each.end
        each.url.encode()
    assert sum(each.kind is Kind.SOURCE_MAP for each in found) <= 1


@given(st.sampled_from(ROWS), st.sampled_from(ROWS))
def test_statements_that_follow_each_other_keep_their_references(one, other):
    """What is read wrong must not reach beyond itself, where it ends at all."""
    (first, _), (second, _) = unmark(one[0]), unmark(other[0])
    found = [each for each in find_references(first) if each.kind is not Kind.SOURCE_MAP]
    again = find_references(first + b"\n;" + second)
    assert [each for each in again if each in found] == found


# Each is read some ten times faster than this; what were not linear would take minutes.
@pytest.mark.parametrize("before", ["", "import {", "`", "(x)", "a;" * 60_000 + "(b)"])
@pytest.mark.parametrize(
    "unit",
    [
        *("(", ")", "{", "}", "/", "`", '"', "\\", "/\n", "'\n", "`${", "${", "/[", "/[ ", ")/"),
        *("}/", "()/a/g", "{}/", "/*", "*/", "/**/", "//", "import", "import ", "import{", "new/*"),
        *("import{a,", "import(", "import('a',", "import/*", "import//\n", "import{'", "export{"),
        *(
            "export*",
            "export{a}",
            "export{a}/",
            "new URL(",
            "new URL('a',",
            "new ",
            "...",
            ". import",
        ),
        *("//# sourceMappingURL=", "/*# sourceMappingURL=a*", "//# ", "\u2028", "\u00a0", "é", " "),
    ],
)
def test_time_is_linear(before, unit):
    data = (before + unit * (120_000 // len(unit)) + "\nimport('z')\n").encode()
    began = time.process_time()
    find_references(data)
    assert time.process_time() - began < 5
