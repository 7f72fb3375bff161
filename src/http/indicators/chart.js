// Bars, by Chart.js. Each chart has its table beside it: nothing is told by a picture alone.

import { number, say } from "./words.js";

const { Chart } = globalThis;
const drawn = new Map();

const color = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const still = matchMedia("(prefers-reduced-motion: reduce)");

/** Writes each value at its bar, and why there is none where the bar is missing. */
const told = {
  id: "told",
  afterDatasetsDraw(chart) {
    const { ctx: pen, scales, options, chartArea: area } = chart;
    const flat = options.indexAxis === "y";
    const { data, marks } = chart.data.datasets[0];
    pen.save();
    pen.font = `12px ${color("--font")}`;
    data.forEach((value, place) => {
      const text = value === null ? marks[place] : number(value);
      if (!text) return;
      pen.fillStyle = color(value === null ? "--quiet" : "--ink");
      const along = (flat ? scales.x : scales.y).getPixelForValue(value ?? 0);
      const across = (flat ? scales.y : scales.x).getPixelForValue(place);
      if (flat) {
        pen.textAlign = "left";
        pen.textBaseline = "middle";
        pen.fillText(text, along + 6, across);
      } else if (value === null || pen.measureText(text).width + 6 > area.width / data.length) {
        // Where bars are narrow, upwards.
        pen.translate(across, along - 5);
        pen.rotate(-Math.PI / 2);
        pen.textAlign = "left";
        pen.textBaseline = "middle";
        pen.fillText(text, 0, 0);
        pen.setTransform(chart.currentDevicePixelRatio, 0, 0, chart.currentDevicePixelRatio, 0, 0);
      } else {
        pen.textAlign = "center";
        pen.textBaseline = "bottom";
        pen.fillText(text, across, along - 3);
      }
    });
    pen.restore();
  },
};

/**
 * Draws bars into a canvas, in place of what was drawn there. `bars`: label, value or null, and why null. `flat`: they lie, for
 * labels that are long.
 */
export function draw(canvas, bars, { flat = false, name }) {
  drawn.get(canvas)?.destroy();
  Chart.defaults.font.family = color("--font");
  const [ink, grid] = [color("--quiet"), color("--line")];
  const values = {
    beginAtZero: true,
    grace: "12%",
    border: { display: false },
    grid: { color: grid },
    ticks: { color: ink, precision: 0, maxTicksLimit: 6, callback: (value) => number(value) },
  };
  const labels = { border: { color: grid }, grid: { display: false }, ticks: { color: color("--ink"), autoSkip: false } };
  const chart = new Chart(canvas, {
    type: "bar",
    data: {
      labels: bars.map(({ label }) => (flat ? wrapped(label) : label)),
      datasets: [
        {
          label: name,
          data: bars.map(({ value }) => (value === null ? null : Number(value))),
          marks: bars.map(({ mark }) => mark),
          backgroundColor: bars.map(({ tint }) => color(tint ?? "--bar")),
          borderRadius: 3,
          maxBarThickness: 46,
        },
      ],
    },
    options: {
      indexAxis: flat ? "y" : "x",
      animation: still.matches ? false : { duration: 250 },
      maintainAspectRatio: false,
      layout: { padding: flat ? { right: 48 } : { top: 18 } },
      scales: flat ? { x: values, y: labels } : { x: labels, y: values },
      plugins: {
        legend: { display: false },
        tooltip: { callbacks: { label: ({ raw }) => (raw === null ? say("SUPPRESSED") : number(raw)) } },
      },
    },
    plugins: [told],
  });
  drawn.set(canvas, chart);
}

/** Forgets the charts of a part of the document that goes. */
export function forget(root) {
  for (const [canvas, chart] of drawn) {
    if (!root.contains(canvas)) continue;
    chart.destroy();
    drawn.delete(canvas);
  }
}

/** Long labels on two or three lines. */
function wrapped(label) {
  const lines = [""];
  for (const word of label.split(" ")) {
    const line = lines.at(-1);
    if (line && line.length + word.length > 22) lines.push(word);
    else lines[lines.length - 1] = line ? `${line} ${word}` : word;
  }
  return lines;
}

/** Calls back when the colours of the reader's system change. */
export const recolored = (then) => matchMedia("(prefers-color-scheme: dark)").addEventListener("change", then);
