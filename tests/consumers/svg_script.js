// SPDX-License-Identifier: Apache-2.0
// svg_script.js SVG: the script of the test profile's flame graph (cpu.svg), run on just so much of a document as
// it asks for.
"use strict";
const assert = require("assert");
const fs = require("fs");

class Element {
	constructor(tag, attributes) {
		Object.assign(this, { tag, attributes, children: [], text: "", style: {}, parentNode: null, listeners: {} });
		const classes = new Set((attributes.class || "").split(" "));
		this.classList = {
			add: (name) => classes.add(name),
			remove: (name) => classes.delete(name),
			toggle: (name, on) => (on ? classes.add(name) : classes.delete(name)),
			contains: (name) => classes.has(name),
		};
	}
	getAttribute(name) {
		return name in this.attributes ? this.attributes[name] : null;
	}
	setAttribute(name, value) {
		this.attributes[name] = String(value);
	}
	appendChild(child) {
		child.parentNode = this;
		this.children.push(child);
	}
	addEventListener(type, listener) {
		this.listeners[type] = listener;
	}
	get textContent() {
		return this.text;
	}
	set textContent(text) {
		this.text = text;
	}
}

function unescape(text) {
	return text.replace(/&(lt|gt|amp);/g, (_, name) => ({ lt: "<", gt: ">", amp: "&" })[name]);
}

function parse(text) {
	const byId = {};
	let at = new Element("", {});
	for (const [, end, tag, rest, empty, chars] of text.matchAll(/<(\/?)(\w+)([^>]*?)(\/?)>|([^<]+)/g)) {
		if (chars !== undefined) {
			at.text += unescape(chars);
		} else if (end) {
			at = at.parentNode;
		} else {
			const pairs = Array.from(rest.matchAll(/([\w-]+)="([^"]*)"/g), ([, name, value]) => [name, value]);
			const element = new Element(tag, Object.fromEntries(pairs));
			at.appendChild(element);
			byId[element.attributes.id] = element;
			at = empty ? at : element;
		}
	}
	return byId;
}

const file = fs.readFileSync(process.argv[2], "utf8");
const script = /<script><!\[CDATA\[(.*)\]\]><\/script>/s.exec(file)[1];
const byId = parse(file.replace(/<\?xml.*?\?>/, "").replace(/<(script|style)>.*?<\/\1>/gs, ""));
let answer = null;
const keys = {};
const document = {
	getElementById: (id) => byId[id],
	createElementNS: (space, tag) => new Element(tag, {}),
	addEventListener: (type, listener) => (keys[type] = listener),
};
new Function("document", "window", script)(document, { prompt: () => answer });

const groups = byId.frames.children;
const group = (name) => groups.find((g) => g.children[0].text.startsWith(name + " ("));
const width = (name) => Number(group(name).children[1].attributes.width);
const before = groups.map((g) => ({ ...g.children[1].attributes }));
const press = (key) => keys.keydown({ key, preventDefault: () => {} });
const close = (a, b) => assert(Math.abs(a - b) < 0.01, `${a} is not ${b}`);
const search = (pattern) => {
	answer = pattern;
	byId.search.listeners.click();
	return byId.found.text;
};

assert.strictEqual(byId.search.style.visibility, "visible");
assert.strictEqual(byId.reset.style.visibility, "visible");

// Zoom: callers and callees in the whole width, the others gone.
const scale = width("all") / width("memcpy");
byId.frames.listeners.click({ target: group("memcpy").children[1] });
for (const name of ["all", "w", "main", "work", "step", "memcpy"]) {
	close(width(name), width("all"));
	assert.strictEqual(group(name).classList.contains("under"), name !== "memcpy");
	assert.strictEqual(group(name).children[2].text, name);
}
assert(scale > 5);
for (const name of ["other", "loop", "do_syscall_64"])
	assert.strictEqual(group(name).style.display, "none");

// A narrow one gets the room for its name.
byId.frames.listeners.click({ target: group("step").children[1] });
close(width("memcpy"), (width("all") * 9) / 95);
close(Number(group("memcpy").children[1].attributes.x), 10 + (width("all") * 6) / 95);
assert.strictEqual(group("do_syscall_64").style.display, "");
press("Escape");
groups.forEach((g, i) => {
	close(Number(g.children[1].attributes.x), Number(before[i].x));
	close(Number(g.children[1].attributes.width), Number(before[i].width));
	assert.strictEqual(g.style.display, "");
	assert(!g.classList.contains("under"));
});
byId.frames.listeners.click({ target: byId.frames });

// Search: what is below another match counts once.
assert.strictEqual(search("^step$"), "1 found, 95.00 %");
assert(group("step").classList.contains("hit") && !group("main").classList.contains("hit"));
assert.strictEqual(search("step|main|loop"), "3 found, 100.00 %");
assert.strictEqual(search("memcpy|do_"), "2 found, 15.00 %");
assert.strictEqual(search("("), "not a regular expression");
assert.strictEqual(search(null), "not a regular expression");
assert.strictEqual(search("nothing"), "0 found, 0.00 %");
assert.strictEqual(search(""), "");
assert(!groups.some((g) => g.classList.contains("hit")));
answer = "main";
press("/");
assert.strictEqual(byId.found.text, "1 found, 95.00 %");

byId.frames.listeners.mouseover({ target: group("step").children[1] });
assert.strictEqual(byId.details.text, "step (959.60ms, 95.00%)");
