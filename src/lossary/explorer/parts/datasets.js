// Points of two classes, the same for the same seed: [across, up, label], with labels 0 and 1.

const SIDE = 24, TURN = 6.283185307179586, EDGE = 6;

// Numbers from 0 to 1 that are the same each time.
const dice = seed => () => (seed = (seed * 16807) % 2147483647) / 2147483647;

const warm = seed => {
  const roll = dice(seed);
  for (let i = 0; i < 4; i += 1) roll(); // the first numbers of small seeds are near zero
  return roll;
};

const about = (roll, spread) => spread * (roll() + roll() + roll() + roll() - 2);
const onRing = (radius, share) => [radius * Math.cos(TURN * share), radius * Math.sin(TURN * share)];

const CLOUDS = {
  blobs: (label, i, roll) => [label ? 1.9 : -1.9, label ? 1.4 : -1.4],
  moons: (label, i) => {
    const [across, up] = onRing(3.2, i / (2 * (SIDE - 1)));
    return label ? [across - 1.6, up - 1] : [1.6 - across, 1 - up];
  },
  circles: (label, i) => onRing(label ? 1.4 : 4.2, i / SIDE),
  xor: (label, i, roll) => [[-2.4, 2.4], [2.4, -2.4], [2.4, 2.4], [-2.4, -2.4]][2 * label + i % 2],
  spiral: (label, i) => onRing(0.6 + 4.6 * i / SIDE, 1.1 * i / SIDE + label / 2),
};
const SPREADS = { blobs: 2.2, moons: 0.7, circles: 0.7, xor: 1.5, spiral: 0.2 };
const CLOUD_TITLES = { blobs: "two blobs", moons: "two moons", circles: "a ring around a disc", xor: "four corners (xor)", spiral: "two spirals" };

const toTenths = value => Number(between(value, -EDGE, EDGE).toFixed(1));

const cloudOf = ({ cloud, seed, flipped }) => {
  const roll = warm(seed), points = [];
  for (let i = 0; i < SIDE; i += 1) for (const label of [0, 1]) {
    const [across, up] = CLOUDS[cloud](label, i);
    points.push([toTenths(across + about(roll, SPREADS[cloud])), toTenths(up + about(roll, SPREADS[cloud])), label]);
  }
  const order = points.map(() => roll()), count = Math.round(flipped * points.length);
  const last = [...order].sort((p, q) => p - q)[count] ?? Infinity;
  return points.map(([across, up, label], i) => [across, up, order[i] < last ? 1 - label : label]);
};
