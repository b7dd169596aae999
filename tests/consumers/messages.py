# SPDX-License-Identifier: Apache-2.0
"""messages.py ALLOWED SOURCE... <SAID: which error messages of the sources nobody has said?

SAID are lines of standard error. ALLOWED has those that no command line causes: "FILE: MESSAGE | WHY", the
message as the source has it. WHY may name the test that sees it, "TEST: TEXT": then TEXT is looked for there.
Prints what is wrong, a line each; exit status 1 when there is something."""
import re
import sys

CALL = re.compile(r"\b(log_error|usage|option_bad|err_set|fprintf)\)?\s*\(")
STRING = re.compile(r'"((?:[^"\\]|\\.)*)"')
COMMENT = re.compile(STRING.pattern + r"|/\*.*?\*/|//[^\n]*", re.S)
CONVERSION = re.compile(r"%[-+ #0-9.*]*(?:hh|h|ll|l|z|j|t)?[a-zA-Z%]")


def arguments(text, at):
    """Of the call whose bracket ends before 'at': their texts."""
    depth, found, begin = 1, [], at
    while depth:
        c = text[at]
        if c == '"':
            at = STRING.match(text, at).end() - 1
        elif c == "'":
            at = text.index("'", at + (2 if text[at + 1] == "\\" else 1))
        elif c in "([{":
            depth += 1
        elif c in ")]}":
            depth -= 1
        if not depth or c == "," and depth == 1:
            found.append(text[begin:at])
            begin = at + 1
        at += 1
    return found


def literal(text):
    """What the strings of an argument say, %s for what else stands between them; None: there is none."""
    if not STRING.search(text):
        return None
    said, at = "", 0
    for m in STRING.finditer(text):
        if text[at:m.start()].strip():
            said = said.removesuffix("%") + "%s"  # also of PRIu64
        said += m.group(1).encode().decode("unicode_escape")
        at = m.end()
    return said + ("%s" if text[at:].strip() else "")


def messages(source):
    text = COMMENT.sub(lambda m: m.group() if m.group()[0] == '"' else "\n" * m.group().count("\n"), open(source).read())
    for m in CALL.finditer(text):
        args, name = arguments(text, m.end()), m.group(1)
        said = None
        if name in ("log_error", "usage"):
            said = literal(args[0])
        elif name == "option_bad" and len(args) == 3:
            want = literal(args[2])
            said = want and "bad value '%s' for " + (literal(args[0]) or "%s") + ": " + want
        elif name == "err_set" and len(args) > 2:
            said = literal(args[2])
        elif name == "fprintf" and args[0].strip() == "stderr":
            said = literal(args[1])
        if said and re.search("[a-z]", CONVERSION.sub("", said)):
            yield text.count("\n", 0, m.start()) + 1, said.strip().removeprefix("ebprof: ")


def pattern(message):
    return re.compile("ebprof: " + ".*".join(re.escape(part) for part in CONVERSION.split(message)))


def is_seen(why):
    """Does the test that it names look for it? A reason that names none is enough."""
    test, _, text = why.partition(": ")
    return not test.startswith("tests/") or text in open(test).read()


def main(allowed, sources):
    lines = sys.stdin.read().split("\n")
    excused, wrong, cnt = {}, [], 0
    for line in open(allowed):
        if line.strip() and not line.startswith("#"):
            message, _, why = line.rstrip("\n").rpartition(" | ")
            excused[message] = why
    unused = set(excused)
    for source in sources:
        for number, message in messages(source):
            key = source + ": " + message
            cnt += 1
            unused.discard(key)
            if any(pattern(message).fullmatch(line) for line in lines):
                continue
            if key not in excused:
                wrong.append(f"{source}:{number}: no case says: {message}")
            elif not is_seen(excused[key]):
                wrong.append(f"{allowed}: it is not so: {excused[key]}")
    wrong += [f"{allowed}: there is no such message: {key}" for key in sorted(unused)]
    print("\n".join(wrong) if wrong else f"{cnt} messages")
    return bool(wrong) or not cnt


sys.exit(main(sys.argv[1], sys.argv[2:]))
