/* The chooser: what was answered picks one of the lists that the page brings; the order is that of a comparison. */
"use strict";

(() => {
  const rules = JSON.parse(document.getElementById("rules").textContent);
  const form = document.getElementById("three-questions"), answer = document.getElementById("answer");
  const said = document.getElementById("chosen");
  const state = {target: rules.targets[0].name, want: "", traits: []};

  const make = (tag, attributes = {}, ...children) => {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    element.append(...children);
    return element;
  };
  const capital = text => text.charAt(0).toUpperCase() + text.slice(1);
  const target = () => rules.targets.find(each => each.name === state.target);
  const question = () => target().questions.find(each => each.name === state.want) || target().questions[0];

  const choices = (place, kind, name, options, checked) => document.getElementById(place).replaceChildren(
    ...options.map(option => {
      const input = make("input", {type: kind, name, value: option.name});
      input.checked = checked(option.name);
      return make("label", {}, input, make("span", {}, capital(option.title)));
    }));

  const ask = () => {
    choices("targets", "radio", "target", rules.targets, name => name === state.target);
    choices("wants", "radio", "want", target().questions, name => name === question().name);
    const known = target().traits.map(name => ({name, ...rules.traits[name]}));
    choices("traits", "checkbox", "trait", known, name => state.traits.includes(name));
  };

  // The traits that pick a list are those that some list is named after; others only say which losses come first.
  const listed = () => {
    const {lists} = question();
    const picking = new Set(Object.keys(lists).flatMap(key => key.split(",")));
    const chosen = target().traits.filter(name => state.traits.includes(name));
    const codes = [...target().findings, ...chosen.map(name => rules.traits[name].finding)];
    const speaking = loss => [...new Set(codes)].filter(code => rules.findings[code].suggests.includes(loss));
    const candidates = lists[chosen.filter(name => picking.has(name)).join(",")]
      .map(number => ({...rules.candidates[number], speaking: speaking(rules.candidates[number].loss)}));
    const rank = each => each.reference ? 0 : each.speaking.length ? 1 : 2;
    return {candidates: candidates.sort((a, b) => rank(a) - rank(b)), chosen};
  };

  const item = each => {
    const because = [each.why + "."];
    if (each.speaking.length) because.push(`Speaking for it: ${each.speaking.map(code => rules.findings[code].title.toLowerCase()).join("; ")}.`);
    const parts = [make("a", {href: `losses/${each.loss}.html`}, capital(each.name))];
    if (each.reference) parts.push(make("span", {class: "badge-usual"}, "the usual loss"));
    parts.push(make("p", {}, capital(because.join(" "))));
    if (each.fit) parts.push(make("code", {}, each.fit));
    return make("li", {"data-loss": each.loss, class: each.speaking.length ? "spoken" : ""}, ...parts);
  };

  const show = () => {
    const {candidates, chosen} = listed();
    const notes = [...new Set([...target().findings, ...chosen.map(name => rules.traits[name].finding)])].map(code =>
      make("li", {}, make("b", {}, rules.findings[code].title), `: ${rules.findings[code].text} (${code})`));
    answer.replaceChildren(
      make("h2", {}, `${candidates.length} candidates`),
      make("ol", {}, ...candidates.map(item)),
      make("p", {}, "Numbers that only your data can say, such as where a Huber loss bends, are left out here. To compare all of these: "),
      make("pre", {tabindex: "0"}, question().choose),
      ...(notes.length ? [make("h3", {}, "Why, and what to mind"), make("ul", {class: "notes"}, ...notes)] : []));
    said.textContent = `${candidates.length} candidates: ${candidates.map(each => each.name).join("; ")}`;
  };

  const remember = () => {
    const address = new URL(location.href);
    address.searchParams.set("target", state.target);
    address.searchParams.set("want", question().name);
    const kept = target().traits.filter(name => state.traits.includes(name)).join(",");
    if (kept) address.searchParams.set("data", kept); else address.searchParams.delete("data");
    history.replaceState(null, "", address);
  };

  const asked = new URLSearchParams(location.search);
  if (rules.targets.some(each => each.name === asked.get("target"))) state.target = asked.get("target");
  state.want = asked.get("want") || "";
  state.traits = (asked.get("data") || "").split(",").filter(name => target().traits.includes(name));

  form.addEventListener("submit", event => event.preventDefault());
  form.addEventListener("change", event => {
    const {name, value, checked} = event.target;
    if (name === "trait") state.traits = checked ? [...state.traits, value] : state.traits.filter(each => each !== value);
    else state[name] = value;
    if (name === "target") {
      state.want = question().name;
      ask();
      form.querySelector(`input[name=target][value="${value}"]`).focus();
    }
    show();
    remember();
  });
  ask();
  show();
  form.hidden = answer.hidden = false;
})();
