// Lines of least mean loss through weighted points, by Newton's method, parabolas and vertices on the printed formulas.
// A line is [intercept, slope] in the units of the data; inside, x is centred and scaled so that both are of one size.

const STEPS = 200;
const MOST_PAIRED = 40; // points of which all pairs are tried

const standardised = points => {
  const counted = points.filter(each => each.w > 0);
  const total = counted.reduce((sum, each) => sum + each.w, 0);
  const centre = counted.reduce((sum, each) => sum + each.w * each.x, 0) / total;
  const spread = Math.max(...counted.map(each => Math.abs(each.x - centre)));
  const scale = spread > 1e-12 * Math.max(1, Math.abs(centre)) ? spread : 0;
  return { total, centre, scale,
    rows: counted.map(each => ({ u: scale ? (each.x - centre) / scale : 0, y: each.y, w: each.w / total })) };
};

const meanLoss = (loss, rows, [a, b]) => rows.reduce((sum, { u, y, w }) => sum + w * loss.value(y, a + b * u), 0);

// The lines through two of the places that each point has, best first: for a loss of straight pieces, where it bends,
// one of them is the best line of all; for others those through two points are where to start, of many points
// through two of some.
const linesThrough = (places, loss, rows, scale) => {
  const every = scale ? Math.ceil(rows.length / MOST_PAIRED) : 1, paired = rows.filter((_, i) => i % every === 0);
  const bends = paired.map(({ y }) => places(y));
  const lines = [];
  for (let i = 0; i < paired.length; i += 1) {
    if (!scale) { lines.push(...bends[i].map(level => [level, 0])); continue; }
    for (let j = 0; j < i; j += 1) {
      const apart = paired[i].u - paired[j].u;
      if (Math.abs(apart) < 1e-12) continue;
      for (const one of bends[i]) for (const other of bends[j]) {
        const slope = (one - other) / apart;
        lines.push([one - slope * paired[i].u, slope]);
      }
    }
  }
  return lines.map(line => ({ line, cost: meanLoss(loss, rows, line) })).sort((p, q) => p.cost - q.cost);
};

// The step that a curvature gives; null where it bends the wrong way, or not at all, along some direction.
const stepBy = (curvature, rows, line, [ga, gb]) => {
  let aa = 0, ab = 0, bb = 0;
  for (const { u, y, w } of rows) {
    const c = w * curvature(y, line[0] + line[1] * u);
    aa += c; ab += c * u; bb += c * u * u;
  }
  if (!(bb > 0) && rows.every(({ u }) => u === 0)) return aa > 0 ? [-ga / aa, 0] : null;
  const determinant = aa * bb - ab * ab;
  if (!(aa > 0 && determinant > 1e-12 * aa * bb)) return null;
  return [(ab * gb - bb * ga) / determinant, (ab * ga - aa * gb) / determinant];
};

const descend = (loss, rows, start) => {
  let line = start, cost = meanLoss(loss, rows, line);
  for (let count = 0; count < STEPS; count += 1) {
    const slope = rows.reduce(([ga, gb], { u, y, w }) => {
      const g = w * loss.grad(y, line[0] + line[1] * u);
      return [ga + g, gb + g * u];
    }, [0, 0]);
    let moved = null;
    for (const curvature of [loss.hess, loss.majorizer]) {
      const step = curvature && stepBy(curvature, rows, line, slope);
      if (!step) continue;
      const next = [line[0] + step[0], line[1] + step[1]], reached = meanLoss(loss, rows, next);
      if (reached <= cost + 1e-15 * Math.abs(cost)) { moved = { next, reached, size: Math.abs(step[0]) + Math.abs(step[1]) }; break; }
    }
    if (!moved) break;
    line = moved.next;
    cost = moved.reached;
    if (moved.size <= 1e-13 * (1 + Math.abs(line[0]) + Math.abs(line[1]))) break;
  }
  return { line, cost };
};

const isStraight = (loss, rows) => !loss.majorizer && hasNoCurvature(loss, rows);

const descended = (loss, rows, scale) => {
  const level = rows.reduce((sum, { y, w }) => sum + w * y, 0);
  const starts = [[level, 0], ...linesThrough(y => [y], loss, rows, scale).slice(0, 4).map(each => each.line)];
  return starts.map(start => descend(loss, rows, start)).reduce((p, q) => q.cost < p.cost ? q : p);
};

// Straight pieces and too many points to try all pairs of them.
const ofMany = (loss, rows) => {
  const { b, cost } = byMultipliers(loss, rows.map(({ u, y, w }) => ({ u: [1, u], y, w })), [0, 0], [0, 0]);
  return { line: b, cost };
};

// The best line under a loss, with its mean loss; null where there are no points.
const fitLine = (loss, points) => {
  if (!points.some(each => each.w > 0)) return null;
  const { rows, centre, scale } = standardised(points);
  const isVertex = isStraight(loss, rows);
  const best = !isVertex ? descended(loss, rows, scale) : scale && rows.length > MOST_PAIRED ? ofMany(loss, rows)
    : linesThrough(loss.kinks, loss, rows, scale)[0];
  const slope = scale ? best.line[1] / scale : 0;
  return { intercept: best.line[0] - slope * centre, slope, cost: best.cost };
};

const at = (line, x) => line.intercept + line.slope * x;

// 1.4826 times the median size: the standard deviation, where residuals are normal.
const residualScale = (line, points) => {
  const sizes = points.filter(each => each.w > 0).map(each => Math.abs(each.y - at(line, each.x))).sort((p, q) => p - q);
  const middle = (sizes.length - 1) / 2;
  return 1.4826 * (sizes[Math.floor(middle)] + sizes[Math.ceil(middle)]) / 2;
};
