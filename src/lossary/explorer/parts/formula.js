// A typed formula: read into a tree, computed with its first two derivatives by f, and written as Python.
// The derivatives of every function and operator are those of FUNCTIONS, by the rules of `lossary.define`.

class Mistake extends Error {
  constructor(message, column) { super(message); this.column = column; }
}

const TOKEN = /\s*(?:(\d+\.?\d*(?:[eE][+-]?\d+)?|\.\d+(?:[eE][+-]?\d+)?)|([A-Za-z_]\w*)|(\*\*|<=|>=|[-+*\/^(),<>]))/y;

// Signs as pages and papers print them; each is as long as what it stands for, so that columns stay.
const PRINTED = { "−": "-", "–": "-", "×": "*", "·": "*", "÷": "/" };

const tokensOf = printed => {
  const text = printed.replace(/[−–×·÷]/g, sign => PRINTED[sign]), tokens = [];
  TOKEN.lastIndex = 0;
  while (text.slice(TOKEN.lastIndex).trim()) {
    const from = TOKEN.lastIndex, found = TOKEN.exec(text);
    if (!found) {
      const column = from + text.slice(from).search(/\S/);
      throw new Mistake(`“${String.fromCodePoint(text.codePointAt(column))}” means nothing here.`, column);
    }
    const [, number, name, sign] = found, value = number ?? name ?? sign;
    tokens.push({ kind: number ? "number" : name ? "name" : "sign", text: value, column: TOKEN.lastIndex - value.length });
  }
  return [...tokens, { kind: "end", text: "the end", column: text.length }];
};

const POWER_SIGNS = ["^", "**"], COMPARED = ["<", ">", "<=", ">="];
const OFFERED = () => [...Object.keys(TYPED), "where"].join(", ");

// The tree of a formula; what is no formula raises a Mistake, which knows its column.
const parsedFormula = text => {
  const tokens = tokensOf(text);
  let at = 0;
  const is = (...signs) => tokens[at].kind === "sign" && signs.includes(tokens[at].text);
  const take = () => tokens[at++];
  const expect = sign => {
    if (!is(sign)) throw new Mistake(`here “${sign}” is expected, not ${tokens[at].kind === "end" ? "the end" : `“${tokens[at].text}”`}.`, tokens[at].column);
    return take();
  };
  const call = (name, ...given) => ({ kind: "call", name, given });
  const sum = () => {
    let left = product();
    while (is("+", "-")) left = call(take().text === "+" ? "add" : "subtract", left, product());
    return left;
  };
  const product = () => {
    let left = signed();
    while (is("*", "/")) left = call(take().text === "*" ? "multiply" : "divide", left, signed());
    return left;
  };
  const signed = () => {
    if (is("-")) { take(); return call("negative", signed()); }
    if (is("+")) { take(); return signed(); }
    return raised();
  };
  const raised = () => {
    const base = single();
    if (!is(...POWER_SIGNS)) return base;
    take();
    const { column } = tokens[at], exponent = signed();
    if (namesIn(exponent).has("f")) throw new Mistake("an exponent cannot contain f; write exp(…).", column);
    return toThe(base, exponent);
  };
  const single = () => {
    const token = take();
    if (token.kind === "number") return { kind: "number", value: Number(token.text) };
    if (token.text === "(") { const inside = sum(); expect(")"); return inside; }
    if (token.kind === "name") return named(token);
    throw new Mistake(token.kind === "end" ? "something is missing at the end." : `“${token.text}” cannot stand here.`, token.column);
  };
  const named = token => {
    const isFunction = token.text === "where" || Object.hasOwn(TYPED, token.text);
    if (is("(")) {
      if (!isFunction) throw new Mistake(`${token.text} is no function here; there are ${OFFERED()}. (A product needs a *.)`, token.column);
      return token.text === "where" ? chosen() : called(token);
    }
    if (isFunction) throw new Mistake(`${token.text} is a function: write ${token.text}(…).`, token.column);
    if (TAKEN.includes(token.text) || token.text.startsWith("__")) throw new Mistake(`${token.text} means something else in Python or to a loss; take another name.`, token.column);
    return { kind: "name", name: token.text };
  };
  const called = token => {
    take();
    const given = [sum()], { count } = FUNCTIONS[TYPED[token.text]];
    while (is(",")) { take(); given.push(sum()); }
    expect(")");
    if (given.length !== count) throw new Mistake(`${token.text} takes ${count === 1 ? "one number" : "two numbers"}, not ${given.length}.`, token.column);
    return call(TYPED[token.text], ...given);
  };
  const chosen = () => {
    take();
    const left = sum();
    if (!is(...COMPARED)) throw new Mistake("here a comparison is expected: where(a < b, if so, if not).", tokens[at].column);
    const sign = take().text, right = sum();
    expect(",");
    const then = sum();
    expect(",");
    const otherwise = sum();
    expect(")");
    return { kind: "where", sign, given: [left, right, then, otherwise] };
  };
  const tree = sum();
  if (tokens[at].kind !== "end") {
    const { kind, text: left, column } = tokens[at];
    throw new Mistake(kind === "sign" ? `“${left}” is too much here.` : `before “${left}” a sign is missing, such as *.`, column);
  }
  if (!namesIn(tree).has("f")) throw new Mistake("a loss depends on the prediction, f.", 0);
  return tree;
};

