// SPDX-License-Identifier: MIT
//
// docs.js - shows openapi.json: what each operation takes and gives, a form to try it, and the
// same request as a curl command. Texts are set as text, never as markup.
"use strict";

const base = new URL(".", location.href);
let api = null;

// Of operations that not everybody may call, where the listener has auth.
const credentials = { name: "Authorization", in: "header", description: "Bearer and a key or token, where the listener has auth" };

// An element with attributes and children; strings become text.
function el(name, attributes, ...children) {
	const node = document.createElement(name);

	for (const [key, value] of Object.entries(attributes || {})) {
		if (key.startsWith("on"))
			node.addEventListener(key.slice(2), value);
		else if (value !== null && value !== undefined)
			node.setAttribute(key, value);
	}
	node.append(...children.filter((child) => child !== null));
	return node;
}

// Follows a reference within the document.
function resolve(thing) {
	while (thing && thing.$ref)
		thing = thing.$ref.slice(2).split("/").reduce((at, key) => at[key], api);
	return thing;
}

function typeText(schema) {
	const s = resolve(schema) || {};

	if (s.enum)
		return s.enum.map((v) => JSON.stringify(v)).join(" | ");
	if (s.type === "array")
		return "list of " + typeText(s.items);
	if (Array.isArray(s.type))
		return s.type.join(" or ");
	return (s.type || "any") + (s.format ? " (" + s.format + ")" : "");
}

function table(head, rows) {
	return el("div", { class: "table" }, el("table", {},
		el("thead", {}, el("tr", {}, ...head.map((h) => el("th", { scope: "col" }, h)))),
		el("tbody", {}, ...rows.map((row) =>
			el("tr", {}, ...row.map((cell) => el("td", {}, cell)))))));
}

function schemaTable(schema) {
	const s = resolve(schema) || {};
	const of = s.type === "array" ? resolve(s.items) : s;
	const required = of.required || [];
	const rows = Object.entries(of.properties || {}).map(([name, property]) => [
		el("code", {}, name + (required.includes(name) ? "" : "?")),
		typeText(property),
		property.description || (resolve(property) || {}).description || "",
	]);

	return rows.length === 0 ? null : table(["member", "type", "meaning"], rows);
}

function pretty(value) {
	return el("pre", { tabindex: "0" }, JSON.stringify(value, null, 2));
}

function responseRow([status, response]) {
	const r = resolve(response);
	const [type, body] = Object.entries(r.content || {})[0] || [null, {}];
	const headers = Object.keys(r.headers || {}).filter((h) => h !== "X-Request-Id");
	const examples = body.example !== undefined ? [body.example] :
		Object.values(body.examples || {}).map((e) => e.value);

	return el("details", {},
		el("summary", {}, el("code", { class: status < 400 ? "good" : "bad" }, status), " ", r.description),
		headers.length ? el("p", { class: "hint" }, "Headers: " + headers.join(", ")) : null,
		type === "application/json" ? schemaTable(body.schema) : null,
		...examples.map(pretty));
}

// The form as a request.
function gather(form, op) {
	let path = op.path;
	const query = new URLSearchParams();
	const headers = {};
	const body = form.querySelector("textarea");

	for (const input of form.querySelectorAll("input")) {
		if (input.dataset.in === "path")
			path = path.replace("{" + input.name + "}", encodeURIComponent(input.value));
		else if (input.dataset.in === "query" && input.value !== "")
			query.set(input.name, input.value);
		else if (input.dataset.in === "header" && input.value !== "")
			headers[input.name] = input.value;
	}
	if (body)
		headers["Content-Type"] = "application/json";
	const url = new URL(path.slice(1), base);
	url.search = query.toString();
	return { method: op.method.toUpperCase(), url: url.href, headers, body: body ? body.value : undefined };
}

// The key that this tab signed in with on the rental page; null: it did not.
function secret() {
	try {
		return JSON.parse(sessionStorage.getItem("rentald.session")).secret;
	} catch (error) {
		return null;
	}
}

function quoted(text) {
	return "'" + text.replaceAll("'", "'\\''") + "'";
}

function curl(request) {
	const parts = ["curl -sS"];

	if (request.method !== "GET")
		parts.push("-X " + request.method);
	if (secret() !== null)
		parts.push('-H "Authorization: Bearer $RENTALD_KEY"');
	for (const [name, value] of Object.entries(request.headers))
		parts.push("-H " + quoted(name + ": " + value));
	if (request.body !== undefined)
		parts.push("--data-raw " + quoted(request.body));
	parts.push(quoted(request.url));
	return parts.join(" ");
}

