// Draws what /chart/... tells, and again when the account has changed; its sentence and its table stand beside it.
"use strict";

(() => {
  const charts = window.LightweightCharts;
  if (!charts) return;
  const EVERY_MS = 10_000;
  const drawn = new Map();

  const colours = () => {
    const style = getComputedStyle(document.documentElement);
    const named = (name) => style.getPropertyValue(name).trim();
    return { ink: named("--ink"), line: named("--line"), card: named("--card"), good: named("--good"), bad: named("--bad"), main: named("--link") };
  };

  const options = (of, digits) => ({
    autoSize: true,
    layout: { background: { color: of.card }, textColor: of.ink, attributionLogo: false },
    grid: { vertLines: { color: of.line }, horzLines: { color: of.line } },
    timeScale: { timeVisible: true, borderColor: of.line },
    rightPriceScale: { borderColor: of.line },
    localization: {
      locale: document.documentElement.lang,
      priceFormatter: (price) => price.toLocaleString(document.documentElement.lang, { maximumFractionDigits: digits }),
    },
    handleScroll: { vertTouchDrag: false },
  });

  const begin = (figure) => {
    const canvas = figure.querySelector(".canvas"), of = colours();
    canvas.classList.add("drawn");
    const chart = charts.createChart(canvas, options(of, figure.dataset.chart === "equity" ? 2 : 8));
    if (figure.dataset.chart === "equity") {
      const area = chart.addSeries(charts.AreaSeries, { lineColor: of.main, topColor: of.main + "55", bottomColor: of.main + "05", lineWidth: 2 });
      const fall = chart.addSeries(charts.HistogramSeries, { color: of.bad, priceFormat: { type: "percent" } }, 1);
      return { chart, show: (told) => { area.setData(told.equity); fall.setData(told.drawdown); } };
    }
    const candles = chart.addSeries(charts.CandlestickSeries, { upColor: of.good, downColor: of.bad, wickUpColor: of.good, wickDownColor: of.bad, borderVisible: false });
    const marks = charts.createSeriesMarkers(candles, []);
    const mark = (fill) => ({ time: fill.time, position: fill.buys ? "belowBar" : "aboveBar", shape: fill.buys ? "arrowUp" : "arrowDown", color: fill.buys ? of.good : of.bad, text: fill.text });
    return { chart, show: (told) => { candles.setData(told.candles); marks.setMarkers(told.fills.map(mark)); } };
  };

  const draw = async (figure) => {
    try {
      const answer = await fetch(figure.dataset.url, { headers: { Accept: "application/json" } });
      if (!answer.ok) return;
      const told = await answer.json();
      const sentence = figure.querySelector(".sentence");
      if (sentence && sentence.textContent !== told.said) sentence.textContent = told.said;
      if (!(told.equity || told.candles).length) return;
      if (!drawn.has(figure)) drawn.set(figure, begin(figure));
      drawn.get(figure).show(told);
    } catch { /* the page tells that it is offline */ }
  };

  const all = () => document.querySelectorAll("figure[data-chart]").forEach(draw);
  let at = 0;
  document.addEventListener("sorte:account", () => {
    if (Date.now() - at < EVERY_MS || document.hidden) return;
    at = Date.now();
    all();
  });
  all();
})();
