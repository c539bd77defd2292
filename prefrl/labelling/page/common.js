// What both pages share: who labels, what is said, and posts that are kept until they are confirmed.

export const root = document.documentElement.dataset;
export const byId = (id) => document.getElementById(id);
export const labeller = () => localStorage.getItem("prefrl-labeller") || "person";

const token = () => Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");

export const tab = sessionStorage.getItem("prefrl-tab") || token();
sessionStorage.setItem("prefrl-tab", tab);

let noteTimer = 0, warnedAt = -Infinity;

export function note(text, saved = false) {
  if (saved && performance.now() - warnedAt < 1500) return; // a warning is to be read
  byId("note").textContent = text;
  byId("note").classList.toggle("saved", saved);
  clearTimeout(noteTimer);
  noteTimer = setTimeout(() => { byId("note").textContent = "\u00a0"; }, 4000);
}

export function warn(text) {
  note(text);
  warnedAt = performance.now();
}

// Posts, in localStorage until the server has confirmed that they are committed, and in their order.
export class Outbox {
  constructor(settle, emptied = () => {}) {
    Object.assign(this, { settle, emptied, key: `prefrl-outbox-${root.run}`, sending: false });
  }

  posts() { return JSON.parse(localStorage.getItem(this.key) || "[]"); }
  keep(posts) { localStorage.setItem(this.key, JSON.stringify(posts)); }

  post(path, body) {
    this.keep([...this.posts(), { path, at: Date.now(), body: { token: token(), labeller: labeller(), tab, ...body } }]);
    this.send();
  }

  async send() {
    if (this.sending) return;
    this.sending = true;
    try {
      for (let next; (next = this.posts()[0]); ) {
        const answer = await fetch(next.path, {
          method: "POST",
          headers: { "Content-Type": "application/json", "X-CSRF-Token": root.posting },
          body: JSON.stringify({ ...next.body, ago: Math.max(0, (Date.now() - next.at) / 1000) }),
        });
        const said = await answer.json();
        if (answer.status === 403 || answer.status >= 500) throw new Error(said.error);
        this.keep(this.posts().filter((other) => other.body.token !== next.body.token));
        this.settle(next, answer.ok, said);
      }
    } catch (error) {
      const why = error instanceof TypeError ? "the server cannot be reached" : error.message;
      note(`${this.posts().length} not saved yet: ${why}. Trying again.`);
      setTimeout(() => this.send(), 1000);
    } finally {
      this.sending = false;
    }
    this.emptied();
  }
}

// The help, which is shown at first by itself and takes the labeller's name.
export function welcome(closed) {
  byId("help").addEventListener("close", () => {
    localStorage.setItem("prefrl-labeller", byId("labeller").value.trim() || "person");
    localStorage.setItem(`prefrl-seen-${root.kind}`, "yes");
    closed();
  });
  byId("labeller").value = localStorage.getItem("prefrl-labeller") || "";
  if (!localStorage.getItem(`prefrl-seen-${root.kind}`)) byId("help").showModal();
}

// Keys and buttons do the same; a button names what it does in data-do.
export function control(actions, keys) {
  document.addEventListener("keydown", (event) => {
    const action = actions[keys[event.key]];
    if (!action || byId("help").open || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === " " && event.target instanceof HTMLButtonElement) return; // presses that button
    event.preventDefault();
    if (!event.repeat) action();
  });
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-do]");
    if (!button) return;
    actions[button.dataset.do]();
    if (event.detail) button.blur(); // or the space bar would press it again
  });
}
