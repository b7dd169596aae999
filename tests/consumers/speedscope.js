// SPDX-License-Identifier: Apache-2.0
// speedscope.js PACKAGE FILE: what speedscope makes of the file, by the import code of its own release (the npm
// package speedscope), as JSON. The release is one script that shows a page. Its importer is a module that it loads
// by a promise, which is where it is taken from; there being no page to show, the rest ends in an error.
"use strict";
const fs = require("fs");
const path = require("path");
const vm = require("vm");

const [directory, file] = process.argv.slice(2);
const release = path.join(directory, "dist", "release");
const script = fs.readdirSync(release).find((name) => /^speedscope-\w+\.js$/.test(name));

const catchImporter = `
	const then = Promise.prototype.then;
	Promise.prototype.then = function (resolved, rejected) {
		const watched = resolved && ((value) => {
			const result = resolved(value);
			if (result && result.importProfileGroupFromText)
				globalThis.importer = result;
			return result;
		});
		return then.call(this, watched, rejected);
	};`;

const quiet = { log: () => {}, warn: () => {}, error: () => {}, time: () => {}, timeEnd: () => {} };
const context = vm.createContext({
	console: quiet,
	location: { hash: "", protocol: "file:", href: "file:///" },
	navigator: { userAgent: "", platform: "" },
	addEventListener: () => {},
	setTimeout,
	TextDecoder,
	TextEncoder,
});
vm.runInContext("globalThis.window = globalThis.self = globalThis;" + catchImporter, context);
let end = null;
try {
	vm.runInContext(fs.readFileSync(path.join(release, script), "utf8"), context);
} catch (error) {
	end = error;
}

function describe(profile) {
	const frames = [];
	profile.forEachFrame((f) =>
		frames.push({ name: f.name, file: f.file, line: f.line, self: f.getSelfWeight(), total: f.getTotalWeight() }));
	return { name: profile.getName(), unit: profile.getWeightUnit(), total: profile.getTotalWeight(), frames };
}

setImmediate(async () => {
	if (!context.importer)
		throw new Error(`no importer in ${script}: ${end}`);
	const group = await context.importer.importProfileGroupFromText(path.basename(file), fs.readFileSync(file, "utf8"));
	console.log(JSON.stringify({ name: group.name, index: group.indexToView, profiles: group.profiles.map(describe) }));
});
