// Two clips or texts, a verdict, the next two.

import { Outbox, byId, control, labeller, note, root, tab, warn, welcome } from "./common.js";

const stages = { left: document.querySelector('[data-side="left"]'), right: document.querySelector('[data-side="right"]') };
const HOLD = 0.3; // seconds that the last frame is held
const SPEEDS = [0.25, 0.5, 1, 2, 4];
const SAID = { left: "left is better", right: "right is better", tie: "equally good", skip: "can't tell" };

let format = root.kind === "text" ? "text" : new URLSearchParams(location.search).get("format") || "mp4";
if (format === "mp4" && !document.createElement("video").canPlayType('video/mp4; codecs="avc1.42E01E"')) format = "json";
let pairs = []; // the first one is shown, the others are being loaded
let answered = new Set(); // keys of pairs that were answered here
let undoing = false, fetching = false;
let paused = false, speed = 1, heldSince = null, shownAt = 0;
const name = (key) => key.join("/");

// Players: films, or pictures where the browser plays no H.264, or texts. All have the same few members.

class Film {
  constructor(file) {
    this.element = Object.assign(document.createElement("video"), { muted: true, playsInline: true, preload: "auto" });
    this.element.addEventListener("error", () => useImages());
    this.element.src = `/clips/${file}`;
  }
  get ready() { return this.element.readyState >= 2; }
  get length() { return this.element.duration || 1; }
  get time() { return this.element.currentTime; }
  get ended() { return this.element.ended; }
  start() { if (this.element.currentTime) this.element.currentTime = 0; } // seeking costs time
  run(on) {
    this.element.playbackRate = speed;
    if (!on) this.element.pause();
    else if (this.element.paused && !this.ended) this.element.play().catch(() => {});
  }
  draw() {}
  remove() { this.element.removeAttribute("src"); this.element.load(); this.element.remove(); }
}

class Pictures {
  constructor(file) {
    this.element = document.createElement("canvas");
    this.frames = []; this.rate = 1; this.time = 0; this.on = false; this.last = performance.now();
    fetch(`/clips/${file}`).then((answer) => answer.json()).then(async (clip) => {
      this.rate = clip.frames_per_second;
      this.frames = await Promise.all(clip.frames.map(async (data) => {
        const image = new Image();
        image.src = `data:image/jpeg;base64,${data}`;
        await image.decode();
        return image;
      }));
      Object.assign(this.element, { width: this.frames[0].width, height: this.frames[0].height });
    }).catch(() => {});
  }
  get ready() { return this.frames.length > 0; }
  get length() { return Math.max(1, this.frames.length) / this.rate; }
  get ended() { return this.ready && this.time >= this.length; }
  start() { this.time = 0; }
  run(on) { this.on = on; }
  draw() {
    const now = performance.now();
    if (this.on) this.time = Math.min(this.length, this.time + speed * (now - this.last) / 1000);
    this.last = now;
    const frame = this.frames[Math.min(this.frames.length - 1, Math.floor(this.time * this.rate))];
    if (frame) this.element.getContext("2d").drawImage(frame, 0, 0);
  }
  remove() { this.element.remove(); }
}

class Text {
  constructor(file) {
    this.element = document.createElement("p");
    this.ready = false; this.time = 0; this.length = 1; this.ended = false;
    fetch(`/clips/${file}`).then((answer) => answer.json()).then((text) => {
      this.prompt = text.prompt.trim();
      this.element.textContent = text.written.trim() || "(nothing was written)";
      this.ready = true;
    }).catch(() => {});
  }
  start() {}
  run() {}
  draw() { byId("prompt").lastElementChild.textContent = this.prompt ?? ""; }
  remove() { this.element.remove(); }
}

function useImages() {
  if (format === "json") return;
  format = "json";
  pairs.forEach(discard);
  pairs = [];
  show();
  refill();
}

// Pairs: shown, loaded ahead, and fetched.

