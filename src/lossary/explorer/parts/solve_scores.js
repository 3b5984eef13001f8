// The least of sum w loss(y, u·b) + sum ridge b²/2 over a few unknowns b; rows are { u, y, w } with u as long as b.
// Smooth losses: Newton's method, damped. Losses of straight pieces: the method of multipliers, whose inner problems are
// smooth but for jumps of the curvature, and which ends on the corners exactly (Rockafellar 1976).

const dot = (p, q) => p.reduce((sum, each, i) => sum + each * q[i], 0);

// Gauss's elimination with the largest pivot; null where the matrix has none.
const solved = (matrix, right) => {
  const rows = matrix.map((row, i) => [...row, right[i]]), size = rows.length;
  for (let i = 0; i < size; i += 1) {
    const pivot = rows.slice(i).reduce((best, row, k) => Math.abs(row[i]) > Math.abs(rows[best][i]) ? i + k : best, i);
    if (!(Math.abs(rows[pivot][i]) > 0)) return null;
    [rows[i], rows[pivot]] = [rows[pivot], rows[i]];
    for (let k = i + 1; k < size; k += 1) {
      const share = rows[k][i] / rows[i][i];
      for (let j = i; j <= size; j += 1) rows[k][j] -= share * rows[i][j];
    }
  }
  const found = Array(size).fill(0);
  for (let i = size - 1; i >= 0; i -= 1) {
    found[i] = (rows[i][size] - rows[i].slice(i + 1, size).reduce((sum, each, k) => sum + each * found[i + 1 + k], 0)) / rows[i][i];
  }
  return found.every(Number.isFinite) ? found : null;
};

// Newton's method on a cost whose parts by row are `part(row, index, score)` -> [value, slope, curvature].
const newton = (part, rows, ridge, start, steps = 100) => {
  const size = start.length;
  const costAt = b => rows.reduce((sum, row, i) => sum + row.w * part(row, i, dot(row.u, b))[0], dot(ridge, b.map(each => each * each / 2)));
  let b = start, cost = costAt(b), damping = 0;
  for (let step = 0; step < steps; step += 1) {
    const slope = b.map((each, i) => ridge[i] * each), bend = ridge.map((each, i) => ridge.map((_, j) => i === j ? each : 0));
    let largest = 0;
    rows.forEach((row, k) => {
      const [, g, h] = part(row, k, dot(row.u, b));
      for (let i = 0; i < size; i += 1) {
        slope[i] += row.w * g * row.u[i];
        for (let j = 0; j < size; j += 1) bend[i][j] += row.w * h * row.u[i] * row.u[j];
        largest = Math.max(largest, row.w * row.u[i] * row.u[i]);
      }
    });
    let isBetter = false;
    for (let tries = 0; tries < 40 && !isBetter; tries += 1) {
      const extra = damping + 1e-14 * largest;
      const way = solved(bend.map((row, i) => row.map((each, j) => each + (i === j ? extra : 0))), slope.map(each => -each));
      const next = way && dot(way, slope) <= 0 && b.map((each, i) => each + way[i]), reached = next ? costAt(next) : NaN;
      if (reached <= cost + 4e-16 * Math.abs(cost)) {
        isBetter = true;
        damping = damping > 1e-8 * largest ? damping / 8 : 0;
        const size = Math.max(...way.map(Math.abs));
        [b, cost] = [next, reached];
        if (size <= 1e-13 * (1 + Math.max(...b.map(Math.abs)))) return { b, cost };
      } else {
        damping = Math.max(4 * damping, 1e-6 * largest);
      }
    }
    if (!isBetter) break;
  }
  return { b, cost };
};

// Where loss(y, f) + s (f - v)²/2 is least, for a convex loss, and the slope of that place by v.
const nearer = (loss, y, v, s) => {
  const pull = f => loss.grad(y, f) + s * (f - v), g = loss.grad(y, v);
  if (g === 0) return [v, 1];
  let [low, high] = g > 0 ? [v - g / s, v] : [v, v - g / s];
  const end = g > 0 ? low : high;
  if (Math.abs(pull(end)) <= 1e-12 * Math.abs(g)) return [end, 1];
  for (let step = 0; step < 80; step += 1) {
    const middle = (low + high) / 2;
    if (middle <= low || middle >= high) break;
    if (pull(middle) > 0) high = middle; else low = middle;
  }
  const isCorner = pull(high) - pull(low) > 1e-9 * (1 + s);
  return [(low + high) / 2, isCorner ? 0 : s / (loss.hess(y, low) + s)];
};

const byMultipliers = (loss, rows, ridge, start) => {
  const multipliers = rows.map(() => 0);
  let b = start;
  for (let s = 1, round = 0; round < 60; round += 1, s = Math.min(2 * s, 256)) {
    const part = (row, i, score) => {
      const v = score + multipliers[i] / s, [place, slope] = nearer(loss, row.y, v, s);
      return [loss.value(row.y, place) + s * (place - v) ** 2 / 2, s * (v - place), s * (1 - slope)];
    };
    b = newton(part, rows, ridge, b).b;
    let apart = 0;
    rows.forEach((row, i) => {
      const score = dot(row.u, b), v = score + multipliers[i] / s, [place] = nearer(loss, row.y, v, s);
      apart = Math.max(apart, Math.abs(place - score));
      multipliers[i] = s * (v - place);
    });
    if (apart < 1e-12) break;
  }
  return { b, cost: rows.reduce((sum, { u, y, w }) => sum + w * loss.value(y, dot(u, b)), dot(ridge, b.map(each => each * each / 2))) };
};

const hasNoCurvature = (loss, rows) => rows.every(({ y }) => [-7.3, -1.1, -0.3, 0.3, 1.1, 7.3].every(r => loss.hess(y, y + r) === 0));

// The best from a few starts: a loss that is not convex may have several minima.
const leastScores = (loss, rows, ridge, starts) => {
  const found = starts.map(start => hasNoCurvature(loss, rows) ? byMultipliers(loss, rows, ridge, start)
    : newton(({ y }, _, f) => [loss.value(y, f), loss.grad(y, f), loss.hess(y, f)], rows, ridge, start));
  return found.reduce((p, q) => q.cost < p.cost ? q : p);
};
