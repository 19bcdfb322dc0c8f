// Keeps the page alive: what was missed while the connection was gone is asked for again, ages grow, and an owner who is
// logged out is told so, which is another thing than being offline. Everything works without this file.
"use strict";

(() => {
  const live = document.getElementById("live");
  const banner = document.getElementById("connection");
  const PORTUGUESE = document.documentElement.lang.startsWith("pt");
  let last = live ? new URL(live.getAttribute("sse-connect"), location.href).searchParams.get("after") : "";

  // The events -------------------------------------------------------------------------------------------------------

  const numbered = (id) => {
    const cut = id.lastIndexOf("-");
    return { life: id.slice(0, cut), number: Number(id.slice(cut + 1)) };
  };

  const isNew = (id) => {
    const seen = numbered(last || "-0"), said = numbered(id);
    return said.life !== seen.life || said.number > seen.number;
  };

  // The extension opens a new source when one is closed for good; that one begins where the last one ended.
  if (window.htmx) {
    htmx.createEventSource = (url) => {
      const place = new URL(url, location.href);
      place.searchParams.set("after", last || "");
      return new EventSource(place.pathname + place.search);
    };
  }

  document.body.addEventListener("htmx:sseBeforeMessage", (event) => {
    if (event.detail.lastEventId && !isNew(event.detail.lastEventId)) event.preventDefault();
  });

  document.body.addEventListener("htmx:sseMessage", (event) => {
    if (event.detail.lastEventId) last = event.detail.lastEventId;
    for (const list of document.querySelectorAll("[data-most]")) {
      while (list.children.length > Number(list.dataset.most)) list.lastElementChild.remove();
    }
    if (event.detail.type === "account") document.dispatchEvent(new CustomEvent("sorte:account"));
    ages();
  });

  document.body.addEventListener("htmx:sseOpen", () => { banner.hidden = true; });

  document.body.addEventListener("htmx:sseError", async () => {
    let out = false;
    try {
      out = (await fetch("/session", { cache: "no-store" })).status === 401;
    } catch { /* nobody is there */ }
    banner.textContent = out ? banner.dataset.out : banner.dataset.offline;
    banner.hidden = false;
  });

  // What the owner opened stays open when its part is replaced -------------------------------------------------------

  let focused = "";
  const keyOf = (element) => element && element.formAction ? element.getAttribute("formaction") + element.value : "";
  document.body.addEventListener("htmx:beforeSwap", () => {}, false);
  document.body.addEventListener("htmx:sseBeforeMessage", () => { focused = keyOf(document.activeElement); });
  document.body.addEventListener("htmx:sseMessage", () => {
    if (!focused || document.activeElement !== document.body) return;
    for (const button of document.querySelectorAll("button[formaction]")) {
      if (keyOf(button) === focused) button.focus();
    }
  });

  // Ages -------------------------------------------------------------------------------------------------------------

  const ago = (ms) => {
    const seconds = Math.max(0, Math.round(ms / 1000));
    const [value, unit] = seconds < 60 ? [seconds, "s"] : seconds < 3600 ? [Math.floor(seconds / 60), "min"]
      : seconds < 172800 ? [Math.floor(seconds / 3600), "h"] : [Math.floor(seconds / 86400), "d"];
    return PORTUGUESE ? `há ${value} ${unit}` : `${value} ${unit} ago`;
  };

  const ages = () => {
    const now = Date.now();
    for (const time of document.querySelectorAll("time[data-at]")) {
      const at = Number(time.dataset.at);
      if (!time.title) time.title = time.textContent;
      if (at <= now) time.textContent = ago(now - at);
    }
  };

  ages();
  setInterval(ages, 1000);
})();
