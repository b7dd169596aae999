#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Which files `ebprof report` shows because a profile names them, and what runs to do so: nobody's secrets, no
# devices, nothing without end.
. "$(dirname "$0")/common"
need python3 setpriv mkfifo truncate readelf
ebprof=${EBPROF:-$root/ebprof}
there=$(mktemp -d /tmp/ebprof-report.XXXXXX) || exit 1
trap 'rm -rf "$there"' EXIT
chmod 755 "$there"
cp "$ebprof" "$there/ebprof"
cd "$there" || exit 1
mkdir -p src private empty
printf 'int public;\n' >public.c
printf 'int token_4711;\n' >secret.c
printf 'int token_4712;\n' >private/open.c
printf 'int token_4713;\n' >private/closed.c
printf 'a\tb \033[2Jc\n' >escapes.c
head -c 300000 /dev/zero | tr '\0' 'x' >long.c
truncate -s 40M large.c
mkfifo pipe.c
ln -s ../secret.c src/link.c
ln -s ../public.c src/good.c
chmod 644 public.c private/open.c escapes.c long.c large.c pipe.c
chmod 600 secret.c private/closed.c
chmod 700 private

# profile SOURCE OBJECT [NAME]: p.pb.gz, of a function with that source in that program.
profile() {
	PYTHONPATH=$here python3 - "$there/p.pb.gz" "$@" <<'END'
import gzip, os, sys
from report_random import data, number
path, *texts = map(os.fsencode, sys.argv[1:])
source, program, name = (*texts, b"f")[:3]
function = number(1, 1) + number(2, 2) + number(3, 2) + number(4, 3) + number(5, 1)
open(path, "wb").write(gzip.compress(b"".join((
    data(1, number(1, 1) + number(2, 1)), *(data(6, s) for s in (b"", b"n", name, source, program)),
    data(3, number(1, 1) + number(2, 0x1000) + number(3, 0x100000) + number(5, 4)),
    data(5, function),
    data(4, number(1, 1) + number(2, 1) + number(3, 0x1100) + data(4, number(1, 1) + number(2, 1))),
    data(2, data(1, b"\1") + data(2, b"\5"))))))
END
}

# lists NAME REGEX DIR SOURCE OPTION...: -list in the directory has such a line, and no secret.
lists() {
	local name=$1 regex=$2 dir=$3
	profile "$4" /none
	shift 4
	(cd "$dir" && SECRET=token_4711 timeout 20 "${as[@]}" "$there/ebprof" report -list f "$@" "$there/p.pb.gz") >out 2>err ||
		not_ok "$name" "exit status $?: $(cat err)"
	if ! grep -qE -- "$regex" out; then
		not_ok "$name" "$(cut -c1-200 out | tr '\n' '|')"
	elif [[ $regex == *Error* ]] && grep -q 'token\|root:' out; then
		not_ok "$name" "it shows what it must not: $(grep -m 1 'token\|root:' out)"
	else
		ok "$name"
	fi
}
as=()
no="^ Error: .* is not for everyone to read: -source_path=DIR shows what is below DIR$"
lists "a source that all may read" "1:int public;" empty "$there/public.c"
lists "one that only its owner may read" "$no" empty "$there/secret.c"
lists "one below a directory that only its owner may enter" "$no" empty "$there/private/open.c"
lists "... that is the current one" "token_4712" private "$there/private/open.c"
lists "... its own mode counts there" "$no" private "$there/private/closed.c"
lists "... that -source_path names" "token_4713" empty "$there/private/closed.c" -source_path="/none:$there/private"
lists "a path without a directory" "token_4712" private open.c
lists "a path below a parent of the current directory" "1:int public;" empty public.c
lists "... that only its owner may read" "$no" empty secret.c
lists "a way up" "$no" empty ../secret.c
lists "a link" "1:int public;" empty "$there/src/good.c"
lists "a link out of -source_path" "$no" empty "$there/src/link.c" -source_path="$there/src"
lists "a link into it" "token_4711" empty "$there/src/link.c" -source_path="$there"
lists "everything is below /" "token_4711" empty "$there/secret.c" -source_path=/
lists "but not as the current directory" "$no" / "$there/private/open.c"
lists "passwords" "^ Error: " empty /etc/shadow
lists "the environment of ebprof" "^ Error: " empty /proc/self/environ
lists "... below -source_path" "^ Error: " empty /proc/self/environ -source_path=/
lists "symbols of the kernel" "$no" empty /proc/kallsyms
lists "a FIFO" "^ Error: .* is not a regular file$" empty "$there/pipe.c"
lists "a device without end" "^ Error: /dev/zero is not a regular file$" empty /dev/zero -source_path=/
lists "a directory" "^ Error: .* is not a regular file$" empty "$there/src" -source_path=/
lists "a large file" "^ Error: .* has more than 32 MiB$" empty "$there/large.c"
lists "escapes in a source" "^ .*1:a"$'\t'"b \?\[2Jc$" empty "$there/escapes.c"
lists "a line without end" "^ .*1:x+…$" empty "$there/long.c"
lists "no such file" "^ Error: open /none/x.c: No such file or directory$" empty /none/x.c
equal "lines are cut" 0 "$(LC_ALL=C awk 'length > 20000' out | wc -l)"