function load(pair) {
  const Player = { mp4: Film, json: Pictures, text: Text }[format];
  const make = (file) => new Player(file);
  const loaded = { key: pair.key, players: { left: make(pair.clips[0]), right: make(pair.clips[1]) } };
  for (const side of ["left", "right"]) {
    const element = loaded.players[side].element;
    element.classList.add("later");
    if (format !== "text") element.setAttribute("aria-label", `${side} clip`);
    stages[side].append(element);
  }
  return loaded;
}
const players = (pair) => [pair.players.left, pair.players.right];
const isReady = (pair) => players(pair).every((player) => player.ready);
const discard = (pair) => players(pair).forEach((player) => player.remove());

function show() {
  byId("waiting").hidden = pairs.length > 0;
  byId("clips").dataset.pair = pairs.length ? name(pairs[0].key) : "";
  byId("clips").dataset.playing = "";
  if (!pairs.length) return;
  for (const player of players(pairs[0])) player.element.classList.remove("later");
  restart();
  shownAt = performance.now();
  tick();
}

function restart() {
  heldSince = null;
  if (pairs.length) players(pairs[0]).forEach((player) => player.start());
  tick();
}

function tick() {
  if (!pairs.length) return;
  const both = players(pairs[0]);
  const started = isReady(pairs[0]); // neither runs before the other can
  if (started) byId("clips").dataset.playing = byId("clips").dataset.pair;
  both.forEach((player) => { player.run(started && !paused); player.draw(); });
  if (format === "text") return;
  const length = Math.max(...both.map((player) => player.length));
  byId("loop").firstElementChild.style.width = `${100 * Math.min(1, Math.max(...both.map((p) => p.time)) / length)}%`;
  if (!both.every((player) => player.ended)) return;
  heldSince ??= performance.now();
  if (performance.now() - heldSince > 1000 * HOLD) restart();
}

async function refill() {
  if (fetching) return;
  fetching = true;
  const asked = format;
  try {
    const query = new URLSearchParams({ labeller: labeller(), tab, format });
    const answer = await fetch(`/pairs?${query}`);
    const found = await answer.json();
    if (!answer.ok) throw new Error(found.error);
    if (asked === format) take(found);
  } catch (error) {
    byId("why").textContent = error instanceof TypeError ? "The server cannot be reached; this page tries again." : error.message;
  } finally {
    fetching = false;
  }
  if (asked !== format) refill(); // what came are films, which this browser does not play
}

function take(found) {
  if (undoing) return;
  const given = new Map(found.pairs.map((pair) => [name(pair.key), pair]));
  const before = pairs[0];
  pairs.filter((pair) => !given.has(name(pair.key))).forEach(discard);
  pairs = pairs.filter((pair) => given.has(name(pair.key)));
  const here = new Set(pairs.map((pair) => name(pair.key)));
  for (const [key, pair] of given) {
    if (!here.has(key) && !answered.has(key)) pairs.push(load(pair));
  }
  byId("why").textContent = found.waiting || "One moment…";
  if (pairs[0] !== before || !pairs.length) show();
}

// Verdicts: kept until the server has confirmed that they are committed.

const outbox = new Outbox(settle, refill);
const post = (path, body) => outbox.post(path, { format, ...body });

function choose(verdict) {
  if (undoing) return warn("One moment: taking back. That press was ignored.");
  if (!pairs.length || !isReady(pairs[0])) return warn("No pair is ready yet: that press was ignored.");
  const pair = pairs.shift();
  const seconds = (performance.now() - shownAt) / 1000;
  answered.add(name(pair.key));
  players(pair).forEach((player) => { player.run(false); player.element.classList.add("later"); });
  show();
  setTimeout(discard, 100, pair); // after the next pair has begun to play
  post("/verdict", { key: pair.key, verdict, seconds });
}

function undo() {
  if (undoing) return;
  undoing = true;
  post("/undo", {});
}

function settle(sent, confirmed, said) {
  if (sent.path === "/undo") {
    undoing = false;
    if (confirmed && said.pair) bringBack(said.pair);
    else note(confirmed ? "There is nothing to take back." : `Not taken back: ${said.error}.`);
  } else if (confirmed) {
    flash(sent.body.verdict);
  } else {
    note(`Not counted: ${said.error}.`);
  }
}

