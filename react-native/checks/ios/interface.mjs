// Compares what stands between Objective-C++ and Swift, which no compiler on Linux does: the selectors and types of the shim with the
// header that the module is parsed with, and the fields of the spec's structs with what is passed on and what is read.
//
//   node interface.mjs PACKAGE STAND-IN-HEADER GENERATED-HEADER

import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

const [folder, standIn, generated] = process.argv.slice(2);
const read = (...path) => readFileSync(join(...path), 'utf8');
const shim = read(folder, 'ios/AppwriteSessionShim.swift');
const header = read(standIn);
const objectiveC = read(folder, 'ios/AppwriteSession.mm');
const logic = readdirSync(join(folder, 'ios/logic')).map((file) => read(folder, 'ios/logic', file));

const faults = [];
const check = (holds, fault) => {
  if (!holds) faults.push(fault);
};

// ---- the shim ----

const types = {
  Int: 'NSInteger',
  String: 'NSString *_Nonnull',
  'String?': 'NSString *_Nullable',
  NSNumber: 'NSNumber *_Nonnull',
  '[String: Any]': 'NSDictionary<NSString *, id> *_Nonnull',
  '@escaping Resolve': 'Resolve _Nonnull',
  '@escaping Reject': 'Reject _Nonnull',
  '@escaping @Sendable ([String: Any]) -> Void': 'void (^_Nonnull)(NSDictionary<NSString *, id> *_Nonnull)',
};
const objectiveCType = (type) => types[type] ?? `what is ${type}?`;

/** The text from the bracket at `at` to the one that closes it, without both. */
function inBrackets(text, at) {
  let depth = 0;
  for (let end = at; end < text.length; end++) {
    if (text[end] === '(') depth++;
    if (text[end] === ')' && --depth === 0) return text.slice(at + 1, end);
  }
  return '';
}

/** A function of the shim as Objective-C declares it. */
function declared(selector, name, swift) {
  const parameters = swift.trim() === '' ? [] : swift.trim().split(/,\s*(?=\w)/);
  const pieces = parameters.map((parameter, index) => {
    const [, label, second, type] = /^(\w+)(?: (\w+))?: (.+)$/.exec(parameter) ?? [];
    const first = name === 'init' ? `initWith${label[0].toUpperCase()}${label.slice(1)}` : name;
    return { selector: index === 0 ? first : label, type, name: second ?? label };
  });
  const natural = pieces.length === 0 ? name : pieces.map((piece) => `${piece.selector}:`).join('');
  check(selector === natural, `the shim's ${name} has the selector ${selector}, not ${natural}`);
  const rest = pieces.map((piece) => `${piece.selector}:(${objectiveCType(piece.type)})${piece.name}`);
  return rest.length === 0 ? selector : rest.join(' ');
}

const ofShim = [...shim.matchAll(/@objc\(([\w:]+)\)\n\s*public (?:func )?(\w+)(?=\()/g)].map((match) => {
  const at = match.index + match[0].length;
  const parameters = inBrackets(shim, at);
  const result = /^\s*->\s*(.+?) \{/.exec(shim.slice(at + parameters.length + 2))?.[1];
  const type = match[2] === 'init' ? 'nonnull instancetype' : result === undefined ? 'void' : objectiveCType(result);
  return `- (${type})${declared(match[1], match[2], parameters.replace(/\s+/g, ' '))};`;
});
const ofHeader = [...header.matchAll(/^- [^;]*;/gm)]
  .map(([text]) => text.replace(/\s+/g, ' '))
  .filter((text) => !text.includes('unavailable'));

check(/@objc\(AppwriteSessionShim\)\npublic final class/.test(shim), 'the shim has another name in Objective-C');
check(shim.includes('typealias Resolve = @Sendable (Any?) -> Void\n'), 'the shim resolves with another type');
check(
  shim.includes('typealias Reject = @Sendable (String?, String?, (any Error)?) -> Void\n'),
  'the shim rejects with other types',
);
check(
  [...shim.matchAll(/public (func|init)/g)].length === ofShim.length,
  'a public function of the shim has no selector',
);
for (const one of ofShim) check(ofHeader.includes(one), `the header lacks ${one}`);
for (const one of ofHeader) check(ofShim.includes(one), `the shim lacks ${one}`);

// ---- the structs ----

const structs = [...read(generated).matchAll(/struct (Native\w+) \{([\s\S]*?)private:/g)].map(([, name, body]) => ({
  name,
  fields: [...body.matchAll(/(\w+)\(\) const;/g)].map(([, field]) => field),
}));
let fields = 0;
for (const struct of structs) {
  const [, parameter, body] =
    new RegExp(`dictionary\\(JS::NativeAppwriteSession::${struct.name} &?(\\w+)\\)\\n\\{([^}]*)\\n\\}`).exec(
      objectiveC,
    ) ?? [];
  check(body !== undefined, `nothing turns a ${struct.name} into a dictionary`);
  for (const field of struct.fields) {
    fields++;
    const passed = new RegExp(
      `values\\[@"${field}"\\] = .*${field === 'presence' ? 'presence' : `${parameter}\\.${field}\\(\\)`}`,
    );
    check(passed.test(body ?? ''), `${struct.name}.${field} is not passed on under its name`);
    check(
      logic.some((source) => source.includes(`("${field}"`) || source.includes(`"${field}",\n`)),
      `${struct.name}.${field} is not read in Swift`,
    );
  }
}
check(structs.length > 0, 'the generated header has no structs');

for (const fault of faults) console.error(fault);
console.log(
  `${ofShim.length} functions of the shim and ${fields} fields of ${structs.length} structs compared, ${faults.length} faults`,
);
process.exitCode = faults.length === 0 && ofShim.length > 0 ? 0 : 1;