# The rights of ebprof's file are not those of who starts it.
if [ "$(id -u)" = 0 ]; then
	as=(setpriv --reuid=65534 --regid=65534 --clear-groups)
	denied="^ Error: (open .*: Permission denied|.* is not for everyone to read.*)$"
	lists "another user" "$denied" / "$there/secret.c" -source_path=/
	chmod 4755 ebprof
	lists "set-user-ID" "$denied" / "$there/secret.c" -source_path=/
	chmod 755 ebprof
	cp "$(command -v cat)" cat
	# linux/capability.h, struct vfs_cap_data: revision 2, effective, CAP_DAC_OVERRIDE and CAP_DAC_READ_SEARCH
	python3 -c 'import os, struct, sys
for f in sys.argv[1:]:
    os.setxattr(f, "security.capability", struct.pack("<5I", 0x02000001, 6, 0, 0, 0))' ebprof cat
	if "${as[@]}" ./cat secret.c 2>/dev/null | grep -q token; then
		lists "capabilities of the file" "$denied" / "$there/secret.c" -source_path=/
	else
		echo "skip capabilities of the file: this file system gives none"
	fi
	cp "$ebprof" ebprof
	as=()
fi

# disassembles NAME REGEX PROGRAM [SYMBOL]
disassembles() {
	profile /none.c "$3" "${4:-main}"
	timeout 60 "${as[@]}" ./ebprof report -disasm . p.pb.gz >out 2>err || not_ok "$1" "exit status $?: $(cat err)"
	if grep -qE -- "$2" out && ! LC_ALL=C grep -q $'\033' out; then
		ok "$1"
	else
		not_ok "$1" "$(head -n 8 out | tr '\n' '|')"
	fi
}
sed $'s/ESCAPE/\033/g' >x.s <<'END'
	.globl main, "oddESCAPE[2Jname"
	.type main, @function
main:	call "oddESCAPE[2Jname"
	ret
	.size main, . - main
	.type "oddESCAPE[2Jname", @function
"oddESCAPE[2Jname":
	ret
	.size "oddESCAPE[2Jname", . - "oddESCAPE[2Jname"
	.section .note.GNU-stack, "", @progbits
END
"${CC:-gcc}" -nostdlib -static -o program x.s -Wl,-e,main 2>cc.err || not_ok "a program" "$(head -n 1 cc.err)"
chmod 755 program
head -c 100000 /dev/urandom >noise
{ head -c 64 program && head -c 100000 /dev/urandom; } >half
chmod 755 noise half
disassembles "a program" '[0-9a-f]+: +ret' "$there/program"
disassembles "names of its symbols" 'odd(\?|\^\[)\[2Jname' "$there/program"
disassembles "no such symbol" '^ Error: the program has no such symbol$' "$there/program" "--help"
disassembles "an option for a name" '^ Error: the program has no such symbol$' "$there/program" "x --version"
disassembles "no program" '^ Error: objdump cannot read ' "$there/noise"
disassembles "a damaged one" '^ Error: (objdump cannot read|the program has no such symbol)' "$there/half"
disassembles "a FIFO for a program" '^ Error: .* is not a regular file$' "$there/pipe.c"
disassembles "a device for a program" '^ Error: /dev/zero is not a regular file$' /dev/zero
disassembles "a path without a directory" '^ Error: open program: No such file' program
if [ "$(id -u)" = 0 ]; then
	chmod 700 program
	disassembles "a program of root" '^ Error: .* is not for everyone to read, and objdump has no rights$' "$there/program"
	chmod 755 program
	as=(setpriv --reuid=65534 --regid=65534 --clear-groups)
	disassembles "as another user" '[0-9a-f]+: +ret' "$there/program"
	as=(unshare --user --map-root-user)
	if unshare --user --map-root-user true 2>/dev/null; then
		disassembles "where nobody is unknown" '^ Error: objdump is not run: its rights cannot be taken away here$' "$there/program"
	else
		echo "skip where nobody is unknown: no user namespaces here"
	fi
fi
finish