function bringBack(pair) {
  answered.delete(name(pair.key));
  if (pairs.length) players(pairs[0]).forEach((player) => { player.run(false); player.element.classList.add("later"); });
  pairs = pairs.filter((other) => name(other.key) !== name(pair.key) || discard(other));
  pairs.unshift(load(pair));
  show();
  note("Taken back: here it is again.");
}

// What is said, and the header.

function flash(verdict) {
  note(`✓ Saved: ${SAID[verdict]}`, true);
  const lit = verdict === "tie" ? ["left", "right"] : [verdict].filter((side) => side in stages);
  lit.forEach((side) => stages[side].classList.add("chosen"));
  setTimeout(() => lit.forEach((side) => stages[side].classList.remove("chosen")), 250);
}

const duration = (seconds) => (seconds < 90 ? `${Math.round(seconds)} s` : `${Math.round(seconds / 60)} min`);
const orDash = (value, form) => (value === null ? "–" : form(value));

async function refreshStatus() {
  const answer = await fetch("/status").catch(() => null);
  if (!answer?.ok) return;
  const now = await answer.json();
  byId("labels").textContent = `${now.labels} of ${now.budget}`;
  byId("done").max = Math.max(1, now.budget);
  byId("done").value = now.labels;
  byId("rate").textContent = orDash(now.labels_per_minute, (rate) => rate.toFixed(0));
  byId("median").textContent = orDash(now.median_seconds, (seconds) => `${seconds.toFixed(1)} s`);
  byId("left-time").textContent = orDash(now.seconds_left, duration);
  byId("accuracy").textContent = orDash(now.heldout_accuracy, (share) => `${(100 * share).toFixed(0)} %`);
  drawCurve(now.curve);
}

function drawCurve(points) {
  if (points.length) byId("return").textContent = points.at(-1)[1].toLocaleString("en", { maximumSignificantDigits: 4 });
  if (points.length < 2) return;
  const [steps, returns] = [points.map((point) => point[0]), points.map((point) => point[1])];
  const place = (value, values, size) => size * (value - Math.min(...values)) / (Math.max(...values) - Math.min(...values) || 1);
  const drawn = points.map(([x, y]) => `${place(x, steps, 120).toFixed(1)},${(26 - place(y, returns, 24)).toFixed(1)}`);
  byId("curve").firstElementChild.setAttribute("points", drawn.join(" "));
  byId("curve").setAttribute("aria-label", `Return from ${returns[0].toFixed(0)} to ${returns.at(-1).toFixed(0)} after ${steps.at(-1)} steps`);
}

// Keys and buttons.

function setSpeed(change) {
  speed = SPEEDS[Math.min(SPEEDS.length - 1, Math.max(0, SPEEDS.indexOf(speed) + change))];
  note(`Speed × ${speed}`);
}

function togglePause() {
  paused = !paused;
  document.querySelector('[data-do="pause"]').setAttribute("aria-pressed", paused);
  note(paused ? "Paused" : "Playing");
}

const actions = {
  left: () => choose("left"), right: () => choose("right"), tie: () => choose("tie"), skip: () => choose("skip"),
  undo, pause: togglePause, restart, slower: () => setSpeed(-1), faster: () => setSpeed(1), help: () => byId("help").showModal(),
};
if (root.kind === "text") ["pause", "restart", "slower", "faster"].forEach((name) => delete actions[name]);
const KEYS = {
  ArrowLeft: "left", ArrowRight: "right", ArrowUp: "tie", ArrowDown: "skip", z: "undo", Z: "undo", Backspace: "undo",
  " ": "pause", ",": "slower", ".": "faster", r: "restart", R: "restart", "?": "help",
};

control(actions, KEYS);
for (const [side, stage] of Object.entries(stages)) {
  stage.addEventListener("click", () => getSelection().toString() || actions[side]());
}

undoing = outbox.posts().some((kept) => kept.path === "/undo");
outbox.posts().forEach((kept) => kept.body.key && answered.add(name(kept.body.key)));
const frame = () => { tick(); requestAnimationFrame(frame); };
requestAnimationFrame(frame);
setInterval(refill, 1000);
setInterval(refreshStatus, 2000);
refreshStatus();
outbox.send();
welcome(() => {
  shownAt = performance.now();
  refill();
});
