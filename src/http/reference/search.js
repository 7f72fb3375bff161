// The search as it is typed: the index is fetched once, when the field is first used. Without this script the form asks the server.

const field = document.getElementById("find");
const form = field.form;
const SHOWN = 12;

/** Addresses in the index begin below /docs, and this file lies in /docs/files/PRINT. */
const docs = new URL("../../", import.meta.url);
const source = new URL("index.json", import.meta.url);

let index = null;
const told = () => (index ??= fetch(source).then((answer) => (answer.ok ? answer.json() : Promise.reject(answer.status))));

/** A Ukrainian word without its ending: `згода` finds `згоди`. */
const stem = (word) => (/^[а-ґ']{5,}$/.test(word) ? word.slice(0, word.length > 6 ? -2 : -1) : word);

/** The smaller the better, pages before their parts; none where a word is missing. The server orders alike. */
function rank([name, , kind, about], wanted, words) {
  const title = name.toLowerCase();
  const text = about.toLowerCase();
  if (!words.every((word) => title.includes(word) || text.includes(word))) return null;
  const own = title.split(".").pop();
  const inner = ["field", "input field", "value"].includes(kind);
  if (own === wanted) return inner ? 2 : 0;
  if (title.startsWith(wanted)) return inner ? 3 : 1;
  if (own.startsWith(wanted)) return 3;
  return words.every((word) => title.includes(word)) ? 4 : 5;
}

function found(all, wanted) {
  const words = wanted.split(/\s+/).map(stem);
  return all
    .map((one) => ({ one, at: rank(one, wanted, words) }))
    .filter(({ at }) => at !== null)
    .sort((a, b) => a.at - b.at || a.one[0].length - b.one[0].length)
    .map(({ one }) => one);
}

const element = (name, text = "", attributes = {}) => {
  const made = Object.assign(document.createElement(name), attributes);
  made.textContent = text;
  return made;
};

const box = element("div", "", { className: "found", hidden: true });
const count = element("p");
count.setAttribute("role", "status");
const list = element("ul");
box.append(count, list);
form.append(box);

const close = () => (box.hidden = true);

async function look() {
  const wanted = field.value.trim().toLowerCase();
  if (!wanted) return close();
  try {
    const all = await told();
    if (field.value.trim().toLowerCase() !== wanted) return;
    const some = found(all, wanted);
    const rest = some.length > SHOWN ? `, ${SHOWN} are shown: Enter shows more` : "";
    count.textContent = some.length ? `${some.length} found${rest}` : "Nothing has this name. Try a part of the word.";
    list.replaceChildren(
      ...some.slice(0, SHOWN).map(([name, place, kind, about]) => {
        const link = element("a", "", { href: new URL(place, docs).href });
        link.append(element("b", name), element("i", kind), element("span", about));
        const item = element("li");
        item.append(link);
        return item;
      }),
    );
    box.hidden = false;
  } catch {
    // The form still asks the server.
    index = null;
    close();
  }
}

field.addEventListener("focus", () => void told().catch(() => (index = null)), { once: true });
field.addEventListener("input", look);
form.addEventListener("keydown", (event) => {
  const links = [field, ...list.querySelectorAll("a")];
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (event.key === "Escape" && !box.hidden) {
    close();
    field.focus();
    event.preventDefault();
  } else if (step && !box.hidden) {
    links[(links.indexOf(document.activeElement) + step + links.length) % links.length].focus();
    event.preventDefault();
  }
});
form.addEventListener("focusout", (event) => form.contains(event.relatedTarget) || close());
document.addEventListener("keydown", (event) => {
  const writes = /^(input|textarea|select)$/i.test(event.target.localName);
  if (event.key === "/" && !writes && !event.ctrlKey && !event.metaKey && !event.altKey) {
    field.focus();
    event.preventDefault();
  }
});

// The contents have a scroll of their own: where one is in them is seen.
const side = document.querySelector(".side");
const here = side.querySelector(".names [aria-current]");
if (here && side.scrollHeight > side.clientHeight) side.scrollTop = here.offsetTop - side.clientHeight / 2;
