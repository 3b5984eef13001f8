// A loss with its parameters set, and numbers in their ranges.

const between = (value, low, high) => Math.min(Math.max(value, low), high);

const isInside = ({ low, high, lowClosed, highClosed }, value) => Number.isFinite(value) &&
  (value > (low ?? -Infinity) || (lowClosed && value === low)) && (value < (high ?? Infinity) || (highClosed && value === high));

const bound = (loss, given) => {
  const set = loss.parameters.map(each => given[each.name] ?? each.default);
  const fixed = formula => formula && ((y, f) => formula(y, f, ...set));
  return {
    value: fixed(loss.value), grad: fixed(loss.grad), hess: fixed(loss.hess), majorizer: fixed(loss.majorizer),
    kinks: y => loss.kinks(y, ...set),
  };
};

// The weight by which least squares would give the same line: the gradient over the residual, at none its limit.
const weightOf = (loss, y, f) => {
  if (f !== y) return loss.grad(y, f) / (f - y);
  if (loss.majorizer) return loss.majorizer(y, f);
  return loss.kinks(y).includes(y) ? Infinity : loss.hess(y, f);
};

const SPREAD = 50;
const rounded = value => Number(value.toPrecision(3));

// A slider from 0 to 1000: even steps in a finite range, even ratios in one without an end.
const sliderOf = ({ low, high, default: usual }) => {
  if (low !== null && high !== null) {
    const width = high - low;
    return { value: t => rounded(low + width * between(t / 1000, 0.01, 0.99)), place: v => 1000 * (v - low) / width };
  }
  if (low === null) {
    const end = high ?? 10, width = 10;
    return { value: t => rounded(end - width * (1 - t / 1000)), place: v => 1000 * (1 - (end - v) / width) };
  }
  const unit = usual > low ? usual - low : 1, reach = PRIMITIVES.log(SPREAD);
  return {
    value: t => rounded(low + unit * PRIMITIVES.exp((t / 500 - 1) * reach)),
    place: v => 500 * (1 + PRIMITIVES.log(Math.max((v - low) / unit, 1e-9)) / reach),
  };
};
