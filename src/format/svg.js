// SPDX-License-Identifier: Apache-2.0
// Zoom and search in a flame graph that is complete without them. It knows what it sees: in #frames a group a
// box, of a title, a rectangle and, where there was room, a label.
"use strict";
(function () {
	const frames = document.getElementById("frames");
	const details = document.getElementById("details");
	const found = document.getElementById("found");
	const [charWidth, pad, least] = ["char", "pad", "least"].map((name) => Number(frames.getAttribute("data-" + name)));
	const near = 0.001; // pixels: places are rounded to a tenth of that
	const boxes = Array.from(frames.children, boxOf);
	const all = boxes[0];
	const byGroup = new Map(boxes.map((box) => [box.group, box]));

	function boxOf(group) {
		const [title, rect, label] = group.children;
		const [x, y, width] = ["x", "y", "width"].map((name) => Number(rect.getAttribute(name)));
		const text = title.textContent;
		return { group, rect, label, x, y, width, text, name: text.slice(0, text.lastIndexOf(" (")) };
	}

	function makeLabel(box) {
		const label = document.createElementNS("http://www.w3.org/2000/svg", "text");
		label.setAttribute("y", box.y + 12);
		box.group.appendChild(label);
		return label;
	}

	function setLabel(box, x, width) {
		const room = Math.floor((width - 2 * pad) / charWidth);
		if (room < least && !box.label)
			return;
		box.label = box.label || makeLabel(box);
		const letters = room < least ? [] : Array.from(box.name);
		box.label.textContent = letters.length <= room ? letters.join("") : letters.slice(0, room - 2).join("") + "..";
		box.label.setAttribute("x", x + pad);
	}

	function place(box, x, width) {
		box.rect.setAttribute("x", x);
		box.rect.setAttribute("width", width);
		setLabel(box, x, width);
	}

	function isWithin(inner, outer) {
		return inner.x >= outer.x - near && inner.x + inner.width <= outer.x + outer.width + near;
	}

	// The box as wide as the picture, what it calls as much wider, its callers below it, and nothing else.
	function zoom(to) {
		const scale = all.width / to.width;
		for (const box of boxes) {
			const isCaller = box.y < to.y && isWithin(to, box);
			const isShown = isCaller || (box.y >= to.y && isWithin(box, to));
			box.group.style.display = isShown ? "" : "none";
			box.group.classList.toggle("under", isCaller);
			if (isCaller)
				place(box, all.x, all.width);
			else if (isShown)
				place(box, all.x + (box.x - to.x) * scale, box.width * scale);
		}
	}

	// What boxes have together, where one below another counts once.
	function shareOf(hits) {
		let end = -Infinity;
		let sum = 0;
		for (const box of hits.sort((a, b) => a.x - b.x || a.y - b.y)) {
			if (box.x + box.width <= end + near)
				continue;
			sum += box.width;
			end = box.x + box.width;
		}
		return (100 * sum) / all.width;
	}

	function mark(regexp) {
		const hits = boxes.filter((box) => box !== all && regexp && regexp.test(box.name));
		for (const box of boxes)
			box.group.classList.remove("hit");
		for (const box of hits)
			box.group.classList.add("hit");
		found.textContent = regexp ? hits.length + " found, " + shareOf(hits).toFixed(2) + " %" : "";
	}

	function search() {
		const pattern = window.prompt("Search for a regular expression", "");
		if (pattern === null)
			return;
		try {
			mark(pattern ? new RegExp(pattern) : null);
		} catch (error) {
			found.textContent = "not a regular expression";
		}
	}

	function button(id, action) {
		const text = document.getElementById(id);
		text.style.visibility = "visible";
		text.addEventListener("click", action);
	}

	if (!all)
		return;
	button("search", search);
	button("reset", () => zoom(all));
	frames.addEventListener("click", (event) => {
		const box = byGroup.get(event.target.parentNode);
		if (box)
			zoom(box);
	});
	frames.addEventListener("mouseover", (event) => {
		const box = byGroup.get(event.target.parentNode);
		details.textContent = box ? box.text : "";
	});
	document.addEventListener("keydown", (event) => {
		if (event.key === "/") {
			event.preventDefault();
			search();
		} else if (event.key === "Escape") {
			mark(null);
			zoom(all);
		}
	});
})();
