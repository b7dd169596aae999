// SPDX-License-Identifier: Apache-2.0
/* burn.js [SECONDS]: compiled code that calls builtins that call it again, garbage, patterns. */
'use strict';

function weight(item) {
	let sum = 0;

	for (let i = 0; i < item.length; i++)
		sum = (sum * 31 + item.charCodeAt(i)) | 0;
	return sum;
}

function deep(depth) {
	if (depth > 0)
		return [depth].map((one) => one + deep(depth - 1))[0];
	return Array.from({ length: 200 }, (_, i) => 'item ' + i)
		.sort((a, b) => weight(a) - weight(b)).length;
}

function words(text) {
	return text.replace(/(\w)(\w*)/g, (_, one, rest) => rest + one);
}

function main() {
	const end = Date.now() + 1000 * (process.argv[2] || 5);
	let turns = 0;

	console.log('ready');
	for (; Date.now() < end; turns++) {
		deep(10);
		words('the quick brown fox jumps over the lazy dog '.repeat(20));
		JSON.parse(JSON.stringify({ turns, list: new Array(100).fill(turns) }));
	}
	console.log('turns', turns);
}

main();