const namesIn = tree => new Set(tree.kind === "name" ? [tree.name] : (tree.given ?? []).flatMap(each => [...namesIn(each)]));
const numbersIn = tree => tree.kind === "number" ? [tree.value] : (tree.given ?? []).flatMap(numbersIn);

// Small whole powers are products, as in the library; the base stands once in the tree, or powers of powers would grow without end.
const toThe = (base, exponent) => {
  const times = exponent.kind === "number" ? exponent.value : NaN;
  return Number.isInteger(times) && times >= 1 && times <= 8
    ? { kind: "times", times, given: [base] }
    : { kind: "call", name: "power", given: [base, exponent] };
};

const HOLDS = { "<": (p, q) => p < q, ">": (p, q) => p > q, "<=": (p, q) => p <= q, ">=": (p, q) => p >= q };

// [value, first, second derivative by f]. What does not move adds nothing, though its slope may be infinite.
const jet = (tree, values) => {
  if (tree.kind === "number") return [tree.value, 0, 0];
  if (tree.kind === "name") return [values[tree.name], tree.name === "f" ? 1 : 0, 0];
  if (tree.kind === "where") {
    const [left, right, then, otherwise] = tree.given;
    return jet(HOLDS[tree.sign](jet(left, values)[0], jet(right, values)[0]) ? then : otherwise, values);
  }
  const given = tree.given.map(each => jet(each, values));
  if (tree.kind === "times") return Array(tree.times - 1).fill(given[0]).reduce((p, q) => jetOf(FUNCTIONS.multiply, [p, q]), given[0]);
  return jetOf(FUNCTIONS[tree.name], given);
};

const jetOf = ({ value, slopes, curvatures }, given) => {
  const at = given.map(([v]) => v);
  let first = 0, second = 0;
  given.forEach(([, one, two], i) => {
    if (one === 0 && two === 0) return;
    const slope = slopes[i](...at);
    first += one === 0 ? 0 : slope * one;
    second += two === 0 ? 0 : slope * two;
    given.forEach(([, other], j) => { second += one === 0 || other === 0 ? 0 : curvatures[i][j](...at) * one * other; });
  });
  return [value(...at), first, second];
};

const inPython = text => tokensOf(text).filter(({ kind }) => kind !== "end").reduce((said, { text: each, column }, i, all) => {
  const gap = i && all[i - 1].column + all[i - 1].text.length < column ? " " : "";
  return said + gap + (each === "^" ? "**" : TYPED[each] ?? each);
}, "");

// The functions of the library that the Python of a formula takes.
const importedBy = text => [...new Set(tokensOf(text).filter(({ kind }) => kind === "name").map(each => each.text)
  .filter(name => name === "where" || Object.hasOwn(TYPED, name)).map(name => TYPED[name] ?? name))].sort();
