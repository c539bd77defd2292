// A game that goes on, and what is said of it. What was pressed stays in localStorage until it is confirmed.

import { Outbox, byId, control, note, root, warn, welcome } from "./common.js";

const SAID = { 1: "+ good", "-1": "− bad" };
const canvas = byId("picture");

let state = null; // as the server told it last
let shown = ""; // the step that is shown
let waiting = Promise.resolve(); // settings that are being changed, in their order

// The picture: each request waits for the next one.

async function watch() {
  for (;;) {
    try {
      const answer = await fetch(`/frame?after=${shown}`);
      if (answer.status === 200) await draw(answer);
      else if (answer.status !== 204) throw new Error((await answer.json()).error);
    } catch (error) {
      note(error instanceof TypeError ? "The server cannot be reached; this page tries again." : error.message);
      await new Promise((resolve) => setTimeout(resolve, 1000));
    }
  }
}

async function draw(answer) {
  const image = await createImageBitmap(await answer.blob());
  if (canvas.width !== image.width || canvas.height !== image.height) {
    Object.assign(canvas, { width: image.width, height: image.height });
  }
  canvas.getContext("2d").drawImage(image, 0, 0);
  shown = answer.headers.get("X-Step");
  canvas.dataset.step = shown;
}

// What is said of it.

const outbox = new Outbox(settle, refresh);

function judge(value) {
  if (!state) return warn("The game has not begun yet: that press was ignored.");
  if (state.finished) return warn("The session is over: that press was ignored.");
  outbox.post("/feedback", { value });
}

function settle(sent, confirmed, said) {
  if (!confirmed) return warn(`Not counted: ${said.error}.`);
  if (sent.path === "/undo") return note(said.fresh ? "Taken back." : "There is nothing to take back.");
  if (!said.fresh && said.finished) return warn("The session is over: nothing more is counted.");
  note(`✓ Saved: ${SAID[sent.body.value]}`, true);
  canvas.classList.add(sent.body.value > 0 ? "good" : "bad");
  setTimeout(() => canvas.classList.remove("good", "bad"), 200);
}

// How the session stands.

async function refresh() {
  const answer = await fetch("/state").catch(() => null);
  if (answer?.ok) tell(await answer.json());
}

function tell(now) {
  state = now;
  byId("episode").textContent = `${now.episode} of ${now.episodes}`;
  byId("score").textContent = now.episode_return.toLocaleString("en", { maximumFractionDigits: 1 });
  byId("step").textContent = now.step.toLocaleString("en");
  byId("said").textContent = `+${now.good} / −${now.bad}`;
  byId("speed").textContent = `${now.steps_per_second.toFixed(1)} a second`;
  byId("doing").textContent = now.finished ? "finished" : now.paused ? "paused" : now.training ? "learning" : "playing";
  button("pause").setAttribute("aria-pressed", now.paused);
  button("train").setAttribute("aria-pressed", now.training);
  byId("over").hidden = !now.finished;
}

const button = (name) => document.querySelector(`[data-do="${name}"]`);

// Settings are changed one after the other, each from what the one before has left.
function set(path, change) {
  waiting = waiting.then(async () => {
    if (!state) return;
    const answer = await fetch(path, {
      method: "POST",
      headers: { "Content-Type": "application/json", "X-CSRF-Token": root.posting },
      body: JSON.stringify(change(state)),
    });
    const said = await answer.json();
    if (answer.ok) tell(said);
    else warn(said.error);
  }).catch(() => warn("The server cannot be reached."));
}

const actions = {
  good: () => judge(1), bad: () => judge(-1), undo: () => outbox.post("/undo", {}),
  pause: () => set("/pause", (now) => ({ paused: !now.paused })),
  train: () => set("/train", (now) => ({ training: !now.training })),
  slower: () => set("/speed", (now) => ({ steps_per_second: now.steps_per_second / 1.5 })),
  faster: () => set("/speed", (now) => ({ steps_per_second: now.steps_per_second * 1.5 })),
  help: () => byId("help").showModal(),
};
const KEYS = {
  "+": "good", "=": "good", ArrowUp: "good", "-": "bad", "−": "bad", ArrowDown: "bad",
  z: "undo", Z: "undo", Backspace: "undo", " ": "pause", ",": "slower", ".": "faster", t: "train", T: "train", "?": "help",
};

control(actions, KEYS);
outbox.send();
setInterval(refresh, 1000);
refresh();
watch();
welcome(() => {});