async function send(form, op, out) {
	const request = gather(form, op);

	if (secret() !== null)
		request.headers.Authorization = "Bearer " + secret();
	out.replaceChildren(el("p", { class: "hint" }, "Waiting …"));
	try {
		const began = performance.now();
		const reply = await fetch(request.url, request);
		const text = await reply.text();
		const took = Math.round(performance.now() - began);
		const headers = [...reply.headers].map(([k, v]) => k + ": " + v).join("\n");
		let shown = text;

		if ((reply.headers.get("Content-Type") || "").includes("json"))
			shown = JSON.stringify(JSON.parse(text), null, 2);
		out.replaceChildren(
			el("p", { class: reply.ok ? "good" : "bad" }, reply.status + " " + reply.statusText + ", " + took + " ms"),
			el("pre", { tabindex: "0" }, headers), el("pre", { tabindex: "0" }, shown));
	} catch (error) {
		out.replaceChildren(el("p", { class: "bad" }, "No answer: " + error.message));
	}
}

async function copyCurl(form, op, out) {
	const text = curl(gather(form, op));
	let copied = false;

	try {
		await navigator.clipboard.writeText(text);
		copied = true;
	} catch (error) {
		// Without a secure context there is no clipboard; the text can be marked by hand.
	}
	out.replaceChildren(el("p", { class: "hint" }, copied ? "Copied." : "Copy this:"),
		el("pre", { tabindex: "0" }, text));
}

function field(parameter) {
	const example = parameter.example !== undefined ? parameter.example : "";
	const given = parameter.name === "Idempotency-Key" ? "try-" + Date.now() :
		parameter.required ? example : "";

	return el("label", {}, el("code", {}, parameter.name),
		el("span", { class: "hint" }, " " + parameter.in + (parameter.required ? ", required" : "") +
			(parameter.description ? ". " + parameter.description : "")),
		el("input", { name: parameter.name, "data-in": parameter.in, value: given,
			autocomplete: "off", required: parameter.required ? "" : null }));
}

function tryForm(op, parameters) {
	const out = el("div", { role: "status" });
	const body = op.requestBody && Object.values(op.requestBody.content)[0];
	const form = el("form", { onsubmit: (event) => { event.preventDefault(); send(form, op, out); } },
		...parameters.map(field),
		body ? el("label", {}, "Body", el("textarea", { rows: "5", spellcheck: "false" },
			JSON.stringify(body.example, null, 2))) : null,
		el("button", { class: "main" }, "Send"),
		el("button", { type: "button", onclick: () => copyCurl(form, op, out) }, "Copy as curl"));

	return el("div", {}, el("h3", {}, "Try it"), form, out);
}

function whoText(op) {
	const access = op["x-access"];

	if (!access)
		return "Anybody may call this.";
	return "Where the listener has auth, for: " + access.roles.join(", ") +
		(access.own ? "; a customer gets only his own" : "") +
		(access.scope ? "; scope " + access.scope : "") + ".";
}

function operation(op) {
	const parameters = (op.parameters || []).map(resolve).concat(op["x-access"] ? [credentials] : []);
	const body = op.requestBody && Object.values(op.requestBody.content)[0];

	return el("details", { class: "operation", id: op.operationId },
		el("summary", {}, el("span", { class: "method" }, op.method.toUpperCase()),
			el("span", { class: "path" }, op.path), " ", el("span", { class: "hint" }, op.summary)),
		el("div", {},
			op.description ? el("p", {}, op.description) : null,
			el("p", { class: "hint" }, whoText(op)),
			body ? el("h3", {}, "Body") : null, body ? schemaTable(body.schema) : null,
			el("h3", {}, "Answers"), ...Object.entries(op.responses).map(responseRow),
			tryForm(op, parameters)));
}

function operations() {
	const list = [];

	for (const [path, item] of Object.entries(api.paths)) {
		for (const method of ["get", "post", "put", "patch", "delete"]) {
			if (item[method])
				list.push({ ...item[method], path, method,
					parameters: [...(item.parameters || []), ...(item[method].parameters || [])] });
		}
	}
	return list;
}

function openTarget() {
	const target = document.getElementById(location.hash.slice(1));

	if (target && target.tagName === "DETAILS") {
		target.open = true;
		target.scrollIntoView();
	}
}

function show() {
	const list = operations();
	const main = document.getElementById("operations");

	document.title = document.getElementById("title").textContent = api.info.title + " API";
	document.getElementById("about").textContent = api.info.description;
	document.getElementById("index").replaceChildren(el("ul", {}, ...list.map((op) =>
		el("li", {}, el("a", { href: "#" + op.operationId }, op.summary)))));
	main.replaceChildren(...api.tags.flatMap((tag) => [
		el("h2", {}, tag.name), el("p", { class: "hint" }, tag.description || ""),
		...list.filter((op) => op.tags.includes(tag.name)).map(operation)]));
	addEventListener("hashchange", openTarget);
	openTarget();
}

fetch(new URL("openapi.json", base))
	.then((reply) => {
		if (!reply.ok)
			throw new Error("status " + reply.status);
		return reply.json();
	})
	.then((document) => { api = document; show(); })
	.catch((error) => {
		document.getElementById("state").textContent = "The description cannot be read: " + error.message;
	});
