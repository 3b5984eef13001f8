// Elements, scales and ticks.

const SVG = "http://www.w3.org/2000/svg";

const dressed = (node, attributes) => {
  for (const [name, value] of Object.entries(attributes)) {
    if (name === "text") node.textContent = value;
    else if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (value === null || value === false) node.removeAttribute(name);
    else node.setAttribute(name, value === true ? "" : value);
  }
  return node;
};

const svg = (tag, attributes = {}, ...children) => {
  const node = dressed(document.createElementNS(SVG, tag), attributes);
  node.append(...children);
  return node;
};

const html = (tag, attributes = {}, ...children) => {
  const node = dressed(document.createElement(tag), attributes);
  node.append(...children);
  return node;
};

const byId = id => document.getElementById(id);

const linear = ([low, high], [start, end]) => {
  const to = value => start + (value - low) / (high - low) * (end - start);
  to.back = place => low + (place - start) / (end - start) * (high - low);
  return to;
};

// Round numbers between two, about as many as asked for.
const ticks = (low, high, count) => {
  const raw = (high - low) / count, power = 10 ** Math.floor(Math.log10(raw));
  const step = power * [1, 2, 5, 10].find(each => each * power >= raw * 0.999);
  const first = Math.ceil(low / step - 1e-9), last = Math.floor(high / step + 1e-9);
  return Array.from({ length: last - first + 1 }, (_, i) => Number(((first + i) * step).toPrecision(12)));
};

const short = value => Number.isNaN(value) ? "no number" : Number.isFinite(value)
  ? String(Number(value.toPrecision(3))).replace("-", "−") : value > 0 ? "∞" : "−∞";

// A name that may go on in the next line.
const breakable = name => name.split(/(?=[_:])/).flatMap((part, i) => i ? [html("wbr"), part] : [part]);

const axes = (x, y, xs, ys, frame, names) => {
  const group = svg("g", { class: "axes", "aria-hidden": "true" });
  for (const tick of ys) {
    group.append(svg("line", { x1: frame.left, x2: frame.right, y1: y(tick), y2: y(tick) }),
      svg("text", { x: frame.left - 6, y: y(tick) + 4, "text-anchor": "end", text: short(tick) }));
  }
  for (const tick of xs) {
    group.append(svg("line", { x1: x(tick), x2: x(tick), y1: frame.top, y2: frame.bottom }),
      svg("text", { x: x(tick), y: frame.bottom + 16, "text-anchor": "middle", text: short(tick) }));
  }
  if (names.x) group.append(svg("text", { x: frame.right, y: frame.bottom + 32, "text-anchor": "end", text: names.x }));
  if (names.y) group.append(svg("text", { x: frame.left, y: frame.top - 6, "text-anchor": "start", text: names.y }));
  return group;
};

// A line through places, broken where a height is no number or out of the frame by far.
const path = (xs, heights, x, y) => {
  let isDown = false;
  return xs.map((value, i) => {
    if (!Number.isFinite(heights[i])) { isDown = false; return ""; }
    const letter = isDown ? "L" : "M";
    isDown = true;
    return `${letter}${x(value).toFixed(2)} ${between(y(heights[i]), -1e4, 1e4).toFixed(2)}`;
  }).join("");
};

// Draws when what it depends on has changed, and only while the section is in sight or nearly so.
const whenSeen = (id, dependsOn, draw) => {
  let isSeen = false, drawnFor = "";
  const update = anyhow => {
    if (!isSeen) return;
    const key = JSON.stringify(dependsOn());
    if (key === drawnFor && anyhow !== true) return;
    drawnFor = key;
    draw();
  };
  new IntersectionObserver(entries => {
    isSeen = entries.at(-1).isIntersecting;
    update();
  }, { rootMargin: "100px" }).observe(byId(id));
  return update;
};
