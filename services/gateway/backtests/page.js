// Draws a backtest from the data in its page: equity beside holding, and the price of a pair with its trades joined.
"use strict";

(() => {
  const charts = window.LightweightCharts;
  const told = JSON.parse(document.getElementById("data").textContent);
  if (!charts) return;
  const $ = (id) => document.getElementById(id);
  document.querySelectorAll("[data-needs-script]").forEach((part) => { part.hidden = false; });

  const style = () => getComputedStyle(document.documentElement);
  const colour = (name) => style().getPropertyValue(`--${name}`).trim();
  const digits = (value, most) => value.toLocaleString(told.language, { maximumFractionDigits: most });
  const when = (time) => new Date(time * 1000).toLocaleString(told.language, { timeZone: "UTC", dateStyle: "medium", timeStyle: "short" });

  const tick = (time, type) => { // years in full, days with their month
    const shape = [{ year: "numeric" }, { month: "short" }, { day: "numeric", month: "short" }][type] ?? { hour: "2-digit", minute: "2-digit" };
    return new Date(time * 1000).toLocaleString(told.language, { timeZone: "UTC", ...shape }).replace(" de ", " "); // "14 dez." has more room
  };

  const options = () => ({
    autoSize: true,
    layout: { background: { color: colour("card") }, textColor: colour("ink"), attributionLogo: false },
    grid: { vertLines: { color: colour("line") }, horzLines: { color: colour("line") } },
    timeScale: { timeVisible: true, borderColor: colour("line"), minBarSpacing: 0.05, tickMarkFormatter: tick, tickMarkMaxCharacterLength: 10 },
    rightPriceScale: { borderColor: colour("line") },
    localization: { locale: told.language, timeFormatter: when },
    handleScroll: { vertTouchDrag: false },
  });

  const points = (times, values) => times.map((time, place) => ({ time, value: values[place] }));

  const whole = (chart, canvas, count) => { // with room on the left for the year that stands below the first bar
    const room = count * 24 / Math.max(canvas.clientWidth - 80, 160);
    chart.timeScale().setVisibleLogicalRange({ from: -room, to: count - 1 + room / 4 });
  };

  const worth = () => {
    const of = told.worth, chart = charts.createChart($("worth"), options());
    const format = { type: "custom", formatter: (value) => digits(value, 2) };
    const equity = chart.addSeries(charts.LineSeries, { color: colour("link"), lineWidth: 2, priceFormat: format });
    const hold = chart.addSeries(charts.LineSeries, { color: colour("hold"), lineWidth: 2, lineStyle: charts.LineStyle.Dotted, priceFormat: format });
    const fall = chart.addSeries(charts.AreaSeries, {
      lineColor: colour("bad"), topColor: colour("bad") + "05", bottomColor: colour("bad") + "44", invertFilledArea: true, lineWidth: 1,
      lineStyle: charts.LineStyle.Dashed, priceFormat: { type: "custom", formatter: (value) => `${digits(value, 2)}%` },
    }, 1);
    equity.setData(points(of.time, of.equity));
    hold.setData(points(of.time, of.hold));
    fall.setData(points(of.time, of.fall));
    chart.panes()[0].setStretchFactor(3);
    chart.panes()[1].setStretchFactor(1);
    whole(chart, $("worth"), of.time.length);
    chart.subscribeCrosshairMove((at) => {
      const value = (series) => at.seriesData.get(series)?.value;
      $("worth-at").textContent = at.time === undefined || value(equity) === undefined ? "" :
        `${when(at.time)}  ${told.words.equity} ${digits(value(equity), 2)}  ${told.words.hold} ${digits(value(hold), 2)}  ${told.words.fall} ${digits(value(fall), 2)}%`;
    });
  };

  // Joins each entry to its exit: a whole line where it won, a dashed one where it lost, dots at both ends.
  class Joined {
    constructor(trips, last) { this.trips = trips; this.last = last; }
    attached({ chart, series }) { this.chart = chart; this.series = series; }
    paneViews() { return [this]; }
    zOrder() { return "top"; }
    renderer() { return this; }
    draw(target) {
      const scale = this.chart.timeScale();
      target.useMediaCoordinateSpace(({ context, mediaSize }) => {
        const seen = this.trips.map((trip) => [trip, scale.timeToCoordinate(trip[1]), scale.timeToCoordinate(trip[3] ?? this.last[0])])
          .filter(([, x1, x2]) => x1 !== null && x2 !== null && x2 >= 0 && x1 <= mediaSize.width);
        const size = Math.max(1.5, Math.min(5, mediaSize.width / seen.length)); // many trades leave the price to be seen
        for (const [[, , bought, left, sold, won], x1, x2] of seen) {
          const open = left === undefined, y1 = this.series.priceToCoordinate(bought), y2 = this.series.priceToCoordinate(open ? this.last[1] : sold);
          context.strokeStyle = context.fillStyle = colour(open ? "quiet" : won ? "good" : "bad");
          context.lineWidth = size < 3 ? 1 : 2;
          context.setLineDash(open ? [2, 3] : won ? [] : [6, 4]);
          context.beginPath(); context.moveTo(x1, y1); context.lineTo(x2, y2); context.stroke();
          context.setLineDash([]);
          mark(context, x1, y1, size);
          if (!open) mark(context, x2, y2, -size);
        }
      });
    }
  }

  const mark = (context, x, y, up) => { // an entry points up, an exit (below zero) down
    context.beginPath(); context.moveTo(x, y - up); context.lineTo(x - up, y + up); context.lineTo(x + up, y + up); context.closePath(); context.fill();
  };

  let shown = null;
  const price = (pair) => {
    if (shown?.pair === pair) return shown;
    shown?.chart.remove();
    const of = told.pairs[pair], chart = charts.createChart($("price"), options());
    const candles = chart.addSeries(charts.CandlestickSeries, {
      upColor: colour("card"), downColor: colour("quiet"), wickUpColor: colour("quiet"), wickDownColor: colour("quiet"),
      borderUpColor: colour("quiet"), borderDownColor: colour("quiet"),
      priceFormat: { type: "custom", minMove: 10 ** -of.digits, formatter: (value) => digits(value, of.digits) },
    });
    candles.setData(of.time.map((time, place) => ({ time, open: of.open[place], high: of.high[place], low: of.low[place], close: of.close[place] })));
    const volume = chart.addSeries(charts.HistogramSeries, { color: colour("quiet") + "66", priceFormat: { type: "volume" }, priceScaleId: "volume", lastValueVisible: false, priceLineVisible: false });
    volume.priceScale().applyOptions({ scaleMargins: { top: 0.82, bottom: 0 } });
    volume.setData(points(of.time, of.volume));
    const end = of.time.length - 1;
    candles.attachPrimitive(new Joined(of.trips, [of.time[end], of.close[end]]));
    whole(chart, $("price"), of.time.length);
    chart.subscribeCrosshairMove((at) => {
      const bar = at.seriesData.get(candles);
      $("price-at").textContent = bar === undefined ? "" :
        `${when(at.time)}  ${["open", "high", "low", "close"].map((name) => digits(bar[name], of.digits)).join(" / ")}  ${told.words.volume} ${digits(at.seriesData.get(volume)?.value ?? 0, 4)}`;
    });
    document.querySelectorAll("#pairs button").forEach((button) => button.setAttribute("aria-pressed", String(button.dataset.pair === pair)));
    return (shown = { pair, chart, of });
  };

  const look = (row) => { // from some bars before a trade to some behind it
    const { chart, of } = price(row.dataset.pair), trip = of.trips.find((each) => String(each[0]) === row.dataset.number);
    if (!trip) return;
    const first = of.time.indexOf(trip[1]), last = trip[3] === undefined ? of.time.length - 1 : of.time.indexOf(trip[3]);
    chart.timeScale().setVisibleLogicalRange({ from: first - 20, to: last + 20 });
    $("price").scrollIntoView({ block: "center" });
  };

  document.querySelectorAll("#trades tbody tr").forEach((row) => {
    row.tabIndex = 0;
    row.addEventListener("click", () => look(row));
    row.addEventListener("keydown", (event) => { if (event.key === "Enter") look(row); });
  });
  document.querySelectorAll("#pairs button").forEach((button) => button.addEventListener("click", () => price(button.dataset.pair)));
  $("whole").addEventListener("click", () => shown && whole(shown.chart, $("price"), shown.of.time.length));
  worth();
  price(Object.keys(told.pairs)[0]);
})();
