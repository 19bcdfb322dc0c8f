"use strict";

// The tags of the Bot API that a chat shows; whatever else a text has is shown as text.
const TAGS = new Set(["B", "STRONG", "I", "EM", "U", "S", "CODE", "PRE", "BLOCKQUOTE", "A"]);
const log = document.getElementById("messages");
const field = document.getElementById("text");

function drawn(node, into) {
  for (const child of node.childNodes) {
    if (child.nodeType === Node.TEXT_NODE) {
      into.append(child.textContent);
    } else if (child.nodeType === Node.ELEMENT_NODE) {
      const made = TAGS.has(child.tagName) ? document.createElement(child.tagName) : into;
      if (child.tagName === "A" && /^https?:\/\//.test(child.getAttribute("href") || "")) {
        made.href = child.getAttribute("href");
        made.target = "_blank";
        made.rel = "noopener noreferrer";
      }
      drawn(child, made);
      if (made !== into) into.append(made);
    }
  }
}

async function post(where, what) {
  await fetch(where, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(what) });
}

async function press(button, id, data) {
  button.disabled = true;
  toEnd();
  await post("/chat/press", { id, data }).finally(() => {
    button.disabled = false;
  });
}

function bubble(message) {
  const shown = document.createElement("article");
  shown.className = message.own ? "own" : "bot";
  if (message.kind === "photo") {
    const picture = document.createElement("img");
    picture.src = `/chat/picture/${message.id}`;
    picture.alt = message.text;
    shown.append(picture);
  }
  const text = document.createElement("div");
  text.className = "text";
  if (message.own) text.textContent = message.text;
  else drawn(new DOMParser().parseFromString(message.html, "text/html").body, text);
  shown.append(text);
  for (const row of message.rows) {
    const line = document.createElement("div");
    line.className = "keys";
    for (const key of row) {
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = key.text;
      button.addEventListener("click", () =>
        key.url ? window.open(key.url, "_blank", "noopener") : press(button, message.id, key.data));
      line.append(button);
    }
    shown.append(line);
  }
  return shown;
}

// A message keeps its place and its focus until it is edited: id -> what it was drawn from, and its node.
const drawnAs = new Map();

function atEnd() {
  return log.scrollHeight - log.scrollTop - log.clientHeight < 80;
}

function toEnd() {
  log.scrollTop = log.scrollHeight;
}

function put(message, follows) {
  const source = JSON.stringify(message);
  const known = drawnAs.get(message.id);
  if (known && known.source === source) return;
  const node = bubble(message);
  if (known) known.node.replaceWith(node);
  else log.append(node);
  drawnAs.set(message.id, { source, node });
  const picture = node.querySelector("img");
  if (picture && follows) picture.addEventListener("load", toEnd, { once: true });
}

function draw(told) {
  const newOnes = told.messages.filter((message) => !drawnAs.has(message.id));
  const follows = atEnd() || newOnes.some((message) => message.own);
  document.getElementById("empty").hidden = told.messages.length > 0;
  for (const message of told.messages) put(message, follows);
  if (follows) toEnd();
  drawLinks(told.links);
}

function drawLinks(links) {
  const nav = document.getElementById("links");
  if (nav.childElementCount === Object.keys(links).length) return;
  nav.replaceChildren(...Object.entries(links).map(([words, address]) => {
    const link = document.createElement("a");
    link.textContent = words;
    link.href = address;
    link.target = "_blank";
    link.rel = "noopener noreferrer";
    return link;
  }));
}

async function follow() {
  let version = "";
  for (;;) {
    try {
      const answer = await fetch(`/chat/messages?version=${encodeURIComponent(version)}`);
      const told = await answer.json();
      if (told.version !== version) draw(told);
      version = told.version;
    } catch {
      await new Promise((done) => setTimeout(done, 1000));
    }
  }
}

document.getElementById("form").addEventListener("submit", (event) => {
  event.preventDefault();
  const text = field.value.trim();
  field.value = "";
  if (text) post("/chat/say", { text });
});
for (const idea of document.querySelectorAll("#ideas button")) {
  idea.addEventListener("click", () => {
    field.value = idea.textContent;
    field.focus();
  });
}
document.getElementById("break").addEventListener("click", () => post("/chat/break", {}));
follow();
